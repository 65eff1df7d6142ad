using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

public sealed class WarmMoveTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_warm_move_copies_while_the_VM_runs_and_loses_nothing()
    {
        var world = new Rehearsal();
        var (before, outcome) = await world.DriveAsync(Spec());
        Assert.True(outcome?.Failed is null, outcome?.Why);
        Assert.Contains(before.Plan!.Steps, step => step is ReplicateRounds);
        Assert.Equal(2, before.Run!.Proofs.Count);
        Assert.All(before.Run.Proofs, proof => Assert.StartsWith("xxh128-tree:", proof.TargetDigest, StringComparison.Ordinal));
        Assert.All(before.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        await world.AssertRunsAtAsync("dc2");
        Assert.Equal(FenceState.Standing, (await world.ObserveAsync(Spec())).HomeFence);

        // Down for its shutdown, the last changes and its start: not for the base copy.
        Assert.InRange(world.World.Watches().Values.Single().LongestOutage, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_replica_is_brought_up_to_date_by_each_run_and_only_changes_are_sent()
    {
        var world = new Rehearsal(Quiet);
        var (first, one) = await world.DriveAsync(Spec(MigrationGoal.Replicated));
        Assert.True(one?.Failed is null, one?.Why);
        world.Time.Advance(TimeSpan.FromSeconds(5));
        var (second, two) = await world.DriveAsync(Spec(MigrationGoal.Replicated));
        Assert.True(two?.Failed is null, two?.Why);
        Assert.InRange(second.Run!.Transferred, 1, first.Run!.Transferred);
        Assert.DoesNotContain(world.World.Calls, call => call.Name is "EnsureOff" or "EnsureFenced");
        await world.AssertRunsAtAsync("dc1");
        var seen = await world.ObserveAsync(Spec());
        Assert.Equal("r2", seen.Home!.Stamp![StampNotes.Synced]);

        var (third, three) = await world.DriveAsync(Spec());
        Assert.True(three?.Failed is null, three?.Why);
        await world.AssertRunsAtAsync("dc2");
        Assert.InRange(third.Run!.Transferred, 1, first.Run.Transferred);

        Assert.Null((await world.DriveAsync(Spec(), removal: true)).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_writes_faster_than_the_link_is_told_with_both_rates_and_runs_on()
    {
        var world = new Rehearsal(Writer, bytesPerSecond: 1 << 20);
        var (_, outcome) = await world.DriveAsync(Spec() with { Cutover = new CutoverSpec { MaxDowntime = TimeSpan.FromSeconds(8) } });
        Assert.Equal("replicate", outcome!.Failed?.Name);
        Assert.Matches("web-01 writes .*/s, and .*/s reach dc2", outcome.Why!);
        await world.AssertRunsAtAsync("dc1");
        Assert.Empty(world.World.Watches());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_writes_faster_than_the_link_is_cut_over_anyway_where_that_is_declared()
    {
        var world = new Rehearsal(Writer, bytesPerSecond: 1 << 20);
        var (_, outcome) = await world.DriveAsync(
            Spec() with { Cutover = new CutoverSpec { MaxDowntime = TimeSpan.FromSeconds(8), OnNoConvergence = NoConvergence.CutOverAnyway } });
        Assert.True(outcome?.Failed is null, outcome?.Why);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tracking_that_was_reset_costs_a_whole_copy_and_nothing_else()
    {
        var world = new Rehearsal();
        Assert.Null((await world.DriveAsync(Spec(MigrationGoal.Replicated))).Outcome!.Failed);
        world.World.ByHand.ResetTracking("dc1", Rehearsal.VmName);
        world.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null((await world.DriveAsync(Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_killed_in_its_second_round_is_followed_by_one_that_sends_only_what_changed()
    {
        var world = new Rehearsal(Quiet);
        var (first, _) = await world.DriveAsync(Spec(MigrationGoal.Replicated));
        world.Time.Advance(TimeSpan.FromSeconds(4));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Spec(MigrationGoal.Replicated), faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "WriteBlocks", Nth = 3 })));
        world.Time.Advance(TimeSpan.FromSeconds(1));
        var (third, outcome) = await world.DriveAsync(Spec(MigrationGoal.Replicated));
        Assert.True(outcome?.Failed is null, outcome?.Why);
        Assert.InRange(third.Run!.Transferred, 1, first.Run!.Transferred - 1);
        Assert.Null((await world.DriveAsync(Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_base_copy_that_was_killed_is_compared_and_what_is_there_is_not_sent_again()
    {
        var whole = (await new Rehearsal(Silent).DriveAsync(Spec(MigrationGoal.Replicated))).Before.Run!.Transferred;
        var world = new Rehearsal(Silent);
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Spec(MigrationGoal.Replicated), faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "OpenDisk", Nth = 2 })));
        var (second, outcome) = await world.DriveAsync(Spec(MigrationGoal.Replicated));
        Assert.True(outcome?.Failed is null, outcome?.Why);

        // The first of the two disks was there.
        Assert.InRange(second.Run!.Transferred, 1, whole * 3 / 4);
        Assert.Null((await world.DriveAsync(Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failed_gate_of_a_warm_move_brings_the_VM_up_at_the_source_with_nothing_lost()
    {
        var world = new Rehearsal();
        var (_, outcome) = await world.DriveAsync(
            Spec() with { Probes = [new ProbeSpec(ProbeKind.Console, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), Contains: "never shown")] });
        Assert.Equal("prove", outcome!.Failed?.Name);
        await world.AssertRunsAtAsync("dc1", lossless: false);
        Assert.Null((await world.DriveAsync(Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2", lossless: false);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_mode_that_a_platform_lacks_is_refused_at_preview_with_those_it_has()
    {
        var world = new Rehearsal(tracking: false);
        var (before, outcome) = await world.DriveAsync(Spec());
        Assert.Null(outcome);
        var finding = Assert.Single(before.Findings, finding => finding.Id == "request.mode.supported");
        Assert.Contains("Possible is: Cold", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(world.World.Calls, call => call.Writes);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_live_move_pauses_the_VM_and_proves_what_the_guest_has_not_written_since()
    {
        var world = new Rehearsal();
        world.Time.Advance(TimeSpan.FromSeconds(30));
        var (before, outcome) = await world.DriveAsync(Live());
        Assert.True(outcome?.Failed is null, outcome?.Why);
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.Equal(2, before.Run.Proofs.Count);
        await world.AssertRunsAtAsync("dc2");
        var watch = world.World.Watches().Values.Single();
        Assert.Equal((0, 0), (watch.Outages, watch.Starts));
        Assert.Equal(FenceState.Standing, (await world.ObserveAsync(Live())).HomeFence);
        world.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Null((await world.DriveAsync(Live(), removal: true)).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_live_move_whose_gate_fails_comes_home_with_everything_that_the_guest_wrote_there()
    {
        var world = new Rehearsal();
        world.Time.Advance(TimeSpan.FromSeconds(30));
        var (_, outcome) = await world.DriveAsync(
            Live() with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1))] },
            faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Agent", Times = 0 }));
        Assert.Equal("prove", outcome!.Failed?.Name);
        Assert.False(outcome.UndoFailed, string.Join(" ", outcome.TakenBack));
        await world.AssertRunsAtAsync("dc1");
        Assert.Null((await world.DriveAsync(Live())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_corrupt_block_at_the_target_of_a_live_move_is_found_and_the_source_keeps_its_own()
    {
        var world = new Rehearsal();
        world.Time.Advance(TimeSpan.FromSeconds(30));
        var (_, outcome) = await world.DriveAsync(Live(), faults: ("dc2", new Fault { Kind = FaultKind.Lie, Call = "ReadBlocks", Step = "compare disks", Nth = 5 }));
        Assert.Equal("compare disks", outcome!.Failed?.Name);
        Assert.Contains("not the same", outcome.Why, StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc1");
    }

    private static MigrationSpec Spec(MigrationGoal goal = MigrationGoal.CutOver) => Rehearsal.Spec(goal) with { Mode = MigrationMode.Warm };

    private static MigrationSpec Live(MigrationGoal goal = MigrationGoal.CutOver) => Rehearsal.Spec(goal) with { Mode = MigrationMode.Live };

    private static GuestOptions Silent => new() { RecordsPerSecond = 0, BytesPerSecond = 0 };

    private static GuestOptions Quiet => new() { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(1), BytesPerSecond = 128 << 10, WorkingSetBytes = 256 << 10 };

    private static GuestOptions Writer => new() { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(1), BytesPerSecond = 4 << 20, WorkingSetBytes = 64 << 20 };
}
