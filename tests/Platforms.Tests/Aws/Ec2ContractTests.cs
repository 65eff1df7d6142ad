using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Tests.Contracts;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>The platform's contract against a test EC2, strict about signatures, parameters and states.</summary>
public abstract class Ec2Contract : SiteContract
{
    private protected Ec2World HomeWorld { get; private set; } = null!;

    private protected Ec2World AwayWorld { get; private set; } = null!;

    protected override Site Home => _home!;

    protected override Site Away => _away!;

    protected override string Pool => "gp3";

    protected override string UnknownId => "i-0000000000000dead";

    // EC2 has no room for words of ours in its complaint: it says that the root is missing, and the instance's tags say why.
    protected override string FenceShowsAs => "does not have a volume attached at root";

    private Site? _home;
    private Site? _away;

    public override async ValueTask InitializeAsync()
    {
        (HomeWorld, AwayWorld) = (await Ec2World.StartAsync(), await Ec2World.StartAsync(2));
        Prepare(HomeWorld.World);
        Prepare(AwayWorld.World);
        (_home, _away) = (HomeWorld.Open("dc1"), AwayWorld.Open("dc2"));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _home!.DisposeAsync();
        await _away!.DisposeAsync();
        await HomeWorld.DisposeAsync();
        await AwayWorld.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected virtual void Prepare(World world)
    {
    }

    protected override Site OpenHomeAgain() => HomeWorld.Open("dc1");

    protected override Task SeedAsync(string name)
    {
        AwayWorld.Forget(name);
        HomeWorld.Seed(name);
        return Task.CompletedTask;
    }

    protected override Task SeedDeafAsync(string name)
    {
        var instance = HomeWorld.Seed(name);
        HomeWorld.Do(world =>
        {
            (instance.IsDeaf, instance.HasNoAgent) = (true, true);
            world.Boot(instance);
            (instance.State, instance.SettlesAt) = ("running", null);
            return 0;
        });
        return Task.CompletedTask;
    }

    protected override Task ForgetAsync(string name)
    {
        HomeWorld.Forget(name);
        AwayWorld.Forget(name);
        return Task.CompletedTask;
    }

    protected override async Task UntilUpAsync(Site site, string vmId)
    {
        while (!(await site.ReadConsoleAsync(vmId, Cancel) ?? "").Contains("login:", StringComparison.Ordinal))
        {
            await Task.Delay(20, Cancel);
        }
    }

    protected override Task<string?> StartByHandAsync(Site site, string vmName) => Task.FromResult(HomeWorld.Do(world =>
    {
        var instance = world.Instances.Find(instance => instance.Name == vmName)!;
        try
        {
            _ = new Ec2Actions(world).Answer(new QueryParameters(new() { ["Action"] = "StartInstances", ["InstanceId.1"] = instance.Id }), world.Accounts[0]);
            return null;
        }
        catch (Ec2Error e)
        {
            Assert.Contains(instance.Tags, tag => tag.Key == "vmmigrate:fenced" && tag.Value.Contains("vmm-", StringComparison.Ordinal));
            return e.Message;
        }
    }));

    protected override Task DamageFenceAsync(string vmName) => Task.FromResult(HomeWorld.Do(world =>
    {
        var instance = world.Instances.Find(instance => instance.Name == vmName)!;
        var root = world.Volumes.Find(volume => volume.Tags.Any(tag => tag.Value.Contains(instance.Id, StringComparison.Ordinal)))!;
        (root.Instance, root.Device, root.State) = (instance.Id, "/dev/xvda", "in-use");
        return 0;
    }));

    protected override Task<string> DumpAsync(string vmName) => Task.FromResult(HomeWorld.Do(world =>
    {
        var instance = world.Instances.Find(instance => instance.Name == vmName)!;
        var volumes = world.DisksOf(instance).Select(volume => $"{volume.Id} {volume.Device} {volume.DeleteOnTermination} {volume.Type} {volume.SizeGib} {Tags(volume, "")}");
        return $"{instance.Type} {instance.AutoRecovery} {instance.TerminationProtected} {instance.StopProtected} {Tags(instance, "vmmigrate:notes vmmigrate:role vmmigrate:migration")}\n{string.Join('\n', volumes)}";
    }));

    protected override Task SetAutostartAsync(string vmName, bool on) => Task.FromResult(HomeWorld.Do(world =>
        world.Instances.Find(instance => instance.Name == vmName)!.AutoRecovery = on ? "default" : "disabled"));

    protected override Task<bool> ExistsAsync(string location) => Task.FromResult(HomeWorld.Do(world => world.Volumes.Exists(volume => volume.Id == location)));

    private static string Tags(Thing thing, string without) =>
        string.Join(' ', thing.Tags.Where(tag => !without.Split(' ').Any(one => one.Length > 0 && tag.Key.StartsWith(one, StringComparison.Ordinal))).OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"));
}

public sealed class Ec2ContractTests : Ec2Contract;

/// <summary>The same where calls are refused for their rate, new things are seen late, and blocks are spoilt on their way.</summary>
public sealed class BusyEc2ContractTests : Ec2Contract
{
    private protected override void Prepare(World world)
    {
        world.Faults.Throttled = 0.01;
        world.Faults.BlocksThrottled = 0.05;
        world.Faults.Corrupted = 0.05;
        world.Faults.HiddenReads = 1;
        world.Faults.EmptyPages = true;
    }
}
