using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>The source's host dies under the VM amid a warm copy, or somebody switches the VM off: only the former is started again.</summary>
public sealed class CrashedSourceTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_VM_that_lost_its_host_runs_again_and_one_that_was_switched_off_stays_off(bool crash)
    {
        var world = new Rehearsal(bytesPerSecond: 256 << 10);
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Warm };
        var outcome = await world.Time.RunAsync(async () =>
        {
            world.World.Restart();
            // The simulator's disks can be read on: the copy is cut short as a connection to a dead host is.
            using var cut = new CancellationTokenSource(TimeSpan.FromSeconds(6), world.Time);
            var run = Drive.RunAsync(spec, null, world.Sites(), false, world.NewRunner(), world.Time, RunEvents.None, cut.Token);
            await Task.Delay(TimeSpan.FromSeconds(4), world.Time);
            if (crash)
            {
                world.World.ByHand.CrashHost("dc1", "dc1-host1");
            }
            else
            {
                world.World.ByHand.PowerOff("dc1", Rehearsal.VmName);
            }

            return (await run).Outcome;
        });
        Assert.Equal("replicate", outcome!.Failed?.Name);
        Assert.Equal(crash ? PowerState.Running : PowerState.Off, (await world.ObserveAsync(spec)).Home!.Power);
        if (crash)
        {
            var (_, again) = await world.DriveAsync(spec with { Mode = MigrationMode.Cold });
            Assert.True(again is { Failed: null }, again?.Why);
            await world.AssertRunsAtAsync("dc2");
        }
    }

    /// <summary>The run that met the crash was killed as well, or the host did not start the VM for it: the note that it was being read from is all that is left.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(MigrationMode.Warm, MigrationGoal.CutOver, false, true)]
    [InlineData(MigrationMode.Warm, MigrationGoal.Replicated, false, true)]
    [InlineData(MigrationMode.Warm, MigrationGoal.Replicated, true, true)]
    [InlineData(MigrationMode.Live, MigrationGoal.CutOver, false, true)]
    [InlineData(MigrationMode.Warm, MigrationGoal.Validated, false, true)]
    [InlineData(MigrationMode.Warm, MigrationGoal.Replicated, false, false)]
    public async Task The_next_run_starts_a_VM_first_that_crashed_under_a_run_which_died_too(MigrationMode mode, MigrationGoal goal, bool refused, bool crash)
    {
        var world = new Rehearsal(bytesPerSecond: refused ? 256 << 10 : null);
        var spec = Rehearsal.Spec() with { Mode = mode };
        if (refused)
        {
            Assert.True(await CrashesAsync(world, spec, "dc1", ("dc1", new Fault { Kind = FaultKind.Refuse, Call = "EnsureRunning", Times = 99, Error = PlatformErrorKind.Refused })) is { UndoFailed: true });
        }
        else
        {
            var call = mode == MigrationMode.Live ? ("dc1", new Fault { Kind = FaultKind.Crash, Call = "MoveLive", Moment = FaultMoment.Before }) : ("dc2", new Fault { Kind = FaultKind.Crash, Call = "WriteBlocks", Nth = 3 });
            await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(spec, faults: call));
            Hand(world, crash);
        }

        world.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(PowerState.Off, (await world.ObserveAsync(spec)).Home!.Power);
        var (before, outcome) = await world.DriveAsync(spec with { Goal = goal });
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome!.Done.Select(step => step.Name));
        if (!crash)
        {
            // Somebody has switched it off since: it is copied as it is, and stays off.
            Assert.DoesNotContain("start crashed VM", outcome.Done.Select(step => step.Name));
            Assert.Equal(PowerState.Off, (await world.ObserveAsync(spec)).Home!.Power);
            return;
        }

        Assert.Equal(goal == MigrationGoal.Validated ? "start source" : "start crashed VM", outcome.Done[0].Name);
        Assert.Contains(goal == MigrationGoal.Validated ? "release source" : mode == MigrationMode.Live ? "move live" : "replicate", outcome.Done.Select(step => step.Name));
        await world.AssertRunsAtAsync(goal == MigrationGoal.CutOver ? "dc2" : "dc1");

        // What crashes once nobody reads from it any more is its owner's to start.
        if (goal == MigrationGoal.Replicated)
        {
            Hand(world, crash: true);
            Assert.Null((await world.DriveAsync(spec with { Goal = goal })).Outcome!.Failed);
            Assert.Equal(PowerState.Off, (await world.ObserveAsync(spec)).Home!.Power);
        }
    }

    /// <summary>Amid the way back it lives at the target, and goes on there.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_VM_whose_host_at_the_target_dies_under_a_way_back_runs_there_again()
    {
        var world = new Rehearsal(bytesPerSecond: 256 << 10);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec())).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var outcome = await CrashesAsync(world, Rehearsal.Spec(MigrationGoal.Validated), "dc2");
        Assert.Equal("bring changes back while it runs", outcome!.Failed?.Name);
        Assert.False(outcome.UndoFailed);
        await world.AssertRunsAtAsync("dc2", lossless: false);
    }

    private static async Task<RunOutcome?> CrashesAsync(Rehearsal world, MigrationSpec spec, string at, params (string Site, Fault Fault)[] faults) => await world.Time.RunAsync(async () =>
    {
        world.World.Restart();
        using var cut = new CancellationTokenSource(TimeSpan.FromSeconds(6), world.Time);
        var run = Drive.RunAsync(spec, null, world.Sites(faults), false, world.NewRunner(), world.Time, RunEvents.None, cut.Token);
        await Task.Delay(TimeSpan.FromSeconds(4), world.Time);
        Hand(world, crash: true, at);
        return (await run).Outcome;
    });

    private static void Hand(Rehearsal world, bool crash, string at = "dc1")
    {
        if (crash)
        {
            world.World.ByHand.CrashHost(at, at + "-host1");
        }
        else
        {
            world.World.ByHand.PowerOff(at, Rehearsal.VmName);
        }
    }
}
