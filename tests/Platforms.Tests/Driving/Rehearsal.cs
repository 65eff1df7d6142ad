using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>A world of three simulated sites with one small VM on dc1, and a runner that drives a declaration in it as a front end would.</summary>
internal sealed class Rehearsal
{
    internal const string VmName = "web-01";

    internal Rehearsal(GuestOptions? guest = null, bool running = true, double? bytesPerSecond = null, bool tracking = true)
    {
        BytesPerSecond = bytesPerSecond;
        Tracking = tracking;
        Time = new SimulatedTime();
        World = new SimulatedWorld(Time);
        Guest = guest ?? new GuestOptions { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(1) };
        Running = running;
    }

    internal SimulatedTime Time { get; }

    internal SimulatedWorld World { get; }

    private GuestOptions Guest { get; }

    private int _runners;

    private bool Running { get; }

    private double? BytesPerSecond { get; }

    private bool Tracking { get; }

    internal static MigrationSpec Spec(MigrationGoal goal = MigrationGoal.CutOver, string to = "dc2", RollbackChanges changes = RollbackChanges.BringBack) => new()
    {
        Vm = new VmReference("dc1", VmName, null),
        Target = new TargetSpec(to, null, "fast", ImmutableDictionary<string, string>.Empty, null),
        Goal = goal,
        Rollback = changes,
    };

    /// <summary>Another process each time, which the next one cannot see die: its lease has to run out.</summary>
    internal RunnerIdentity NewRunner()
    {
        var number = ++_runners;
        var leases = 0;
        return new RunnerIdentity($"runner {number}", "", () => new Guid(number, (short)++leases, 0, new byte[8]));
    }

    /// <summary>One run of the provider: a new process, with faults at the given sites.</summary>
    internal Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(
        MigrationSpec spec, bool removal = false, Remembered? remembered = null, CancellationToken cancellation = default, params (string Site, Fault Fault)[] faults) =>
        Time.RunAsync(async () =>
        {
            World.Restart();
            var book = Sites(faults);
            return await Drive.RunAsync(spec, remembered, book, removal, NewRunner(), Time, RunEvents.None, cancellation);
        });

    internal Task<Observation> ObserveAsync(MigrationSpec spec) => Time.RunAsync(() =>
    {
        var book = Sites();
        return Observer.ObserveAsync(spec.Vm, book.Find("dc1")!, [book.Find("dc2")!, book.Find("dc3")!], CancellationToken.None);
    });

    /// <summary>The VM runs at the site and nowhere else, never two ran at once, and no write that its guest acknowledged is lost.</summary>
    internal async Task AssertRunsAtAsync(string site, bool lossless = true)
    {
        var seen = await ObserveAsync(Spec());
        var place = seen.Place!.Value;
        Assert.Equal(site, place.Site.Name);
        Assert.Equal(PowerState.Running, place.Vm.Power);
        if (World.Watch(place.Vm.Uuid.Value) is { } watch)
        {
            Assert.Equal(1, watch.Running);
            Assert.Equal(0, watch.DoubleRuns);
        }

        if (lossless)
        {
            var journal = World.CheckJournal(site, place.Vm.Id);
            Assert.Equal(0, journal.Lost);
            Assert.Empty(journal.Damaged);
        }
    }

    /// <summary>Nothing of the migration is left anywhere.</summary>
    internal async Task AssertNoTracesAsync()
    {
        var seen = await ObserveAsync(Spec());
        Assert.False(seen.HasTraces);
    }

    internal Book Sites(params (string Site, Fault Fault)[] faults) => new(
        [.. new[] { "dc1", "dc2", "dc3" }.Select(name => World.Open(name, Options(name) with { Faults = [.. faults.Where(fault => fault.Site == name).Select(fault => fault.Fault)] }))]);

    private SiteOptions Options(string site) => new()
    {
        Guest = Guest,
        DataBytes = 1 << 20,
        BytesPerSecond = BytesPerSecond,
        ChangedBlockTracking = Tracking,
        Machines = site == "dc1"
            ? [new MachineOptions { Name = VmName, Disks = [8L << 20, 3L << 20], Running = Running, Networks = ["default"] }]
            : [],
    };
}
