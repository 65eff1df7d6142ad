using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Recovery points on the simulator: made with each replica, pruned, gone back to at home and at the target, and never left behind.</summary>
public sealed class RecoveryPointTests
{
    private static readonly MigrationSpec Warm = Rehearsal.Spec(MigrationGoal.Replicated) with { Mode = MigrationMode.Warm };

    public enum Way
    {
        /// <summary>From the target home, the copy is kept.</summary>
        Home,

        /// <summary>From the target home, nothing is left there.</summary>
        HomeForGood,

        /// <summary>At the target, where it lives.</summary>
        InPlace,

        /// <summary>From home to the target.</summary>
        There,
    }

    public static TheoryData<Way, FaultKind, FaultMoment> Cases()
    {
        var cases = new TheoryData<Way, FaultKind, FaultMoment>();
        foreach (var way in Enum.GetValues<Way>())
        {
            cases.Add(way, FaultKind.Crash, FaultMoment.Before);
            cases.Add(way, FaultKind.Crash, FaultMoment.Inside);
            cases.Add(way, FaultKind.Crash, FaultMoment.After);
            cases.Add(way, FaultKind.LoseReply, FaultMoment.After);
            cases.Add(way, FaultKind.Refuse, FaultMoment.Before);
        }

        return cases;
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_replica_is_a_point_the_last_are_kept_and_a_commit_leaves_none()
    {
        var world = new Rehearsal();
        var spec = Warm with { KeepPoints = 3 };
        var made = new List<string>();
        for (var round = 0; round < 5; round++)
        {
            var (before, outcome) = await world.DriveAsync(spec);
            Assert.True(outcome is { Failed: null }, outcome?.Why);
            Assert.Equal("keep recovery point", before.Plan!.Steps[^1].Name);
            made.Add((await PointsAsync(world))[^1]);
            world.Time.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.Equal(made.TakeLast(3), await PointsAsync(world));
        Assert.Equal(made.TakeLast(3), await NotedAsync(world));

        // Fewer are declared: the next run removes the others.
        var (_, fewer) = await world.DriveAsync(spec with { KeepPoints = 1 });
        Assert.True(fewer is { Failed: null }, fewer?.Why);
        Assert.Single(await PointsAsync(world));

        Assert.Null((await world.DriveAsync(spec with { Goal = MigrationGoal.CutOver, KeepPoints = 1 })).Outcome!.Failed);
        Assert.Single(await PointsAsync(world));
        Assert.Null((await world.DriveAsync(spec with { Goal = MigrationGoal.Committed })).Outcome!.Failed);
        Assert.Empty(await PointsAsync(world));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cold_replica_is_kept_once_and_the_next_run_has_nothing_to_do()
    {
        var world = new Rehearsal();
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated))).Outcome!.Failed);
        var points = await PointsAsync(world);
        Assert.Single(points);
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated))).Before.Plan!.Kind);

        // None are declared any more.
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated) with { KeepPoints = 0 })).Outcome!.Failed);
        Assert.Empty(await PointsAsync(world));
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated) with { KeepPoints = 0 })).Before.Plan!.Kind);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(), removal: true)).Outcome!.Failed);
        await world.AssertNoTracesAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(Way.Home)]
    [InlineData(Way.HomeForGood)]
    [InlineData(Way.InPlace)]
    [InlineData(Way.There)]
    public async Task The_VM_goes_back_to_the_declared_point_as_preview_says_and_only_once(Way way)
    {
        var world = new Rehearsal();
        var (to, records) = await PrepareAsync(world, way);
        var (spec, removal) = Wish(way, to);
        var (before, outcome) = await world.DriveAsync(spec, removal);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome!.Done.Select(step => step.Name));
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.goes-back" && finding.Severity == Severity.Warning && finding.Message.Contains(to, StringComparison.Ordinal));
        await AssertWentBackAsync(world, way, records);
        if (way == Way.HomeForGood)
        {
            await world.AssertNoTracesAsync();
            return;
        }

        // It works on from there. The same declaration does not throw that away.
        world.Time.Advance(TimeSpan.FromHours(1));
        var (again, _) = await world.DriveAsync(spec);
        Assert.Contains(again.Findings, finding => finding.Id == "rollback.went-back");
        Assert.DoesNotContain(again.Plan!.Steps, step => step.Name == "restore recovery point");
        Assert.True(OnDisk(world, way) > records + 10, "what it wrote since is there");

        // Nor does the way on from there.
        var (on, moved) = await world.DriveAsync(spec with { Goal = way == Way.Home ? MigrationGoal.CutOver : MigrationGoal.Replicated });
        Assert.True(moved is { Failed: null }, moved?.Why);
        Assert.DoesNotContain(on.Plan!.Steps, step => step.Name == "restore recovery point");
        Assert.True(OnDisk(world, way == Way.Home ? Way.InPlace : Way.Home) > records + 10, "what it wrote since has come along");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_given_up_in_place_is_a_point_itself_and_a_failed_gate_takes_going_back_back()
    {
        var world = new Rehearsal();
        var (to, records) = await PrepareAsync(world, Way.InPlace);
        var (spec, _) = Wish(Way.InPlace, to);
        var full = OnDisk(world, Way.InPlace);
        var (_, failed) = await world.DriveAsync(
            spec with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1))] },
            faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Times = 1 }));
        Assert.Equal("start VM at target", failed!.Failed?.Name);
        Assert.False(failed.UndoFailed, string.Join(" ", failed.TakenBack));
        await world.AssertRunsAtAsync("dc2", lossless: false);
        Assert.True(OnDisk(world, Way.InPlace) >= full, "as before");

        Assert.Null((await world.DriveAsync(spec)).Outcome!.Failed);
        await AssertWentBackAsync(world, Way.InPlace, records);

        // And forward again, to what it had before.
        var last = (await PointsAsync(world))[^1];
        Assert.Null((await world.DriveAsync(spec with { RollbackTo = last })).Outcome!.Failed);
        Assert.True(OnDisk(world, Way.InPlace) >= full, "as before it went back");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_moment_that_nothing_is_kept_of_is_an_error_that_lists_what_is()
    {
        var world = new Rehearsal();
        await PrepareAsync(world, Way.Home);
        var points = await PointsAsync(world);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated) with { RollbackTo = "2001-01-01T00:00:00Z" });
        Assert.Null(outcome);
        var error = Assert.Single(before.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal("rollback.no-such-point", error.Id);
        Assert.All(points, point => Assert.Contains(point, error.Message, StringComparison.Ordinal));

        // Any moment stands for the latest point before it.
        var choice = PointChoice.Find(Run.Instant(DateTimeOffset.Parse(points[^1], null).AddHours(5)), [.. points.Select(point => new RecoveryPoint(point, null))]);
        Assert.Equal(points[^1], choice?.Id);
        Assert.Equal(points[0], PointChoice.Find(points[0], [.. points.Select(point => new RecoveryPoint(point, null))])?.Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_point_that_is_no_longer_declared_can_be_gone_back_to_again()
    {
        var world = new Rehearsal();
        var (to, records) = await PrepareAsync(world, Way.InPlace);
        var (spec, _) = Wish(Way.InPlace, to);
        Assert.Null((await world.DriveAsync(spec)).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromHours(1));
        var (forget, _) = await world.DriveAsync(spec with { RollbackTo = null });
        Assert.Equal(["forget return"], forget.Plan!.Steps.Select(step => step.Name));
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(spec with { RollbackTo = null })).Before.Plan!.Kind);
        Assert.Null((await world.DriveAsync(spec)).Outcome!.Failed);
        await AssertWentBackAsync(world, Way.InPlace, records);
    }

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(Cases))]
    public async Task A_fault_at_any_writing_call_and_another_run_end_like_a_run_without_a_fault(Way way, FaultKind kind, FaultMoment moment)
    {
        var tried = 0;
        foreach (var (site, pattern) in new[] { "dc1", "dc2" }.SelectMany(_ => new[] { "Ensure*", "OpenVmDisk", "OpenPointDisk" }, (site, pattern) => (site, pattern)))
        {
            for (var nth = 1; ; nth++)
            {
                var world = new Rehearsal();
                var (to, records) = await PrepareAsync(world, way);
                var (spec, removal) = Wish(way, to);
                var (struck, calls) = (false, world.World.Calls.Count);
                try
                {
                    var (_, outcome) = await world.DriveAsync(
                        spec, removal, null, default, (site, new Fault { Kind = kind, Call = pattern, Nth = nth, Moment = moment, Times = moment == FaultMoment.After && kind != FaultKind.Crash ? 4 : 1 }));
                    struck = world.World.Calls.Skip(calls).Any(call => call.Outcome != "ok");
                    if (outcome?.Failed is not null && !outcome.UndoFailed)
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
                var which = $"{site} {pattern} {nth}";
                var (before, again) = await world.DriveAsync(spec, removal);
                Assert.False(before.IsBlocked, $"{which}: {string.Join(" ", before.Findings.Select(finding => finding.Message))}");
                Assert.True(again?.Failed is null, $"{which}: {again?.Failed?.Name}: {again?.Why}");
                try
                {
                    await AssertWentBackAsync(world, way, records);
                    Assert.Equal(await PointsAsync(world), await NotedAsync(world));
                    if (way == Way.HomeForGood)
                    {
                        await world.AssertNoTracesAsync();
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    throw new InvalidOperationException($"{which}: {e.Message}", e);
                }
            }
        }

        Assert.True(tried > 5, $"only {tried} calls were tried");
    }

    /// <summary>Two replicas an hour apart, and the VM where the way begins. Tells the first point and how many records its disk held then.</summary>
    private static async Task<(string To, long Records)> PrepareAsync(Rehearsal world, Way way)
    {
        Assert.Null((await world.DriveAsync(Warm)).Outcome!.Failed);
        var (to, records) = ((await PointsAsync(world))[0], OnDisk(world, Way.Home));
        world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null((await world.DriveAsync(Warm)).Outcome!.Failed);
        if (way != Way.There)
        {
            Assert.Null((await world.DriveAsync(Warm with { Goal = MigrationGoal.CutOver })).Outcome!.Failed);
        }

        world.Time.Advance(TimeSpan.FromHours(1));
        return (to, records);
    }

    private static (MigrationSpec Spec, bool Removal) Wish(Way way, string to) => way switch
    {
        Way.Home => (Warm with { RollbackTo = to }, false),
        Way.HomeForGood => (Warm with { RollbackTo = to }, true),
        _ => (Warm with { Goal = MigrationGoal.CutOver, RollbackTo = to }, false),
    };

    /// <summary>It runs where it should, on a disk that holds what it held at the point and little more: an hour's work is not on it.</summary>
    private static async Task AssertWentBackAsync(Rehearsal world, Way way, long records)
    {
        await world.AssertRunsAtAsync(way is Way.Home or Way.HomeForGood ? "dc1" : "dc2", lossless: false);
        var report = world.World.CheckJournal(way is Way.Home or Way.HomeForGood ? "dc1" : "dc2", (await world.ObserveAsync(Warm)).Place!.Value.Vm.Id);
        Assert.Empty(report.Damaged);
        Assert.InRange(report.OnDisk, records, records + ((report.Acknowledged - records) / 2));
    }

    private static long OnDisk(Rehearsal world, Way way) => world.World.CheckJournal(way is Way.Home or Way.HomeForGood ? "dc1" : "dc2", Rehearsal.VmName).OnDisk;

    private static Task<ImmutableArray<string>> PointsAsync(Rehearsal world) => world.Time.RunAsync(async () =>
    {
        var points = await world.Sites().Find("dc2")!.FindPointsAsync(MigrationId.Stamp(Warm.Vm), CancellationToken.None);
        Assert.All(points, point => Assert.True(point.IsWhole));
        return points.Select(point => point.Id).ToImmutableArray();
    });

    private static async Task<ImmutableArray<string>> NotedAsync(Rehearsal world) =>
        [.. PointsNote.Read((await world.ObserveAsync(Warm)).Home?.Stamp)?.Points.Select(point => point.Id) ?? []];
}
