using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <summary>A site of a simulated world. What it only reads is here; the rest by subject in the other files.</summary>
public sealed partial class SimulatorSite : Site
{
    private readonly SimulatedWorld _world;
    private readonly SiteOptions _options;
    private readonly SimulatedRunner _runner;
    private readonly TimeProvider _time;
    private readonly string _optionsText;
    private readonly Disks.Pace? _pace;
    private volatile bool _established;

    internal SimulatorSite(string name, SimulatedWorld world, SiteOptions options, SimulatedRunner runner, TimeProvider time)
        : base(name)
    {
        _world = world;
        _options = options;
        _runner = runner;
        _time = time;
        _optionsText = Turn.OptionsText(options);
        _pace = options.BytesPerSecond is { } rate ? new Disks.Pace(time, rate) : null;
    }

    public override string Platform => SimulatorPlatform.Name;

    public override string Where => $"simulator {_world.Label}/{Name}";

    public override Capabilities Capabilities => new()
    {
        Archives = true,
        ChangesOff = VmAspects.All,
        ChangesRunning = ChangesRunning,
        WhyNoTestBoot = null,
        SwitchesOffFrozen = true,
        HoldsWritesBack = true,
        PostCopies = _options.Live,
        ChangedBlockTracking = _options.ChangedBlockTracking,
        LiveFamily = _options.Live ? $"simulator {_world.Label}" : null,
    };

    /// <summary>The world it is a site of.</summary>
    public SimulatedWorld World => _world;

    public override Task<SiteFacts> DescribeAsync(CancellationToken cancellation) =>
        ReadAsync("Describe", null, "", SimulatedFacts.Site, cancellation);

    public override Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation) =>
        ReadAsync("FindByName", null, name, (turn, site) => Facts(turn, site, vm => vm.Name == name), cancellation);

    public override Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation) =>
        ReadAsync("Inspect", vmId, "", (turn, site) => site.Vms.TryGetValue(vmId, out var vm) ? SimulatedFacts.Vm(turn, site, vm, askGuest: true) : null, cancellation);

    public override async IAsyncEnumerable<Vm> ListAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var all = await ReadAsync("List", null, "", (turn, site) => (Vm[])[.. site.Vms.Values.OrderBy(vm => vm.Name, StringComparer.Ordinal).Select(vm => SimulatedFacts.Vm(turn, site, vm, askGuest: false))], cancellation);
        foreach (var vm in all)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return vm;
        }
    }

    public override Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation) =>
        ReadAsync("FindStamped", null, migrationId, (turn, site) => Facts(turn, site, vm => vm.Stamp?.MigrationId == migrationId), cancellation);

    public override Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation) =>
        ReadAsync(
            "FindStampedDisks",
            null,
            migrationId,
            (_, site) => site.Disks.Values.Where(disk => disk.MigrationId == migrationId).Select(disk => SimulatedFacts.TargetDisk(site, disk)).ToImmutableArray(),
            cancellation);

    public override async Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation)
    {
        var all = await ReadAsync(
            "LookAtStampedDisks",
            null,
            "",
            (_, site) => site.Disks.Values.Where(disk => disk.MigrationId is not null).Select(disk => SimulatedFacts.TargetDisk(site, disk)).ToLookup(disk => disk.MigrationId, StringComparer.Ordinal),
            cancellation);
        return migrationId => [.. all[migrationId]];
    }

    public override Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ReadAsync("InspectFence", vmId, migrationId, (_, site) => Must(site, vmId) switch
        {
            { Fence: null } => FenceState.None,
            { Fence: { } fence } when fence.MigrationId != migrationId => FenceState.None,
            // It was written ahead, and holds from the moment on at which this half is off.
            { Split: true } => FenceState.None,
            { Fence.Weakened: true } or { Power: not PowerState.Off } => FenceState.Broken,
            _ => FenceState.Standing,
        }, cancellation);

    public override Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation) =>
        ReadAsync("PingAgent", vmId, "", (turn, site) =>
        {
            var vm = Must(site, vmId);
            return Guest.AgentAnswers(vm, turn.Now) && TakeGuestFault(turn, site, vm, "Guest.Agent") is not { Kind: FaultKind.Refuse };
        }, cancellation);

    public override Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation) =>
        ReadAsync<string?>("ReadConsole", vmId, "", (turn, site) => Guest.Console(Must(site, vmId), turn.Now), cancellation);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ImmutableArray<Vm> Facts(Turn turn, SiteState site, Func<VmState, bool> which) =>
        [.. site.Vms.Values.Where(which).Select(vm => SimulatedFacts.Vm(turn, site, vm, askGuest: true))];

    private VmState Must(SiteState site, string vmId) =>
        site.Vms.GetValueOrDefault(vmId) ?? throw No(PlatformErrorKind.NotFound, $"There is no VM with the id {vmId}.");

    private PlatformException No(PlatformErrorKind kind, string message) => new(kind, Name, message) { NativeCode = "SIM_" + kind.ToString().ToUpperInvariant() };

    /// <summary>What the guest does wrong this time. Counts, so only inside a change: a site with faults reads in no other way.</summary>
    private static Fault? TakeGuestFault(Turn turn, SiteState site, VmState vm, string call) =>
        FaultTable.MayMatch(site.Options, call, vm) ? FaultTable.Take(turn.World, site, call, vm, turn.Now) : null;
}
