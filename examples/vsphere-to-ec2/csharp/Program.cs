using Pulumi;
using Pulumi.VSphere;
using VmMigrate.Sdk;
using VmMigrate.Sdk.Inputs;
using Aws = Pulumi.Aws;

return await Deployment.RunAsync(() =>
{
    var config = new Pulumi.Config();
    var estate = new VmMigrate.Sdk.Provider("estate", new()
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
            ["cloud"] = new SiteArgs { Aws = new AwsSiteArgs { Region = config.Require("region") } },
        },
    });

    var vpc = new Aws.Ec2.Vpc("vpc", new() { CidrBlock = "10.20.0.0/16" });
    var subnet = new Aws.Ec2.Subnet("subnet", new() { VpcId = vpc.Id, CidrBlock = "10.20.1.0/24", AvailabilityZone = "eu-central-1a" });
    var group = new Aws.Ec2.SecurityGroup("group", new()
    {
        VpcId = vpc.Id,
        Ingress = { new Aws.Ec2.Inputs.SecurityGroupIngressArgs { Protocol = "tcp", FromPort = 443, ToPort = 443, CidrBlocks = { "10.0.0.0/8" } } },
    });
    var role = new Aws.Iam.Role("role", new()
    {
        AssumeRolePolicy = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}""",
    });
    _ = new Aws.Iam.RolePolicyAttachment("ssm", new() { Role = role.Name, PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" });
    var profile = new Aws.Iam.InstanceProfile("profile", new() { Role = role.Name });

    var dc = GetDatacenter.Invoke(new() { Name = "DC0" });
    var erp = GetVirtualMachine.Invoke(new() { Name = "erp-01", DatacenterId = dc.Apply(one => one.Id) });

    var moved = new Migration("erp-01", new()
    {
        Vm = new VmReferenceArgs { Site = "vc1", Id = erp.Apply(one => one.InstanceUuid) },
        Target = new TargetArgs
        {
            Site = "cloud",
            StoragePool = "gp3",
            Name = "erp-01",
            Networks = { ["prod"] = subnet.Id },
            Aws = new AwsTargetArgs { SecurityGroups = { group.Id }, InstanceProfile = profile.Name, Tags = { ["team"] = "erp" } },
        },
        Mode = MigrationMode.Cold,
        Goal = MigrationGoal.CutOver,
        Verify = new VerifyArgs { InspectGuest = GuestInspection.WhenPossible, Probes = { new ProbeArgs { Tcp = new TcpProbeArgs { Port = 443 }, Timeout = "10m" } } },
    }, new() { Provider = estate });

    return new Dictionary<string, object?>
    {
        ["placement"] = moved.Placement,
        ["proof"] = moved.Proof,
    };
});
