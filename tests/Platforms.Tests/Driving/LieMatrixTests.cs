using VmMigrate.Engine.Planning;
using VmMigrate.Platforms.Simulator.Faults;
using static VmMigrate.Platforms.Tests.Driving.CrashMatrixTests;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Every writing call of a run, at both sites, in both directions, says once that it has done its work and has done nothing: no run reports a success that is none, two never run, and the next run ends as without.</summary>
public sealed class LieMatrixTests
{
    public static TheoryData<Direction> Cases() => [.. Enum.GetValues<Direction>()];

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(Cases))]
    public async Task A_call_that_lies_is_found_out_or_does_no_harm(Direction direction)
    {
        var (tried, foundOut) = (0, 0);
        var failures = new List<string>();
        foreach (var (site, pattern) in new[] { "dc1", "dc2", "dc3" }.SelectMany(_ => Patterns(direction), (site, pattern) => (site, pattern)))
        {
            for (var nth = 1; ; nth++)
            {
                var world = new Rehearsal();
                var remembered = await PrepareAsync(world, direction);
                var (spec, removal) = Wish(direction);
                var calls = world.World.Calls.Count;
                var (_, outcome) = await world.DriveAsync(spec, removal, remembered, default, (site, new Fault { Kind = FaultKind.Lie, Call = pattern, Nth = nth }));
                if (world.World.Calls.Skip(calls).FirstOrDefault(call => call.Outcome != "ok") is not { } lie)
                {
                    break;
                }

                tried++;
                var which = $"{site} {lie.Name} ({nth})";
                try
                {
                    Assert.All(world.World.Watches().Values, watch => Assert.Equal(0, watch.DoubleRuns));
                    if (outcome?.Failed is null)
                    {
                        await AssertEndAsync(world, direction, which, lossless: true);
                    }
                    else
                    {
                        foundOut++;
                        Assert.True(outcome.UndoFailed || direction == Direction.Commit || world.World.Watches().Values.All(watch => watch.Running == 1), $"none runs, and nothing was said to have failed in taking back: {outcome.Failed.Name}: {outcome.Why}");
                    }

                    world.Time.Advance(TimeSpan.FromMinutes(3));
                    Remembered? then = direction is Direction.Commit or Direction.MoveOn or Direction.LiveMoveOn ? remembered : null;
                    var (before, again) = await world.DriveAsync(spec, removal, then);
                    Assert.False(before.IsBlocked, string.Join(" ", before.Findings.Select(finding => finding.Message)));
                    Assert.True(again?.Failed is null, $"{again?.Failed?.Name}: {again?.Why}");
                    await AssertEndAsync(world, direction, which, lossless: true);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    failures.Add($"{which}: first run {(outcome?.Failed is null ? "succeeded" : $"failed at {outcome.Failed.Name}: {outcome.Why}")}: {e.Message.ReplaceLineEndings(" ")}");
                }
            }
        }

        Torture.Report.Line("lies", ("direction", $"{direction}"), ("calls", tried), ("foundOut", foundOut));
        Assert.True(tried > 1, $"only {tried} calls were tried");
        Assert.True(failures.Count == 0, $"{failures.Count} of {tried} lies did harm:\n{string.Join("\n", failures)}");
    }
}
