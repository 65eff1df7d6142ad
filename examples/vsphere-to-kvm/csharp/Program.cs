using Pulumi;
using VmMigrate.Sdk;
using VmMigrate.Sdk.Inputs;

return await Deployment.RunAsync(() =>
{
    var config = new Pulumi.Config();
    var estate = new Provider("estate", new()
    {
        Sites =
        {
            ["vc1"] = new SiteArgs
            {
                Vsphere = new VSphereSiteArgs
                {
                    Server = config.Require("vcenter"),
                    User = config.Require("vcenterUser"),
                    Password = config.RequireSecret("vcenterPassword"),
                    Thumbprint = config.Require("thumbprint"),
                },
            },
            ["kvm1"] = new SiteArgs { Libvirt = new LibvirtSiteArgs { Uri = config.Require("kvm1") } },
        },
    });

    var app = new Migration("app-01", new()
    {
        Vm = new VmReferenceArgs { Site = "vc1", Name = "/DC0/vm/apps/app-01" },
        Target = new TargetArgs { Site = "kvm1", StoragePool = "images", Name = "app-01", Networks = { ["prod"] = "default" } },
        Mode = MigrationMode.Cold,
        Goal = MigrationGoal.CutOver,
        Verify = new VerifyArgs { Probes = { new ProbeArgs { Tcp = new TcpProbeArgs { Port = 443 }, Timeout = "5m" } } },
    }, new() { Provider = estate });

    return new Dictionary<string, object?>
    {
        ["placement"] = app.Placement,
        ["proof"] = app.Proof,
    };
});
