using VmMigrate.Engine.Values;
using VmMigrate.TestEc2;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>A VM's data at a new instance of another architecture, and home again: the same through both engines.</summary>
public sealed class ReplatformAcrossFrontEndsTests
{
    [Theory(Timeout = 120_000)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_vm_is_replatformed_and_lowering_the_goal_brings_it_home(string engine)
    {
        var world = new World(TimeProvider.System);
        await using var ec2 = await Ec2Server.StartAsync(world);
        var image = world.AddImage("debian-arm64", "arm64");
        var cloud = Value.Map(("aws", Value.Map(
            ("region", Value.Text(Ec2Server.Region)), ("accessKeyId", Value.Text(world.Accounts[0].Key)), ("secretAccessKey", Value.Text(world.Accounts[0].Secret)), ("endpoint", Value.Text(ec2.Address.ToString())))));
        await using (var mistaken = FrontEnd.Open(engine))
        {
            mistaken.Cloud = cloud;
            var wrong = await mistaken.ApplyAsync(Declare("ami-00000000000000000", "vdx", "CutOver"));
            Assert.True(wrong.Failed);
            Assert.Contains("no disk \"vdx\"", wrong.Said, StringComparison.Ordinal);
            Assert.Contains("ami-00000000000000000", wrong.Said, StringComparison.Ordinal);
        }

        await using (var previewed = FrontEnd.Open(engine))
        {
            previewed.Cloud = cloud;
            var plan = await previewed.PlanAsync(Declare(image.Id, "vdb", "CutOver"));
            Assert.Contains("data disks vdb (6 MiB) as /dev/sdf", plan.Said, StringComparison.Ordinal);
            Assert.Contains("Not carried from db: the disk vda (8 MiB)", plan.Said, StringComparison.Ordinal);
            Assert.Empty(world.Volumes);
        }

        await using var front = FrontEnd.Open(engine);
        front.Cloud = cloud;
        var made = await front.ApplyAsync(Declare(image.Id, "vdb", "CutOver"));
        Assert.False(made.Failed, made.Said);
        Assert.Equal(("CutOver", "cloud"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText));
        Assert.Equal(["vdb"], front.State["recorded"]["disks"].AsMap!.Entries.Select(disk => disk.Key));
        Assert.Equal("vdb", Assert.Single(front.State["proof"]["disks"].AsList!.Items)["disk"].AsText);
        Assert.Equal("arm64", Assert.Single(world.Instances, instance => instance.State == "running").Image.Architecture);
        await front.AssertNoChangesAsync(Declare(image.Id, "vdb", "CutOver"));

        var back = await front.ApplyAsync(Declare(image.Id, "vdb", "Validated"));
        Assert.False(back.Failed, back.Said);
        Assert.Equal(("Validated", "dc1", "Running"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText, front.State["placement"]["powerState"].AsText));
        Assert.Empty(world.Volumes);
        Assert.DoesNotContain(world.Instances, instance => instance.State != "terminated");
    }

    private static MapValue Declare(string image, string disk, string goal) => Value.Map(
        ("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Text("db")))),
        ("target", Value.Map(("site", Value.Text("cloud")), ("storagePool", Value.Text("gp3")), ("networks", Value.Map(("default", Value.Text("subnet-00000000000000a01")))))),
        ("goal", Value.Text(goal)),
        ("replatform", Value.Map(
            ("image", Value.Text(image)),
            ("dataDisks", Value.List([Value.Map(("disk", Value.Text(disk)), ("device", Value.Text("/dev/sdf")))])))),
        ("verify", Value.Map(("probes", Value.List([Value.Map(("console", Value.Map(("contains", Value.Text("login:")))), ("interval", Value.Text("100ms")))])))));
}
