using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>What a run does when it fails: the VM runs again, whatever else goes wrong meanwhile.</summary>
public sealed class TakeBackTests
{
    private static readonly MigrationSpec Live = Rehearsal.Spec() with { Mode = MigrationMode.Live };

    [Fact(Timeout = 60_000)]
    public async Task A_bug_in_one_undo_is_told_and_the_other_steps_are_taken_back_all_the_same()
    {
        var world = new Rehearsal();
        var bug = await Assert.ThrowsAsync<NotSupportedException>(() => world.Time.RunAsync(async () =>
        {
            var before = await PreflightRunner.RunAsync(Rehearsal.Spec(), null, world.Sites(), false, world.Time, RunEvents.None, default);
            return await GoalSeeker.RunAsync(
                new Plan(PlanKind.Move, [new StampSource(), new StopSource(), new FenceSource(), new Odd(undo: () => throw new NotSupportedException("our bug")), new Odd(go: () => throw new PlatformException(PlatformErrorKind.Full, "dc2", "full"))]),
                before.Run!, default);
        }));
        Assert.Equal("our bug", bug.Message);
        await world.AssertRunsAtAsync("dc1");
        Assert.Equal(FenceState.None, (await world.ObserveAsync(Rehearsal.Spec())).HomeFence);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_undo_has_a_time_limit_of_its_own()
    {
        var world = new Rehearsal();
        var outcome = await world.Time.RunAsync(async () =>
        {
            var before = await PreflightRunner.RunAsync(Rehearsal.Spec(), null, world.Sites(), false, world.Time, RunEvents.None, default);
            return await GoalSeeker.RunAsync(
                new Plan(PlanKind.Move, [new StampSource(), new StopSource(), new FenceSource(), new Odd(hangs: world.Time), new Odd(go: () => throw new PlatformException(PlatformErrorKind.Full, "dc2", "full"))]),
                before.Run!, default);
        });
        Assert.True(outcome.UndoFailed);
        Assert.Contains(outcome.TakenBack, said => said.Contains("not done in time", StringComparison.Ordinal));
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_live_move_that_takes_long_to_bring_back_comes_back_all_the_same()
    {
        var world = new Rehearsal();
        var (_, outcome) = await world.DriveAsync(
            Live,
            faults:
            [
                ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Agent", Step = "prove", Times = 0 }),
                ("dc2", new Fault { Kind = FaultKind.Slow, Call = "OpenRound", Nth = 2, Duration = TimeSpan.FromMinutes(4) }),
            ]);
        Assert.Equal("prove", outcome?.Failed?.Name);
        Assert.False(outcome!.UndoFailed, string.Join(" ", outcome.TakenBack));
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_live_move_that_cannot_be_brought_back_leaves_the_VM_running_where_it_is_and_the_next_run_ends_it()
    {
        var world = new Rehearsal();
        var (_, outcome) = await world.DriveAsync(
            Live,
            faults:
            [
                ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Agent", Step = "prove", Times = 0 }),
                ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "OpenRound", Nth = 2, Times = 0 }),
            ]);
        Assert.True(outcome is { Failed: not null, UndoFailed: true }, outcome?.Why);
        var watch = Assert.Single(world.World.Watches().Values);
        Assert.Equal((1, 0), (watch.Running, watch.DoubleRuns));

        var (_, next) = await world.DriveAsync(Live);
        Assert.True(next?.Failed is null, next?.Why);
        await world.AssertRunsAtAsync("dc2");
        Assert.Null((await world.DriveAsync(Live, removal: true)).Outcome?.Failed);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_copy_whose_disks_were_not_proven_is_not_accepted()
    {
        var world = new Rehearsal();
        var outcome = await world.Time.RunAsync(async () =>
        {
            var before = await PreflightRunner.RunAsync(Rehearsal.Spec(), null, world.Sites(), false, world.Time, RunEvents.None, default);
            return await GoalSeeker.RunAsync(
                new Plan(PlanKind.Move, [new StampSource(), new CreateDisks(), new StopSource(), new FenceSource(), new DefineTarget(), new StartTarget(), new ProveGuest()]), before.Run!, default);
        });
        Assert.Equal("prove", outcome.Failed?.Name);
        Assert.Contains("no equal digests of both sides", outcome.Why, StringComparison.Ordinal);
        Assert.False(outcome.UndoFailed, string.Join(" ", outcome.TakenBack));
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_copy_during_which_somebody_has_started_the_VM_is_no_replica()
    {
        var world = new Rehearsal();
        var outcome = await world.Time.RunAsync(async () =>
        {
            var slow = new Fault { Kind = FaultKind.Slow, Call = "WriteBlocks", Step = "copy disks", Duration = TimeSpan.FromMinutes(1) };
            var run = Drive.RunAsync(Rehearsal.Spec(MigrationGoal.Replicated), null, world.Sites(("dc2", slow)), false, world.NewRunner(), world.Time, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromSeconds(30), world.Time);
            world.World.ByHand.Start("dc1", Rehearsal.VmName);
            return (await run).Outcome;
        });
        Assert.Equal("copy disks", outcome?.Failed?.Name);
        Assert.Contains("somebody has started it", outcome!.Why, StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_clock_that_is_set_while_the_VM_is_down_does_not_change_its_downtime()
    {
        var world = new Rehearsal();
        var clock = new WrongClock(world.Time, TimeSpan.Zero);
        var run = await world.Time.RunAsync(async () =>
        {
            var slow = new Fault { Kind = FaultKind.Slow, Call = "EnsureFenced", Duration = TimeSpan.FromSeconds(20) };
            var driving = Drive.RunAsync(Rehearsal.Spec(), null, world.Sites(("dc1", slow)), false, world.NewRunner(), clock, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromSeconds(10), world.Time);
            clock.Offset = TimeSpan.FromHours(-2);
            return (await driving).Before.Run!;
        });
        Assert.InRange(run.Downtime!.Value, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1));
    }

    /// <summary>A step that does what a test wants.</summary>
    private sealed class Odd(Action? go = null, Action? undo = null, TimeProvider? hangs = null) : Step
    {
        public override string Name => "odd";

        public override MigrationPhase Phase => MigrationPhase.CuttingOver;

        public override string Describe(Run run) => "does what a test wants";

        public override Task<string> DoAsync(Run run, CancellationToken cancellation)
        {
            go?.Invoke();
            return Task.FromResult("");
        }

        public override async Task UndoAsync(Run run, CancellationToken cancellation)
        {
            undo?.Invoke();
            if (hangs is not null)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, hangs, cancellation);
            }
        }
    }
}
