using System.Text.Json;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;
using VmMigrate.Platforms.Tests.Contracts;

namespace VmMigrate.Platforms.Tests.Simulator;

public abstract class SimulatorContract : SiteContract
{
    private static readonly GuestOptions Quick = new() { Boot = TimeSpan.FromMilliseconds(50), Shutdown = TimeSpan.FromMilliseconds(50) };

    private readonly SimulatedWorld _world;

    private protected SimulatorContract(SimulatedWorld world)
    {
        _world = world;
        Home = world.Open("dc1");
        Away = world.Open("dc2");
    }

    protected override Site Home { get; }

    protected override Site Away { get; }

    protected override string Pool => "fast";

    protected override Site OpenHomeAgain()
    {
        _world.Restart();
        return _world.Open("dc1");
    }

    // The world has to have its first site before anything is done in it by hand.
    public override async ValueTask InitializeAsync() => await Home.DescribeAsync(Cancel);

    protected override Task SeedAsync(string name) => Do(() => _world.ByHand.Create("dc1", new MachineOptions { Name = name, Disks = [16 << 20], Running = false, Guest = Quick }));

    protected override Task SeedDeafAsync(string name) =>
        Do(() => _world.ByHand.Create("dc1", new MachineOptions { Name = name, Disks = [4 << 20], Guest = Quick with { IgnoresShutdown = true, Agent = false } }));

    protected override Task ForgetAsync(string name) => Do(() =>
    {
        foreach (var site in _world.Sites())
        {
            try
            {
                _world.ByHand.Delete(site, name);
            }
            catch (SimulatedMistakeException)
            {
                // The test removed it, or never made one here.
            }
        }
    });

    protected override async Task UntilUpAsync(Site site, string vmId)
    {
        while (!(await site.ReadConsoleAsync(vmId, Cancel))!.Contains("login:", StringComparison.Ordinal))
        {
            await Task.Delay(20, Cancel);
        }
    }

    protected override Task<string?> StartByHandAsync(Site site, string vmName)
    {
        _world.ByHand.Start(site.Name, vmName);
        return Task.FromResult<string?>(null);
    }

    protected override Task DamageFenceAsync(string vmName) => SetAutostartAsync(vmName, true);

    protected override Task SetAutostartAsync(string vmName, bool on) => Do(() => _world.ByHand.SetAutostart("dc1", vmName, on));

    protected override Task<string> DumpAsync(string vmName) => Task.FromResult(_world.Read(_world.Time, turn =>
    {
        var text = JsonSerializer.Serialize(turn.Site("dc1").Find(vmName), WorldJson.Default.VmState);
        var copy = JsonSerializer.Deserialize(text, WorldJson.Default.VmState)!;
        (copy.Stamp, copy.Power, copy.StartedAt, copy.RecordsAtStart) = (null, PowerState.Off, null, 0);
        return JsonSerializer.Serialize(copy, WorldJson.Default.VmState);
    }));

    protected override Task<bool> ExistsAsync(string location) =>
        Task.FromResult(_world.Read(_world.Time, turn => turn.World.Sites.Values.Any(site => site.Disks.ContainsKey(location))));

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}

public sealed class MemorySimulatorContractTests() : SimulatorContract(new SimulatedWorld(TimeProvider.System));

public sealed class FileSimulatorContractTests : SimulatorContract
{
    private readonly string _folder;

    public FileSimulatorContractTests()
        : this(Directory.CreateTempSubdirectory("vmmigrate-world-").FullName)
    {
    }

    private FileSimulatorContractTests(string folder)
        : base(SimulatedWorld.At(folder, TimeProvider.System)) => _folder = folder;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
