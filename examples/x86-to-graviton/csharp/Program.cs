using Pulumi;
using VmMigrate.Sdk;
using VmMigrate.Sdk.Inputs;

return await Deployment.RunAsync(() =>
{
    var config = new Pulumi.Config();
    var estate = new VmMigrate.Sdk.Provider("estate", new()
    {
        Sites =
        {
            ["kvm1"] = new SiteArgs { Libvirt = new LibvirtSiteArgs { Uri = config.Require("kvm") } },
            ["cloud"] = new SiteArgs { Aws = new AwsSiteArgs { Region = config.Require("region") } },
        },
        SshKeys = { ["ops"] = config.RequireSecret("hookKey") },
    });

    var moved = new Migration("db-01", new()
    {
        Vm = new VmReferenceArgs { Site = "kvm1", Name = "db-01" },
        Target = new TargetArgs
        {
            Site = "cloud",
            StoragePool = "gp3",
            Networks = { ["default"] = config.Require("subnet") },
            Aws = new AwsTargetArgs { InstanceType = "m7g.large", KeyPair = "ops" },
        },
        Replatform = new ReplatformArgs
        {
            Image = config.Require("image"),
            DataDisks =
            {
                new DataDiskArgs { Disk = "vdb", Device = "/dev/sdf" },
                new DataDiskArgs { Disk = "vdc", Device = "/dev/sdg" },
            },
            Hooks =
            {
                new HookArgs { User = "admin", Key = "ops", Command = "sudo mount -L pgdata /var/lib/postgresql" },
                new HookArgs { User = "admin", Key = "ops", Command = "sudo systemctl enable --now postgresql", Timeout = "10m" },
            },
        },
        Mode = MigrationMode.Warm,
        Goal = MigrationGoal.CutOver,
        Verify = new VerifyArgs { Probes = { new ProbeArgs { Tcp = new TcpProbeArgs { Port = 5432 }, Timeout = "10m" } } },
        Waive =
        {
            new WaiverArgs { Code = "replatform.leaves", Reason = "The image brings PostgreSQL and its users.", Until = "2027-06-30" },
            new WaiverArgs { Code = "verify.ssh", Reason = "The new instance makes its host key at its first start, in a subnet of ours.", Until = "2027-06-30" },
        },
    }, new() { Provider = estate });

    return new Dictionary<string, object?>
    {
        ["placement"] = moved.Placement,
        ["proof"] = moved.Proof,
    };
});
