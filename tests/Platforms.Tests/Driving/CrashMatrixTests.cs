using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Every writing call of a run, at both sites, in both directions: the runner dies before, inside and after it, or its reply is lost, or it is refused.</summary>
public sealed class CrashMatrixTests
{
    /// <summary>A lost reply is asked for again three times; so often, the step fails.</summary>
    private const int MoreThanRetries = 4;

    public enum Direction
    {
        Move,
        RollBack,
        MoveOn,
        Commit,
        Warm,
        WarmFrozen,
        WarmRollBack,
        Live,
        LiveRollBack,
        LiveMoveOn,
        PostCopy,
        Tested,
        WarmTested,
    }

    public static TheoryData<Direction, FaultKind, FaultMoment> Cases()
    {
        var cases = new TheoryData<Direction, FaultKind, FaultMoment>();
        foreach (var direction in Enum.GetValues<Direction>())
        {
            cases.Add(direction, FaultKind.Crash, FaultMoment.Before);
            cases.Add(direction, FaultKind.Crash, FaultMoment.Inside);
            cases.Add(direction, FaultKind.Crash, FaultMoment.After);
            cases.Add(direction, FaultKind.LoseReply, FaultMoment.Before);
            cases.Add(direction, FaultKind.LoseReply, FaultMoment.After);
            cases.Add(direction, FaultKind.Refuse, FaultMoment.Before);
        }

        return cases;
    }

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(Cases))]
    public async Task A_fault_at_any_writing_call_and_another_run_end_like_a_run_without_a_fault(Direction direction, FaultKind kind, FaultMoment moment)
    {
        var tried = 0;
        foreach (var (site, pattern) in new[] { "dc1", "dc2", "dc3" }.SelectMany(_ => Patterns(direction), (site, pattern) => (site, pattern)))
        {
            for (var nth = 1; ; nth++)
            {
                var world = direction == Direction.PostCopy ? PostCopyTests.Busy() : new Rehearsal();
                var remembered = await PrepareAsync(world, direction);
                var (spec, removal) = Wish(direction);
                var (struck, calls) = (false, world.World.Calls.Count);
                try
                {
                    var (_, outcome) = await world.DriveAsync(
                        spec, removal, remembered, default,
                        (site, new Fault { Kind = kind, Call = pattern, Nth = nth, Moment = moment, Times = moment == FaultMoment.After ? MoreThanRetries : 1 }));
                    struck = world.World.Calls.Skip(calls).Any(call => call.Outcome != "ok");
                    if (outcome?.Failed is not null && direction != Direction.Commit && !outcome.UndoFailed)
                    {
                        Assert.All(world.World.Watches().Values, watch => Assert.Equal(1, watch.Running));
                    }
                }
                catch (SimulatedCrashException)
                {
                    struck = true;
                }

                if (!struck)
                {
                    break;
                }

                tried++;
                world.Time.Advance(TimeSpan.FromSeconds(30));
                Remembered? then = direction is Direction.Commit or Direction.MoveOn or Direction.LiveMoveOn ? remembered : null;
                var (before, again) = await world.DriveAsync(spec, removal, then);
                Assert.False(before.IsBlocked, $"{site} {pattern} {nth}: {string.Join(" ", before.Findings.Select(finding => finding.Message))}");
                Assert.True(again?.Failed is null, $"{site} {pattern} {nth}: {again?.Failed?.Name}: {again?.Why}");
                // What a copy's guest wrote before the copy was given up again does not count.
                await AssertEndAsync(world, direction, $"{site} {pattern} {nth}", lossless: moment != FaultMoment.After || kind == FaultKind.Crash);
            }
        }

        Torture.Report.Line("crash matrix", ("case", $"{direction} {kind} {moment}"), ("calls", tried));
        Assert.True(tried > 1, $"only {tried} calls were tried");
    }

    internal static string[] Patterns(Direction direction) => direction switch
    {
        Direction.Warm or Direction.WarmFrozen or Direction.Tested or Direction.WarmTested => ["Ensure*", "TrySetLease", "OpenRound"],
        Direction.Live or Direction.LiveRollBack or Direction.LiveMoveOn or Direction.PostCopy => ["Ensure*", "TrySetLease", "OpenRound", "MoveLive"],
        Direction.RollBack or Direction.WarmRollBack => ["Ensure*", "TrySetLease", "OpenRound", "OpenVmDisk"],
        _ => ["Ensure*", "TrySetLease"],
    };

    private static MigrationSpec In(MigrationMode mode) => Rehearsal.Spec() with { Mode = mode };

    internal static (MigrationSpec Spec, bool Removal) Wish(Direction direction) => direction switch
    {
        Direction.Warm => (In(MigrationMode.Warm), false),
        Direction.WarmFrozen => (In(MigrationMode.Warm) with { Cutover = new CutoverSpec { Stop = CutoverStop.FreezeAndSwitchOff } }, false),
        Direction.WarmRollBack => (In(MigrationMode.Warm), true),
        Direction.Live => (In(MigrationMode.Live), false),
        Direction.LiveRollBack => (In(MigrationMode.Live), true),
        Direction.PostCopy => (PostCopyTests.Spec(), false),
        Direction.Tested => (Rehearsal.Spec(MigrationGoal.Tested), false),
        Direction.WarmTested => (In(MigrationMode.Warm) with { Goal = MigrationGoal.Tested }, false),
        Direction.Move => (Rehearsal.Spec(), false),
        Direction.RollBack => (Rehearsal.Spec(), true),
        Direction.MoveOn => (Rehearsal.Spec(to: "dc3"), false),
        Direction.LiveMoveOn => (Rehearsal.Spec(to: "dc3") with { Mode = MigrationMode.Live }, false),
        _ => (Rehearsal.Spec(MigrationGoal.Committed), false),
    };

    internal static async Task<Remembered?> PrepareAsync(Rehearsal world, Direction direction)
    {
        if (direction is Direction.Move or Direction.Warm or Direction.WarmFrozen or Direction.Live or Direction.PostCopy or Direction.Tested or Direction.WarmTested)
        {
            return null;
        }

        var mode = direction switch { Direction.WarmRollBack => MigrationMode.Warm, Direction.LiveRollBack => MigrationMode.Live, _ => MigrationMode.Cold };
        Assert.Null((await world.DriveAsync(In(mode))).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        return new Remembered(Engine.Driving.MigrationPhase.CutOver, "dc2", null);
    }

    internal static async Task AssertEndAsync(Rehearsal world, Direction direction, string which, bool lossless)
    {
        try
        {
            switch (direction)
            {
                case Direction.Move or Direction.Warm or Direction.WarmFrozen or Direction.Live or Direction.PostCopy:
                    await world.AssertRunsAtAsync("dc2", lossless);
                    break;
                case Direction.Tested or Direction.WarmTested:
                    await world.AssertRunsAtAsync("dc1", lossless);
                    await TestBootTests.AssertTestedAsync(world);
                    break;
                case Direction.RollBack or Direction.WarmRollBack or Direction.LiveRollBack:
                    await world.AssertRunsAtAsync("dc1", lossless);
                    await world.AssertNoTracesAsync();
                    break;
                case Direction.MoveOn or Direction.LiveMoveOn:
                    await world.AssertRunsAtAsync("dc3", lossless);
                    Assert.Single((await world.ObserveAsync(Rehearsal.Spec())).Copies);
                    break;
                default:
                    Assert.Equal(1, world.World.Watches().Values.Single().Running);
                    Assert.Equal(0, world.World.Watches().Values.Single().DoubleRuns);
                    break;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{which}: {e.Message}", e);
        }
    }
}
