using System.Security.Cryptography;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Aws;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>A test EC2 with hands: what a test does past the driver.</summary>
internal sealed class Ec2World : IAsyncDisposable
{
    private Ec2World(Ec2Server server) => Server = server;

    internal Ec2Server Server { get; private set; }

    internal World World => Server.World;

    internal Account Account => World.Accounts[0];

    internal static async Task<Ec2World> StartAsync(int seed = 1) => new(await Ec2Server.StartAsync(new World(TimeProvider.System, seed)));

    internal AwsSettings Settings => new()
    {
        Region = Ec2Server.Region,
        AccessKeyId = Account.Key,
        SecretAccessKey = Account.Secret,
        Endpoint = Server.Address,
        BlocksPerSecond = 10_000,
        BlocksInFlight = 16,
    };

    internal AwsSite Open(string name, Func<AwsSettings, AwsSettings>? with = null) => new(name, with is null ? Settings : with(Settings), TimeProvider.System);

    /// <summary>A stopped instance with one disk that has something to boot.</summary>
    internal Instance Seed(string name, int sizeGib = 1, string type = "t3.small", int blocks = 8)
    {
        lock (World.Gate)
        {
            Forget(name);
            var image = World.Images.Find(image => image.ImageName == "debian") ?? World.Add(World.Images, new Image
            {
                Id = World.NewId("ami"),
                ImageName = "debian",
                Architecture = "x86_64",
                RootDevice = "/dev/xvda",
                BootMode = "legacy-bios",
                Ena = true,
                Disks = [],
            });
            var subnet = World.Subnets[0];
            var instance = new Instance { Id = World.NewId("i"), Type = World.Types[type], Image = image, Zone = subnet.Zone, Vpc = subnet.Vpc, State = "stopped", Tags = { ["Name"] = name } };
            World.Instances.Add(instance);
            AddVolume(instance, "/dev/xvda", sizeGib, blocks);
            World.Nics.Add(new Nic { Id = World.NewId("eni"), Subnet = subnet, Address = $"10.0.2.{100 + (World.Nics.Count % 100)}", Mac = World.NewMac(), Groups = [World.Groups[0].Id], Instance = instance.Id, DeleteOnTermination = true });
            return instance;
        }
    }

    internal Volume AddVolume(Instance instance, string device, int sizeGib, int blocks)
    {
        var content = new Dictionary<int, byte[]>();
        for (var i = 0; i < blocks; i++)
        {
            content[i * 3] = RandomNumberGenerator.GetBytes(World.BlockBytes);
        }

        var volume = new Volume
        {
            Id = World.NewId("vol"),
            SizeGib = sizeGib,
            Zone = instance.Zone,
            Type = "gp3",
            Iops = 3000,
            Throughput = 125,
            State = "in-use",
            Lineage = World.NewId("line"),
            Blocks = content,
            Instance = instance.Id,
            Device = device,
            DeleteOnTermination = device == "/dev/xvda",
        };
        World.Volumes.Add(volume);
        return volume;
    }

    internal void Forget(string name)
    {
        lock (World.Gate)
        {
            foreach (var instance in World.Instances.Where(instance => instance.Name == name).ToList())
            {
                instance.Running?.Dispose();
                World.Instances.Remove(instance);
                World.Volumes.RemoveAll(volume => volume.Instance == instance.Id || volume.Tags.Any(tag => tag.Value.Contains(instance.Id, StringComparison.Ordinal)));
                World.Nics.RemoveAll(nic => nic.Instance == instance.Id);
            }
        }
    }

    internal T Do<T>(Func<World, T> hand)
    {
        lock (World.Gate)
        {
            World.Settle();
            return hand(World);
        }
    }

    /// <summary>The same address answers out of another world.</summary>
    internal async Task EnterAsync(World world)
    {
        var port = Server.Address.Port;
        await Server.DisposeAsync();
        Server = await Ec2Server.StartAsync(world, port);
    }

    /// <summary>Until no call is being worked on: one whose sender was killed has its effect a moment later than that.</summary>
    internal async Task CalmAsync()
    {
        while (Server.Busy > 0)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>No instance that is not terminated, no volume, snapshot, network interface and template, and no image of ours.</summary>
    internal void AssertNothingLeft()
    {
        var left = Do(world => ((IEnumerable<(Thing Thing, string State)>)
        [
            .. world.Instances.Where(one => one.State != "terminated").Select(one => (one, one.State)),
            .. world.Volumes.Select(one => (one, $"{one.State} {one.Instance}")),
            .. world.Snapshots.Select(one => (one, $"{one.State} of {one.Volume}")),
            .. world.Nics.Select(one => (one, $"of {one.Instance}")),
            .. world.Templates.Select(one => (one, one.TemplateName)),
            .. world.Images.Where(one => one.Tags.Count > 0).Select(one => (one, one.ImageName)),
        ]).Select(one => $"{one.Thing.Id} ({one.State}): {string.Join(", ", one.Thing.Tags.Select(tag => $"{tag.Key}={tag.Value}"))}").ToList());
        Assert.True(left.Count == 0, $"This is left:\n{string.Join('\n', left)}");
    }

    /// <summary>One run of the provider; no outcome where something stands against it.</summary>
    internal static async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(SiteBook book, MigrationSpec spec, bool removal = false)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var before = await PreflightRunner.RunPatientlyAsync(spec, null, book, removal, PreflightRunner.RunPatience, TimeProvider.System, RunEvents.None, cancellation);
        return before.IsBlocked || before.Plan is not { } plan ? (before, null) : (before, await GoalSeeker.RunAsync(plan, before.Run!, cancellation));
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
