using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>What hands do to a moved VM, and what each answer to it does: Return, Adopt, Ignore.</summary>
public sealed class DriftTests
{
    private const int Limit = 60_000;

    private readonly Rehearsal _world = new();

    private ByHand Hand => _world.World.ByHand;

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return, true)]
    [InlineData(DriftResponse.Adopt, false)]
    [InlineData(DriftResponse.Ignore, false)]
    public async Task A_VM_that_was_stopped_by_hand_is_started_only_where_that_is_declared(DriftResponse response, bool runs)
    {
        var left = await MovedAsync();
        Hand.PowerOff("dc2", Rehearsal.VmName);
        var (before, outcome) = await RunAsync(response, left);
        Assert.Equal(DriftKind.Stopped, Assert.Single(Drift.Find(before.Run!)).Kind);
        Assert.Null(outcome!.Failed);
        Assert.Equal(runs, !outcome.Done.IsEmpty);
        Assert.Equal(runs ? PowerState.Running : PowerState.Off, (await _world.ObserveAsync(Rehearsal.Spec())).Place!.Value.Vm.Power);
    }

    [Fact(Timeout = Limit)]
    public async Task What_was_adopted_is_no_drift_any_more_and_a_VM_that_was_adopted_as_off_comes_home_off()
    {
        var left = await MovedAsync();
        Hand.PowerOff("dc2", Rehearsal.VmName);
        var adopted = left with { Running = false };
        var (before, outcome) = await RunAsync(DriftResponse.Return, adopted);
        Assert.Empty(Drift.Find(before.Run!));
        Assert.Empty(outcome!.Done);
        Assert.Null((await _world.DriveAsync(Rehearsal.Spec(MigrationGoal.Validated), remembered: Memory(adopted))).Outcome!.Failed);
        var home = (await _world.ObserveAsync(Rehearsal.Spec())).Place!.Value;
        Assert.Equal(("dc1", PowerState.Off), (home.Site.Name, home.Vm.Power));
    }

    [Fact(Timeout = Limit)]
    public async Task A_VM_that_our_own_dead_run_left_off_is_started_whatever_is_declared_about_drift()
    {
        var left = await MovedAsync();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _world.DriveAsync(
            Rehearsal.Spec(MigrationGoal.Validated), remembered: Memory(left),
            faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "EnsureOff", Moment = FaultMoment.After })));
        Assert.Equal(PowerState.Off, (await _world.ObserveAsync(Rehearsal.Spec())).Place!.Value.Vm.Power);
        Assert.Null((await RunAsync(DriftResponse.Ignore, left)).Outcome!.Failed);
        await _world.AssertRunsAtAsync("dc2");
    }

    [Theory(Timeout = Limit)]
    [InlineData("cpus", DriftKind.Cpus)]
    [InlineData("memory", DriftKind.Memory)]
    public async Task Another_shape_is_told_is_put_back_by_nobody_and_can_be_adopted(string what, DriftKind kind)
    {
        var left = await MovedAsync();
        Hand.Reshape("dc2", Rehearsal.VmName, cpus: what == "cpus" ? 7 : null, memoryBytes: what == "memory" ? 3L << 30 : null);
        var (before, outcome) = await RunAsync(DriftResponse.Return, left);
        var item = Assert.Single(Drift.Find(before.Run!));
        Assert.Equal((kind, true), (item.Kind, item.Adopts));
        Assert.Null(outcome!.Failed);
        await _world.AssertRunsAtAsync("dc2");
        Assert.Empty(Drift.Find((await RunAsync(DriftResponse.Return, await RecordAsync())).Before.Run!));
    }

    [Fact(Timeout = Limit)]
    public async Task A_host_or_a_pool_counts_only_where_one_was_declared()
    {
        var left = await MovedAsync();
        Hand.MoveToHost("dc2", Rehearsal.VmName, "host-2");
        Hand.MoveToPool("dc2", Rehearsal.VmName, "vda", "bulk");
        var free = Rehearsal.Spec() with { Target = Rehearsal.Spec().Target with { StoragePool = null } };
        Assert.Empty(Drift.Find((await PreviewAsync(free, left)).Run!));
        var bound = Rehearsal.Spec() with { Target = Rehearsal.Spec().Target with { Host = "host-1" } };
        Assert.Equal([DriftKind.Host, DriftKind.Pool], Drift.Find((await PreviewAsync(bound, left)).Run!).Select(item => item.Kind));
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return)]
    [InlineData(DriftResponse.Adopt)]
    [InlineData(DriftResponse.Ignore)]
    public async Task A_source_that_runs_beside_the_moved_VM_is_an_alarm_whatever_is_declared(DriftResponse response)
    {
        var left = await MovedAsync();
        Hand.Start("dc1", Rehearsal.VmName);
        var (before, outcome) = await RunAsync(response, left);
        Assert.Null(outcome);
        Assert.Contains(before.Findings, finding => finding is { Id: "drift.two-running", Severity: Severity.Error, Waivable: false });
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return, 1)]
    [InlineData(DriftResponse.Adopt, 0)]
    [InlineData(DriftResponse.Ignore, 0)]
    public async Task A_VM_that_was_deleted_at_the_target_is_copied_again_only_where_that_is_declared(DriftResponse response, int running)
    {
        var left = await MovedAsync();
        Hand.Delete("dc2", Rehearsal.VmName);
        var (before, outcome) = await RunAsync(response, left);
        Assert.Equal(DriftKind.Deleted, Assert.Single(Drift.Find(before.Run!)).Kind);
        Assert.Null(outcome!.Failed);
        Assert.Equal(running, _world.World.Watches().Values.Single().Running);
    }

    [Fact(Timeout = Limit)]
    public async Task A_VM_whose_definition_was_taken_away_is_defined_again_on_its_disks_and_loses_nothing()
    {
        var left = await MovedAsync();
        _world.Time.Advance(TimeSpan.FromSeconds(60));
        Hand.Delete("dc2", Rehearsal.VmName, keepDisks: true);

        foreach (var spec in new[] { Rehearsal.Spec(MigrationGoal.Validated), Rehearsal.Spec(MigrationGoal.Replicated) })
        {
            var (refused, none) = await _world.DriveAsync(spec, remembered: Memory(left));
            Assert.Null(none);
            Assert.Contains(refused.Findings, finding => finding.Id == "rollback.copy-undefined");
        }

        var (before, outcome) = await RunAsync(DriftResponse.Return, left);
        Assert.Equal(DriftKind.Undefined, Assert.Single(Drift.Find(before.Run!)).Kind);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(["define VM again"], outcome!.Done.Select(step => step.Name));
        await _world.AssertRunsAtAsync("dc2");
        Assert.Null((await _world.DriveAsync(Rehearsal.Spec(), removal: true)).Outcome!.Failed);
        await _world.AssertRunsAtAsync("dc1");
        await _world.AssertNoTracesAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return, "dc2")]
    [InlineData(DriftResponse.Adopt, "dc3")]
    [InlineData(DriftResponse.Ignore, "dc3")]
    public async Task A_VM_that_was_moved_to_another_site_is_moved_back_only_where_that_is_declared(DriftResponse response, string ends)
    {
        await MovedAsync("dc3");
        var left = (await RecordAsync()) with { Site = "dc2", Declared = "dc2" };
        var (before, outcome) = await RunAsync(response, left);
        Assert.Equal(DriftKind.Moved, Assert.Single(Drift.Find(before.Run!)).Kind);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        await _world.AssertRunsAtAsync(ends);
        if (response == DriftResponse.Adopt)
        {
            var adopted = left with { Site = "dc3" };
            var (again, nothing) = await RunAsync(DriftResponse.Return, adopted);
            Assert.Empty(Drift.Find(again.Run!));
            Assert.Empty(nothing!.Done);
        }

        Assert.Null((await _world.DriveAsync(Rehearsal.Spec(), removal: true, remembered: Memory(left))).Outcome!.Failed);
        await _world.AssertRunsAtAsync("dc1");
        await _world.AssertNoTracesAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return)]
    [InlineData(DriftResponse.Adopt)]
    [InlineData(DriftResponse.Ignore)]
    public async Task A_VM_that_a_dead_run_of_ours_has_moved_on_was_moved_by_no_hand(DriftResponse response)
    {
        var left = await MovedAsync();
        _world.Time.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _world.DriveAsync(
            Rehearsal.Spec(to: "dc3"), remembered: Memory(left),
            faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "EnsureRemoved", Step = "remove old copy", Moment = FaultMoment.After })));
        _world.Time.Advance(TimeSpan.FromMinutes(3));
        await _world.AssertRunsAtAsync("dc3");

        // The state knows nothing of that run, and what is declared is what it knows.
        var (before, outcome) = await RunAsync(response, left);
        Assert.Empty(Drift.Find(before.Run!));
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        await _world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = Limit)]
    public async Task A_copy_deleted_while_a_half_was_brought_back_is_not_replaced_by_that_half()
    {
        var left = await MovedAsync();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _world.DriveAsync(
            Rehearsal.Spec(MigrationGoal.Validated), remembered: Memory(left),
            faults: ("dc1", new Fault { Kind = FaultKind.Crash, Call = "OpenVmDisk", Moment = FaultMoment.After })));
        Hand.Delete("dc2", Rehearsal.VmName);
        foreach (var goal in new[] { MigrationGoal.Validated, MigrationGoal.CutOver })
        {
            var (before, outcome) = await _world.DriveAsync(Rehearsal.Spec(goal), remembered: Memory(left));
            Assert.Null(outcome);
            Assert.Contains(before.Findings, finding => finding.Id == "rollback.half-brought-back");
        }

        Assert.Null((await _world.DriveAsync(Rehearsal.Spec(MigrationGoal.Validated, changes: RollbackChanges.Discard))).Outcome!.Failed);
        await _world.AssertNoTracesAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_rollback_that_would_remove_a_disk_added_by_hand_is_refused()
    {
        await MovedAsync();
        Hand.AddDisk("dc2", Rehearsal.VmName, "vdx", 1 << 20);
        var (before, outcome) = await _world.DriveAsync(Rehearsal.Spec(), removal: true);
        Assert.Null(outcome);
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.disk-added");
        await _world.AssertRunsAtAsync("dc2");
    }

    private static Remembered Memory(RecordedVm left) => new(MigrationPhase.CutOver, left.Site, null) { Recorded = left };

    private async Task<RecordedVm> MovedAsync(string to = "dc2")
    {
        var (_, outcome) = await _world.DriveAsync(Rehearsal.Spec(to: to));
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        return await RecordAsync();
    }

    private async Task<RecordedVm> RecordAsync()
    {
        var place = (await _world.ObserveAsync(Rehearsal.Spec())).Place!.Value;
        return RecordedVm.Of(place.Site.Name, place.Site.Name, true, place.Vm);
    }

    private Task<(Preflight Before, RunOutcome? Outcome)> RunAsync(DriftResponse response, RecordedVm left) =>
        _world.DriveAsync(Rehearsal.Spec() with { OnDrift = response }, remembered: Memory(left));

    private Task<Preflight> PreviewAsync(MigrationSpec spec, RecordedVm left) => _world.Time.RunAsync(() =>
        PreflightRunner.RunAsync(spec, Memory(left), _world.Sites(), false, _world.Time, RunEvents.None, CancellationToken.None));
}
