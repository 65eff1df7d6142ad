using System.Text.RegularExpressions;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>How and when a VM is taken down: the declared way to stop, the declared window, and a guest that is held back.</summary>
public sealed class CutoverTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_is_frozen_and_switched_off_loses_nothing_and_is_down_for_its_start_only()
    {
        var world = new Rehearsal(new GuestOptions { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(40) });
        var (before, outcome) = await world.DriveAsync(Frozen());
        Assert.True(outcome?.Failed is null, outcome?.Why);
        Assert.Contains(before.Plan!.Steps, step => step is FreezeAndSwitchOff);
        Assert.Contains("see a loss of power", before.Estimate!.Steps.Single(step => step.Name == "freeze and switch off").Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(world.World.Calls, call => call.Name == "EnsureOff");
        await world.AssertRunsAtAsync("dc2");
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.InRange(world.World.Watches().Values.Single().LongestOutage, TimeSpan.Zero, TimeSpan.FromSeconds(4));

        // And cold, where it stops in the same way.
        Assert.Null((await world.DriveAsync(Frozen(), removal: true)).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null((await world.DriveAsync(Frozen() with { Mode = MigrationMode.Cold })).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_cannot_be_frozen_is_not_switched_off()
    {
        var world = new Rehearsal();
        var (_, outcome) = await world.DriveAsync(
            Frozen() with { Cutover = Frozen().Cutover with { Quiesce = false } },
            faults: ("dc1", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Freeze", Message = "fsfreeze hook failed" }));
        Assert.Equal("freeze and switch off", outcome!.Failed?.Name);
        Assert.Contains("fsfreeze hook failed", outcome.Why, StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc1");
        Assert.DoesNotContain(world.World.Watches().Values, watch => watch.Outages > 0);

        // Known before, it is refused before.
        var mute = new Rehearsal(new GuestOptions { Agent = false });
        var (before, none) = await mute.DriveAsync(Frozen());
        Assert.Null(none);
        Assert.Contains(before.Findings, finding => finding.Id == "request.cutover.stop" && finding.Message.Contains("agent does not answer", StringComparison.Ordinal));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(MigrationGoal.CutOver, "dc2")]
    [InlineData(MigrationGoal.Validated, "dc1")]
    public async Task A_guest_that_a_killed_run_left_frozen_works_again_after_the_next_one(MigrationGoal next, string where)
    {
        var world = new Rehearsal();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Frozen(), faults: ("dc1", new Fault { Kind = FaultKind.Crash, Call = "EnsureOffFrozen", Moment = FaultMoment.Inside })));
        world.Time.Advance(TimeSpan.FromSeconds(90));
        var standing = world.World.CheckJournal("dc1", (await world.ObserveAsync(Frozen())).Home!.Id).Acknowledged;
        var (_, outcome) = await world.DriveAsync(Frozen() with { Goal = next });
        Assert.True(outcome?.Failed is null, outcome?.Why);
        world.Time.Advance(TimeSpan.FromSeconds(30));
        await world.AssertRunsAtAsync(where);
        var seen = await world.ObserveAsync(Frozen());
        Assert.True(world.World.CheckJournal(where, seen.Place!.Value.Vm.Id).Acknowledged > standing, "the guest still stands");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(MigrationMode.Cold)]
    [InlineData(MigrationMode.Warm)]
    [InlineData(MigrationMode.Live)]
    public async Task A_VM_is_taken_down_within_the_declared_window_and_not_before(MigrationMode mode)
    {
        var world = new Rehearsal();
        world.Time.Advance(TimeSpan.FromSeconds(30));
        var opens = world.Time.GetUtcNow().AddHours(3);
        var spec = Rehearsal.Spec() with { Mode = mode, Cutover = new CutoverSpec { Window = Window(opens) } };
        var (before, outcome) = await world.DriveAsync(spec);
        Assert.True(outcome?.Failed is null, outcome?.Why);
        var note = Assert.Single(before.Findings, finding => finding.Id == "cutover.window");
        Assert.Contains("the run waits until", note.Message, StringComparison.Ordinal);
        Assert.InRange(before.Estimate!.Duration, TimeSpan.FromHours(2.9), TimeSpan.FromHours(3.2));
        Assert.True(before.Estimate.Downtime < TimeSpan.FromMinutes(2));
        await world.AssertRunsAtAsync("dc2");
        var stopped = world.World.Calls.First(call => call.Name is "EnsureOff" or "MoveLive" && call.Writes).At;
        Assert.InRange(stopped, new DateTimeOffset(opens.Year, opens.Month, opens.Day, opens.Hour, opens.Minute, 0, TimeSpan.Zero), opens.AddMinutes(10));
        if (mode == MigrationMode.Warm)
        {
            // Kept fresh: a round each five minutes, and two to cut over with.
            Assert.InRange(world.World.Calls.Count(call => call.Name == "OpenRound"), 20, 45);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_a_killed_run_took_down_is_not_made_to_wait_for_the_window()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Warm };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(spec, faults: ("dc1", new Fault { Kind = FaultKind.Crash, Call = "EnsureFenced", Moment = FaultMoment.Before })));
        var then = world.Time.GetUtcNow();
        var (_, outcome) = await world.DriveAsync(spec with { Cutover = new CutoverSpec { Window = Window(then.AddHours(5)) } });
        Assert.True(outcome?.Failed is null, outcome?.Why);
        Assert.True(world.Time.GetUtcNow() < then.AddHours(1));
        await world.AssertRunsAtAsync("dc2");
    }

    // How fast the simulated copy is depends on how busy this machine is, so whether a held-back guest converges is tried on real hosts (LibvirtMoveTests).
    [Fact(Timeout = 300_000)]
    public async Task A_guest_that_writes_faster_than_the_link_is_held_back_where_that_is_declared_and_let_go_however_it_ends()
    {
        var world = new Rehearsal(Writer, bytesPerSecond: 1 << 20);
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Warm, Cutover = new CutoverSpec { MaxDowntime = TimeSpan.FromSeconds(8), OnNoConvergence = NoConvergence.SlowGuest, MaxRounds = 2 } };
        var (before, outcome) = await world.DriveAsync(spec);
        Assert.Contains("its writes are held back", before.Estimate!.Steps.Single(step => step.Name == "replicate").Detail, StringComparison.Ordinal);
        var limits = world.World.Calls.Where(call => call.Name == "EnsureSlowed").Select(call => call.Arguments).ToList();
        Assert.Equal(("no longer", "no longer"), (limits[0], limits[^1]));
        Assert.True(limits.Count > 2, "it was not held back");
        if (outcome!.Failed is not null)
        {
            Assert.Equal("replicate", outcome.Failed.Name);
            Assert.Contains("though it is held back", outcome.Why, StringComparison.Ordinal);
        }

        await world.AssertRunsAtAsync(outcome.Failed is null ? "dc2" : "dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_a_killed_run_left_held_back_is_let_go_by_the_next_one()
    {
        var world = new Rehearsal(Writer, bytesPerSecond: 1 << 20);
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Warm, Cutover = new CutoverSpec { MaxDowntime = TimeSpan.FromSeconds(8), OnNoConvergence = NoConvergence.SlowGuest, MaxRounds = 2 } };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(spec, faults: ("dc1", new Fault { Kind = FaultKind.Crash, Call = "EnsureSlowed", Nth = 2, Moment = FaultMoment.After })));
        Assert.NotEqual("no longer", world.World.Calls.Last(call => call.Name == "EnsureSlowed").Arguments);
        Assert.Null((await world.DriveAsync(spec with { Goal = MigrationGoal.Validated })).Outcome!.Failed);
        Assert.Contains(world.World.Calls.SkipWhile(call => call.Name != "EnsureSlowed"), call => call.Name == "EnsureTrackingRemoved");
        var (id, from) = ((await world.ObserveAsync(spec)).Home!.Id, world.Time.GetUtcNow());
        var records = world.World.CheckJournal("dc1", id).Acknowledged;
        world.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.InRange(world.World.CheckJournal("dc1", id).Acknowledged - records, 58, 62);
        await world.AssertNoTracesAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("2 MiB/s", Severity.Note, "with the base copy, and a last one of about")]
    [InlineData("400 MiB/s", Severity.Warning, "The run will stop then")]
    public async Task Preview_tells_how_many_rounds_where_it_is_known_how_fast_the_guest_writes(string churn, Severity severity, string words)
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec() with
        {
            Mode = MigrationMode.Warm,
            Cutover = new CutoverSpec { MaxDowntime = TimeSpan.FromSeconds(7) },
            Facts = DeclaredFacts.Read([KeyValuePair.Create("vm.churn", churn), KeyValuePair.Create("link.rate", "1 MiB/s")], PropertyPath.Of("facts")).Facts,
        };
        spec = severity == Severity.Note ? spec with { Facts = DeclaredFacts.Read([KeyValuePair.Create("vm.churn", churn)], PropertyPath.Of("facts")).Facts } : spec;
        var before = await world.Time.RunAsync(() => PreflightRunner.RunAsync(spec, null, world.Sites(), removal: false, world.Time, RunEvents.None, default));
        var found = Assert.Single(before.Findings, finding => finding.Id == "cutover.rounds");
        Assert.Equal(severity, found.Severity);
        Assert.Contains(words, found.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Preview_tells_how_many_rounds_by_what_the_last_run_s_rounds_have_measured()
    {
        var world = new Rehearsal(Writer);
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Warm, Goal = MigrationGoal.Replicated };
        Assert.Null((await world.DriveAsync(spec)).Outcome!.Failed);
        Assert.DoesNotContain((await PreviewAsync()).Findings, finding => finding.Id == "cutover.rounds");
        world.Time.Advance(TimeSpan.FromSeconds(8));
        Assert.Null((await world.DriveAsync(spec)).Outcome!.Failed);

        var found = Assert.Single((await PreviewAsync()).Findings, finding => finding.Id == "cutover.rounds");
        Assert.Contains("of its disks (measured between its last two rounds, until ", found.Message, StringComparison.Ordinal);
        var rate = Regex.Match(found.Message, @"changes ([0-9.]+) MiB/s");
        Assert.True(rate.Success, found.Message);
        Assert.InRange(double.Parse(rate.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 0.5, 5);

        Task<Preflight> PreviewAsync() => world.Time.RunAsync(() => PreflightRunner.RunAsync(
            spec with { Goal = MigrationGoal.CutOver }, null, world.Sites(), removal: false, world.Time, RunEvents.None, default));
    }

    private static CutoverWindow Window(DateTimeOffset opens) => CutoverWindow.Parse($"{opens.UtcDateTime:HH:mm}-{opens.UtcDateTime.AddHours(2):HH:mm}");

    private static MigrationSpec Frozen() => Rehearsal.Spec() with { Mode = MigrationMode.Warm, Cutover = new CutoverSpec { Stop = CutoverStop.FreezeAndSwitchOff } };

    private static GuestOptions Writer => new() { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(1), BytesPerSecond = 4 << 20, WorkingSetBytes = 64 << 20 };
}
