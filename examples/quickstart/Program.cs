using Pulumi;
using VmMigrate.Sdk;
using VmMigrate.Sdk.Inputs;

return await Deployment.RunAsync(() =>
{
    var config = new Pulumi.Config();
    var kvm = new Provider("kvm", new()
    {
        Sites =
        {
            ["dc1"] = new SiteArgs { Libvirt = new LibvirtSiteArgs { Uri = config.Require("dc1") } },
            ["dc2"] = new SiteArgs { Libvirt = new LibvirtSiteArgs { Uri = config.Require("dc2") } },
        },
    });

    var web = new Migration("web-01", new()
    {
        Vm = new VmReferenceArgs { Site = "dc1", Name = "web-01" },
        Target = new TargetArgs { Site = "dc2" },
    }, new() { Provider = kvm });

    return new Dictionary<string, object?> { ["placement"] = web.Placement, ["proof"] = web.Proof };
});
