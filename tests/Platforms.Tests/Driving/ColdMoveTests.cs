using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

public sealed class ColdMoveTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_move_ends_at_the_target_with_equal_digests_and_the_source_fenced()
    {
        var world = new Rehearsal();
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Null(outcome!.Failed);
        Assert.Equal(PlanKind.Move, before.Plan!.Kind);
        Assert.Equal(before.Plan.Steps.Select(step => step.Name), outcome.Done.Select(step => step.Name));
        Assert.Equal(2, before.Run!.Proofs.Count);
        Assert.All(before.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        await world.AssertRunsAtAsync("dc2");
        Assert.Equal(Engine.Contracts.FenceState.Standing, (await world.ObserveAsync(Rehearsal.Spec())).HomeFence);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_second_run_finds_nothing_to_do()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        var calls = world.World.Calls.Count;
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Equal(PlanKind.Nothing, before.Plan!.Kind);
        Assert.Empty(outcome!.Done);
        Assert.DoesNotContain(world.World.Calls.Skip(calls), call => call.Writes);
    }

    [Fact(Timeout = 60_000)]
    public async Task Taking_the_declaration_away_brings_the_VM_home_with_what_it_wrote_and_leaves_nothing()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(60));
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal: true);
        Assert.Equal(PlanKind.RollBack, before.Plan!.Kind);
        Assert.Null(outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_rollback_that_discards_is_announced_and_loses_only_what_was_written_at_the_target()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(60));
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Validated, changes: RollbackChanges.Discard));
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.discards");
        Assert.Null(outcome!.Failed);
        await world.AssertRunsAtAsync("dc1", lossless: false);
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Lowering_the_goal_to_Replicated_keeps_the_disks_and_raising_it_moves_again()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated));
        await world.AssertRunsAtAsync("dc1");
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Equal(2, seen.PlacedDisks.Length);
        Assert.Empty(seen.Copies);
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated))).Before.Plan!.Kind);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.True(outcome is { Failed: null }, string.Join(" ", before.Findings) + outcome?.Why);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_target_moves_the_VM_on_from_where_it_is_and_home_stays_the_way_back()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(30));
        var at = new Remembered(MigrationPhase.CutOver, "dc2", null);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(to: "dc3"), remembered: at);
        Assert.Equal("dc2", before.Run!.From.Name);
        Assert.Null(outcome!.Failed);
        await world.AssertRunsAtAsync("dc3");
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Single(seen.Copies);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(to: "dc3"), removal: true)).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_with_no_state_at_all_finds_where_the_VM_was_moved_to()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        var (before, _) = await world.DriveAsync(Rehearsal.Spec(to: "dc3"));
        Assert.Equal("dc2", before.Run!.From.Name);
        await world.AssertRunsAtAsync("dc3");
    }

    [Fact(Timeout = 60_000)]
    public async Task Commit_removes_the_source_and_the_stamps_and_cannot_be_taken_back()
    {
        var world = new Rehearsal();
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Committed));
        Assert.Null(outcome!.Failed);
        await world.Time.RunAsync(async () =>
        {
            var sites = world.Sites();
            Assert.Empty(await sites.Find("dc1")!.FindByNameAsync(Rehearsal.VmName, CancellationToken.None));
            var moved = Assert.Single(await sites.Find("dc2")!.FindByNameAsync(Rehearsal.VmName, CancellationToken.None));
            Assert.Null(moved.Stamp);
            Assert.Equal(PowerState.Running, moved.Power);
        });
        var committed = new Remembered(MigrationPhase.Committed, "dc2", before.Run!.CopyId);
        Assert.Contains((await world.DriveAsync(Rehearsal.Spec(), remembered: committed)).Before.Findings, finding => finding.Id == "request.goal.committed");
        Assert.True((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Committed), remembered: committed)).Before.Committed);
        var (removal, touched) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Committed), removal: true, remembered: committed);
        Assert.True(removal.Committed);
        Assert.Null(touched);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_does_not_come_up_at_the_target_runs_at_the_source_again_and_its_disks_are_kept()
    {
        var world = new Rehearsal();
        var (before, outcome) = await world.DriveAsync(
            Rehearsal.Spec(), faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Times = 0 }));
        Assert.True(outcome is not null, string.Join(" ", before.Findings));
        Assert.Equal("prove", outcome.Failed?.Name);
        Assert.False(outcome.UndoFailed);
        await world.AssertRunsAtAsync("dc1");
        Assert.Equal(2, (await world.ObserveAsync(Rehearsal.Spec())).PlacedDisks.Length);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_ignores_the_shutdown_runs_on_unless_force_is_declared()
    {
        var world = new Rehearsal(new GuestOptions { IgnoresShutdown = true });
        var (_, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Equal("stop VM", outcome!.Failed!.Name);
        await world.AssertRunsAtAsync("dc1");
        Assert.Null((await world.DriveAsync(Rehearsal.Spec() with { ForceShutdown = true })).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2", lossless: false);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_cancelled_while_the_guest_shuts_down_ends_with_the_VM_up_where_it_was(bool removal)
    {
        var world = new Rehearsal(new GuestOptions { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(5) });
        if (removal)
        {
            Assert.Null((await world.DriveAsync(Rehearsal.Spec())).Outcome!.Failed);
        }

        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), world.Time);
        var (_, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal, cancellation: cancel.Token);
        Assert.True(outcome!.Cancelled);
        Assert.False(outcome.UndoFailed);
        world.Time.Advance(TimeSpan.FromSeconds(30));
        await world.AssertRunsAtAsync(removal ? "dc2" : "dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_is_off_moves_and_stays_off()
    {
        var world = new Rehearsal(running: false);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Null(outcome!.Failed);
        Assert.Contains(before.Findings, finding => finding.Id == "request.powerstate");
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Equal("dc2", seen.Place!.Value.Site.Name);
        Assert.Equal(PowerState.Off, seen.Place.Value.Vm.Power);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(), removal: true)).Outcome!.Failed);
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_stopped_by_hand_at_the_target_is_drift_and_the_next_run_starts_it()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.World.ByHand.PowerOff("dc2", Rehearsal.VmName);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Contains(before.Findings, finding => finding.Id == "drift");
        Assert.Null(outcome!.Failed);
        await world.AssertRunsAtAsync("dc2", lossless: false);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_started_by_hand_in_spite_of_the_fence_is_told_and_never_overwritten()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.World.ByHand.Start("dc1", Rehearsal.VmName);
        var (before, _) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Validated));
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.source-touched");
        Assert.True(before.IsBlocked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Preview_writes_nothing_anywhere()
    {
        var world = new Rehearsal();
        await world.Time.RunAsync(() => PreflightRunner.RunAsync(
            Rehearsal.Spec(), null, world.Sites(), false, world.Time, RunEvents.None, CancellationToken.None));
        Assert.NotEmpty(world.World.Calls);
        Assert.DoesNotContain(world.World.Calls, call => call.Writes);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_was_defined_anew_behind_our_back_does_not_cost_the_VM_that_runs()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.World.ByHand.RemoveFence("dc1", Rehearsal.VmName);
        world.World.ByHand.RemoveStamp("dc1", Rehearsal.VmName);
        foreach (var removal in new[] { false, true })
        {
            var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal);
            Assert.Null(outcome);
            Assert.Contains(before.Findings, finding => finding.Id == "drift.fence-gone");
        }

        Assert.Equal(1, world.World.Watches().Values.Single().Running);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_site_that_the_state_remembers_and_the_config_has_lost_stops_the_run()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(to: "dc3"), remembered: new Remembered(MigrationPhase.CutOver, "gone", null));
        Assert.Null(outcome);
        Assert.Contains(before.Findings, finding => finding.Message.Contains("\"gone\"", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_was_started_after_a_first_copy_runs_after_its_move()
    {
        var world = new Rehearsal(running: false);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated))).Outcome!.Failed);
        world.World.ByHand.Start("dc1", Rehearsal.VmName);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cutover_that_was_killed_and_is_no_longer_wished_ends_with_the_VM_up_at_the_source()
    {
        var world = new Rehearsal();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Rehearsal.Spec(), faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "EnsureDefined", Moment = FaultMoment.After })));
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated))).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_kept_at_commit_is_never_started_again_even_when_the_state_is_lost()
    {
        var world = new Rehearsal();
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Committed) with { CommitSource = SourceAfterCommit.Keep })).Outcome!.Failed);
        var (removal, outcome) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Committed), removal: true);
        Assert.True(removal.Committed);
        Assert.Null(outcome);
        Assert.Contains((await world.DriveAsync(Rehearsal.Spec())).Before.Findings, finding => finding.Id == "request.goal.committed");
        Assert.Equal(1, world.World.Watches().Values.Single().Running);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_archived_at_commit_is_off_under_another_name_and_its_own_name_is_free_for_another_VM()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec(MigrationGoal.Committed) with { CommitSource = SourceAfterCommit.Archive };
        var (before, outcome) = await world.DriveAsync(spec);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Contains(before.Estimate!.Steps, step => step.Name == "retire source" && step.Detail.Contains("-archived-", StringComparison.Ordinal));
        await world.AssertNoTracesAsync();
        Assert.Equal(1, world.World.Watches().Values.Single().Running);
        var (kept, free) = await world.Time.RunAsync(async () =>
        {
            var home = world.Sites().Find("dc1")!;
            return ((await home.DescribeAsync(default)).Vms.Single(vm => vm.Name.Contains("-archived-", StringComparison.Ordinal)), await home.FindByNameAsync(Rehearsal.VmName, default));
        });
        Assert.Empty(free);
        Assert.StartsWith(Rehearsal.VmName, kept.Name, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(FaultMoment.Before)]
    [InlineData(FaultMoment.Inside)]
    [InlineData(FaultMoment.After)]
    public async Task A_run_that_dies_while_it_archives_is_followed_by_one_that_ends_the_commit(FaultMoment moment)
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec(MigrationGoal.Committed) with { CommitSource = SourceAfterCommit.Archive };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(spec, faults: ("dc1", new Fault { Kind = FaultKind.Crash, Call = "EnsureArchived", Moment = moment })));
        var (_, outcome) = await world.DriveAsync(spec);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        await world.AssertNoTracesAsync();
        Assert.Equal(1, world.World.Watches().Values.Single().Running);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_goes_off_long_after_its_shutdown_was_given_up_is_brought_up_by_the_next_run()
    {
        var world = new Rehearsal(new GuestOptions { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromMinutes(3) });
        var spec = Rehearsal.Spec() with { ShutdownTimeout = TimeSpan.FromSeconds(20) };
        var (_, outcome) = await world.DriveAsync(spec);
        Assert.Equal("stop VM", outcome!.Failed?.Name);

        // The simulator's guests call a shutdown off that comes too late; a real one does not.
        world.World.ByHand.ShutDown("dc1", Rehearsal.VmName);
        world.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(PowerState.Off, (await world.ObserveAsync(spec)).Home!.Power);
        Assert.True((await world.ObserveAsync(spec)).WasRunning);

        (_, outcome) = await world.DriveAsync(spec);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task Destroy_removes_our_disks_when_the_VM_was_deleted_at_home_by_hand()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated));
        world.World.ByHand.Delete("dc1", Rehearsal.VmName);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal: true);
        Assert.False(before.IsBlocked);
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.source-gone");
        Assert.Null(outcome!.Failed);
        await world.AssertNoTracesAsync();
    }
}
