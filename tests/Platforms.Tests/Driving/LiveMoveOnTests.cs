using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>A live move from one target to another that dies after its switch and before its acceptance: the next run settles it, whatever is wished by then.</summary>
public sealed class LiveMoveOnTests
{
    /// <summary>Between the switch and the acceptance: the fence at the first target, the first read of the proof, the note of the proof.</summary>
    public static TheoryData<string, string, string?> Deaths() => new()
    {
        { "dc2", "EnsureFenced", null },
        { "dc2", "OpenVmDisk", "compare disks" },
        { "dc3", "EnsureStamp", "prove" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Deaths))]
    public async Task The_next_run_finishes_the_proof_at_the_second_target(string site, string call, string? step)
    {
        var world = await DiedAsync(site, call, step);
        var starts = world.World.Watches().Values.Single().Starts;
        await DriveAsync(world, Rehearsal.Spec(to: "dc3"));
        await world.AssertRunsAtAsync("dc3");
        Assert.Equal(starts, world.World.Watches().Values.Single().Starts);
        Assert.Equal("dc3", Assert.Single((await world.ObserveAsync(Rehearsal.Spec())).Copies).Site.Name);
        await GoesHomeAsync(world);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Deaths))]
    public async Task Where_the_first_target_is_wished_again_it_comes_back_there_with_what_it_wrote(string site, string call, string? step)
    {
        var world = await DiedAsync(site, call, step);
        await DriveAsync(world, Rehearsal.Spec());
        await world.AssertRunsAtAsync("dc2");
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Equal("dc2", Assert.Single(seen.Copies).Site.Name);
        Assert.All(seen.PlacedDisks, placed => Assert.Equal("dc2", placed.Site.Name));
        await GoesHomeAsync(world);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Deaths))]
    public async Task Where_it_is_to_go_home_it_comes_home_with_what_it_wrote_at_both(string site, string call, string? step)
    {
        var world = await DiedAsync(site, call, step);
        await GoesHomeAsync(world);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Deaths))]
    public async Task Where_only_the_disks_are_wished_any_more_it_runs_at_home_and_they_stay_at_the_first_target(string site, string call, string? step)
    {
        var world = await DiedAsync(site, call, step);
        await DriveAsync(world, Rehearsal.Spec(MigrationGoal.Replicated));
        await world.AssertRunsAtAsync("dc1");
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Empty(seen.Copies);
        Assert.All(seen.PlacedDisks, placed => Assert.Equal("dc2", placed.Site.Name));
        Assert.Equal(2, seen.PlacedDisks.Length);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_way_back_that_dies_with_the_VM_off_on_both_sides_is_finished_too(bool moveOn)
    {
        var world = await DiedAsync("dc2", "OpenVmDisk", "compare disks");
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Rehearsal.Spec(), faults: ("dc3", new Fault { Kind = FaultKind.Crash, Call = "EnsureOff", Moment = FaultMoment.After })));
        world.Time.Advance(TimeSpan.FromMinutes(3));
        if (moveOn)
        {
            // Whatever is wished now, what it wrote at dc3 counts.
            await DriveAsync(world, Rehearsal.Spec(to: "dc3"));
            await world.AssertRunsAtAsync("dc3");
        }
        else
        {
            await DriveAsync(world, Rehearsal.Spec());
            await world.AssertRunsAtAsync("dc2");
        }

        await GoesHomeAsync(world);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_way_back_home_that_dies_with_the_VM_off_on_both_sides_loses_nothing_either()
    {
        var world = new Rehearsal();
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var live = Rehearsal.Spec() with { Mode = MigrationMode.Live };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            live, faults: ("dc1", new Fault { Kind = FaultKind.Crash, Call = "OpenVmDisk", Step = "compare disks", Moment = FaultMoment.Before })));
        world.Time.Advance(TimeSpan.FromMinutes(3));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            live, removal: true, faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "EnsureOff", Moment = FaultMoment.After })));
        world.Time.Advance(TimeSpan.FromMinutes(3));

        // It is taken back, since without its memory it cannot go on from where it was; then the same run moves it.
        var (before, outcome) = await world.DriveAsync(live);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal("take live move back", outcome!.Done[0].Name);
        Assert.Equal(before.Plan!.Steps.Select(taken => taken.Name), outcome.Done.Select(taken => taken.Name));
        await world.AssertRunsAtAsync("dc2");
        await GoesHomeAsync(world);
    }

    private static async Task<Rehearsal> DiedAsync(string site, string call, string? step)
    {
        var world = new Rehearsal();
        world.Time.Advance(TimeSpan.FromSeconds(20));
        await DriveAsync(world, Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Rehearsal.Spec(to: "dc3") with { Mode = MigrationMode.Live },
            faults: (site, new Fault { Kind = FaultKind.Crash, Call = call, Step = step, Moment = FaultMoment.Before })));

        // It serves its clients there meanwhile, and the dead run's lease runs out.
        world.Time.Advance(TimeSpan.FromMinutes(3));
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Equal("dc2", seen.Current?.Site.Name);
        Assert.Equal("dc3", Assert.Single(seen.StrayCopies).Site.Name);
        return world;
    }

    private static async Task GoesHomeAsync(Rehearsal world)
    {
        world.Time.Advance(TimeSpan.FromSeconds(20));
        await DriveAsync(world, Rehearsal.Spec(), removal: true);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    private static async Task DriveAsync(Rehearsal world, MigrationSpec spec, bool removal = false)
    {
        var (before, outcome) = await world.DriveAsync(spec, removal);
        Assert.False(before.IsBlocked, string.Join(" ", before.Findings.Select(finding => finding.Message)));
        Assert.True(outcome?.Failed is null, $"{outcome?.Failed?.Name}: {outcome?.Why}");
    }
}
