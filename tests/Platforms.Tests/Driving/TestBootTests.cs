using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Goal Tested: a clone of the copied disks boots apart from everything while the source runs on, and leaves nothing but a note.</summary>
public sealed class TestBootTests
{
    private static readonly string[] Test = ["boot test clone", "prove test", "remove test clone"];

    [Theory(Timeout = 60_000)]
    [InlineData(MigrationMode.Cold)]
    [InlineData(MigrationMode.Warm)]
    public async Task A_clone_boots_and_is_removed_while_the_source_runs_untouched(MigrationMode mode)
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec(MigrationGoal.Tested) with { Mode = mode };
        var (before, outcome) = await world.DriveAsync(spec);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome!.Done.Select(step => step.Name));
        Assert.Equal(Test, outcome.Done.TakeLast(3).Select(step => step.Name));
        Assert.DoesNotContain(world.World.Events, happened => happened.Site == "dc1" && happened.What is "shut down" or "asked to shut down");
        await world.AssertRunsAtAsync("dc1");
        await AssertTestedAsync(world);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_replica_is_as_it_was_after_its_clone_has_run_and_a_cutover_goes_on_from_it()
    {
        var world = new Rehearsal(new GuestOptions { BytesPerSecond = 1 << 10 });
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Tested))).Outcome!.Failed);
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.True(outcome is { Failed: null }, outcome?.Why);

        // The clone wrote into its own disks only: little differs between the replica and the source.
        Assert.InRange(before.Run!.Transferred, 1, 1 << 20);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_replica_that_was_tested_is_not_tested_again_and_a_lower_goal_keeps_it()
    {
        var world = new Rehearsal();
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Tested))).Outcome!.Failed);
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Tested))).Before.Plan!.Kind);
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated))).Before.Plan!.Kind);
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(), removal: true)).Outcome!.Failed);
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_lives_at_the_target_comes_home_first_and_is_tested_in_the_same_run()
    {
        var world = new Rehearsal();
        Assert.Null((await world.DriveAsync(Rehearsal.Spec())).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var (_, outcome) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Tested));
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(Test, outcome!.Done.TakeLast(3).Select(step => step.Name));
        await world.AssertRunsAtAsync("dc1");
        await AssertTestedAsync(world);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_clone_that_does_not_come_up_fails_the_run_is_removed_and_costs_the_source_nothing()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec(MigrationGoal.Tested) with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1))] };
        var (_, outcome) = await world.DriveAsync(spec, faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Times = 0 }));
        Assert.Equal("prove test", outcome!.Failed?.Name);
        var seen = await world.ObserveAsync(spec);
        Assert.Empty(seen.Clones);
        Assert.Null(TestedNote.Read(seen.Home!.Stamp));
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_clone_is_another_machine_linked_to_nothing_and_one_that_a_killed_run_left_goes_first()
    {
        var world = new Rehearsal();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Rehearsal.Spec(MigrationGoal.Tested), faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "EnsureRunning", Moment = FaultMoment.After })));
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        var clone = Assert.Single(seen.Clones).Vm;
        Assert.Equal(PowerState.Running, clone.Power);
        Assert.NotEqual(seen.Home!.Id, clone.Id);
        Assert.NotEqual(seen.Home.Name, clone.Name);
        Assert.Empty(clone.Nics);
        Assert.All(clone.Disks, disk => Assert.DoesNotContain(seen.PlacedDisks, placed => placed.Disk.Location == disk.Location));

        world.Time.Advance(TimeSpan.FromMinutes(3));
        var (_, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Equal("remove test clone", outcome!.Done[0].Name);
        await world.AssertRunsAtAsync("dc2");
        Assert.Empty((await world.ObserveAsync(Rehearsal.Spec())).Clones);
    }

    [Fact(Timeout = 60_000)]
    public async Task Gates_over_the_network_are_left_out_and_said_so_and_a_test_without_any_gate_is_refused()
    {
        var world = new Rehearsal();
        var tcp = new ProbeSpec(ProbeKind.Tcp, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1)) { Port = 22 };
        var spec = Rehearsal.Spec(MigrationGoal.Tested);
        var (some, outcome) = await world.DriveAsync(spec with { Probes = [.. spec.Probes, tcp] });
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Contains(some.Findings, finding => finding.Id == "request.goal.test-gates" && finding.Message.StartsWith("1 of 2", StringComparison.Ordinal) && finding.Message.Contains("TCP guest:22", StringComparison.Ordinal));
        var (none, _) = await new Rehearsal().DriveAsync(spec with { Probes = [tcp] });
        Assert.True(none.IsBlocked);
        Assert.Contains(none.Findings, finding => finding.Id == "request.goal.test-gates");
    }

    /// <summary>The replica that is there was tested, and nothing else is left of the test.</summary>
    internal static async Task AssertTestedAsync(Rehearsal world)
    {
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        Assert.Empty(seen.Clones);
        Assert.True(TestedNote.IsUpToDate(seen.Home!.Stamp));
        Assert.Contains("guest agent answered", TestedNote.Read(seen.Home.Stamp)!.Guest, StringComparison.Ordinal);
        Assert.Equal(2, seen.PlacedDisks.Length);
        Assert.Empty(seen.Copies);
        var facts = await world.Time.RunAsync(() => world.Sites().Find("dc2")!.DescribeAsync(CancellationToken.None));
        Assert.Empty(facts.Vms);
    }
}
