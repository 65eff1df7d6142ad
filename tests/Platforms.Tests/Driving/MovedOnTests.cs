using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>The VM has moved on from one target to another, the copy at the first could not be removed, and then a hand takes the VM away at the second: the old copy is not taken for the VM.</summary>
public sealed class MovedOnTests
{
    private const int Limit = 60_000;

    private static readonly MigrationSpec On = Rehearsal.Spec(to: "dc3");

    private readonly Rehearsal _world = new();

    /// <summary>The removal refused at its begin, and cut off between the lifting of the old copy's fence and its end.</summary>
    public static TheoryData<string, FaultKind, FaultMoment, MigrationMode> Removals() => new()
    {
        { "EnsureOff", FaultKind.Refuse, FaultMoment.Before, MigrationMode.Live },
        { "EnsureOff", FaultKind.Refuse, FaultMoment.Before, MigrationMode.Cold },
        { "EnsureRemoved", FaultKind.Crash, FaultMoment.Before, MigrationMode.Warm },
    };

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Removals))]
    public async Task Where_its_disks_are_left_it_is_defined_again_on_them_and_loses_nothing(string call, FaultKind kind, FaultMoment moment, MigrationMode mode)
    {
        await MovedOnAsync(call, kind, moment, mode, keepDisks: true);
        await DriveAsync(On);
        await _world.AssertRunsAtAsync("dc3");
        Assert.Equal("dc3", Assert.Single((await _world.ObserveAsync(On)).Copies).Site.Name);
        _world.Time.Advance(TimeSpan.FromSeconds(20));
        await DriveAsync(On, removal: true);
        await _world.AssertRunsAtAsync("dc1");
        await _world.AssertNoTracesAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Where_the_first_target_is_wished_again_it_goes_there_with_what_it_has_written()
    {
        await MovedOnAsync("EnsureOff", FaultKind.Refuse, FaultMoment.Before, MigrationMode.Live, keepDisks: true);
        await DriveAsync(Rehearsal.Spec());
        await _world.AssertRunsAtAsync("dc2");
        Assert.Equal("dc2", Assert.Single((await _world.ObserveAsync(On)).Copies).Site.Name);
    }

    [Fact(Timeout = Limit)]
    public async Task A_way_back_is_refused_while_its_disks_are_left_unless_they_are_given_up()
    {
        await MovedOnAsync("EnsureOff", FaultKind.Refuse, FaultMoment.Before, MigrationMode.Cold, keepDisks: true);
        var (before, outcome) = await _world.DriveAsync(On with { Goal = MigrationGoal.Validated });
        Assert.Null(outcome);
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.copy-undefined");
        await DriveAsync(On with { Goal = MigrationGoal.Validated, Rollback = RollbackChanges.Discard });
        await _world.AssertRunsAtAsync("dc1", lossless: false);
        await _world.AssertNoTracesAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return, 1)]
    [InlineData(DriftResponse.Adopt, 0)]
    [InlineData(DriftResponse.Ignore, 0)]
    public async Task Where_it_was_deleted_with_its_disks_it_comes_from_the_old_copy_only_where_that_is_declared(DriftResponse response, int running)
    {
        await MovedOnAsync("EnsureOff", FaultKind.Refuse, FaultMoment.Before, MigrationMode.Cold, keepDisks: false);
        var (before, outcome) = await _world.DriveAsync(On with { OnDrift = response });
        Assert.Equal(DriftKind.Deleted, Assert.Single(Drift.Find(before.Run!)).Kind);
        Assert.Null(outcome!.Failed);
        Assert.Equal(running, _world.World.Watches().Values.Single().Running);
        if (running > 0)
        {
            // As it was when it left dc2, which is more than home has.
            await _world.AssertRunsAtAsync("dc3", lossless: false);
            Assert.Equal("dc3", Assert.Single((await _world.ObserveAsync(On)).Copies).Site.Name);
        }
    }

    private async Task MovedOnAsync(string call, FaultKind kind, FaultMoment moment, MigrationMode mode, bool keepDisks)
    {
        _world.Time.Advance(TimeSpan.FromSeconds(20));
        await DriveAsync(Rehearsal.Spec());
        _world.Time.Advance(TimeSpan.FromSeconds(20));
        var fault = ("dc2", new Fault { Kind = kind, Call = call, Step = "remove old copy", Moment = moment, Error = Engine.Contracts.PlatformErrorKind.Refused });
        if (kind == FaultKind.Crash)
        {
            await Assert.ThrowsAsync<SimulatedCrashException>(() => _world.DriveAsync(On with { Mode = mode }, faults: fault));
        }
        else
        {
            Assert.Equal("remove old copy", (await _world.DriveAsync(On with { Mode = mode }, faults: fault)).Outcome!.Failed?.Name);
        }

        // It serves its clients meanwhile, and a dead run's lease runs out.
        _world.Time.Advance(TimeSpan.FromMinutes(3));
        await _world.AssertRunsAtAsync("dc3");
        _world.World.ByHand.Delete("dc3", Rehearsal.VmName, keepDisks);
    }

    private async Task DriveAsync(MigrationSpec spec, bool removal = false)
    {
        var (before, outcome) = await _world.DriveAsync(spec, removal);
        Assert.False(before.IsBlocked, string.Join(" ", before.Findings.Select(finding => finding.Message)));
        Assert.True(outcome?.Failed is null, $"{outcome?.Failed?.Name}: {outcome?.Why}");
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome!.Done.Select(step => step.Name));
    }
}
