using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>A guest that writes as fast as its memory is sent changes sides before that, and the run dies or its link breaks while the two halves need each other.</summary>
public sealed class PostCopyTests
{
    private const long Rate = 16 << 20;

    /// <summary>A guest that overwrites data as fast as the link carries it.</summary>
    internal static Rehearsal Busy() => new(new GuestOptions { BytesPerSecond = Rate }, bytesPerSecond: Rate);

    internal static MigrationSpec Spec(MigrationGoal goal = MigrationGoal.CutOver) => Rehearsal.Spec(goal) with
    {
        Mode = MigrationMode.Live,
        Cutover = new CutoverSpec { OnNoConvergence = NoConvergence.PostCopy },
    };

    [Fact(Timeout = 60_000)]
    public async Task It_changes_sides_before_its_memory_and_is_proven_as_any_other()
    {
        var world = Busy();
        var (before, outcome) = await world.DriveAsync(Spec());
        Assert.Contains(before.Findings, finding => finding.Id == "cutover.post-copy");
        Assert.Null(outcome!.Failed);
        Assert.Contains(world.World.Events, said => said.ToString().Contains("before its memory", StringComparison.Ordinal));
        await world.AssertRunsAtAsync("dc2");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(FaultKind.Crash)]
    [InlineData(FaultKind.Refuse)]
    public async Task The_next_run_sends_the_rest_and_proves_it(FaultKind kind)
    {
        var world = await SplitAsync(kind);
        var starts = world.World.Watches().Values.Single().Starts;
        var (before, outcome) = await world.DriveAsync(Spec());
        Assert.False(before.IsBlocked, string.Join(" ", before.Findings.Select(finding => finding.Message)));
        Assert.Equal(["move live", "compare disks", "prove"], before.Plan!.Steps.Select(step => step.Name));
        Assert.True(outcome!.Failed is null, outcome.Why);
        await world.AssertRunsAtAsync("dc2");
        Assert.Equal(FenceState.Standing, (await world.ObserveAsync(Spec())).HomeFence);
        Assert.Equal(starts, world.World.Watches().Values.Single().Starts);
    }

    /// <summary>Whatever is wished by then: neither half is switched off, started or taken apart, and the run says what to do.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(MigrationMode.Live, MigrationGoal.Validated, false)]
    [InlineData(MigrationMode.Live, MigrationGoal.Replicated, false)]
    [InlineData(MigrationMode.Live, MigrationGoal.CutOver, true)]
    [InlineData(MigrationMode.Cold, MigrationGoal.Replicated, false)]
    public async Task Nothing_but_the_rest_of_its_memory_is_touched(MigrationMode mode, MigrationGoal goal, bool removal)
    {
        var world = await SplitAsync(FaultKind.Crash);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(goal) with { Mode = mode }, removal);
        var said = before.IsBlocked ? string.Join(" ", before.Findings.Select(finding => finding.Message)) : outcome!.Why;
        Assert.Contains("neither dc1 nor dc2 has all of its memory", said, StringComparison.Ordinal);
        Assert.Contains("Set the goal to CutOver and run again", said, StringComparison.Ordinal);

        var seen = await world.ObserveAsync(Spec());
        Assert.True(seen.Home!.IsSplit);
        Assert.Equal(PowerState.Running, Assert.Single(seen.Copies).Vm.Power);
        var watch = world.World.Watches().Values.Single();
        Assert.Equal((1, 0), (watch.Running, watch.DoubleRuns));

        Assert.Null((await world.DriveAsync(Spec())).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc2");
    }

    /// <summary>Its runner dies, or the way breaks, with the guest at dc2 and a part of its memory at dc1.</summary>
    private static async Task<Rehearsal> SplitAsync(FaultKind kind)
    {
        var world = Busy();
        var fault = ("dc1", kind == FaultKind.Crash ? new Fault { Kind = kind, Call = "MoveLive", Moment = FaultMoment.Inside } : new Fault { Kind = kind, Call = "Guest.Memory" });
        if (kind == FaultKind.Crash)
        {
            await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(Spec(), faults: fault));
        }
        else
        {
            var outcome = (await world.DriveAsync(Spec(), faults: fault)).Outcome!;
            Assert.Equal("move live", outcome.Failed!.Name);
            Assert.Contains(outcome.TakenBack, said => said.Contains("neither dc1 nor dc2 has all of its memory", StringComparison.Ordinal));
        }

        world.Time.Advance(TimeSpan.FromMinutes(3));
        var seen = await world.ObserveAsync(Spec());
        Assert.True(seen.Home!.IsSplit);
        Assert.Equal(PowerState.Running, seen.Home.Power);
        return world;
    }
}
