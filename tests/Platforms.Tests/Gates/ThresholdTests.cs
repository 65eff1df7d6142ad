using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Tests.Driving;

namespace VmMigrate.Platforms.Tests.Gates;

public sealed class ThresholdTests
{
    [Fact(Timeout = 60_000)]
    public async Task Five_failures_every_30_seconds_give_a_gate_up_before_its_timeout_and_the_VM_runs_at_home_with_the_copy_kept()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec() with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromHours(1), TimeSpan.FromSeconds(30)) { Failures = 5 }] };
        var since = world.Time.GetUtcNow();
        var (_, outcome) = await world.DriveAsync(spec, faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Times = 0 }));
        Assert.Equal("prove", outcome!.Failed?.Name);
        Assert.Contains("given up after 5 failures in a row", outcome.Why, StringComparison.Ordinal);
        Assert.Contains("the guest agent does not answer (5 failures in a row)", outcome.Why, StringComparison.Ordinal);
        Assert.InRange(world.Time.GetUtcNow() - since, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(180));
        await world.AssertRunsAtAsync("dc1");
        Assert.Equal(2, (await world.ObserveAsync(spec)).PlacedDisks.Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_that_answers_and_falls_silent_again_has_not_passed_three_times_in_a_row()
    {
        var world = new Rehearsal(new GuestOptions { Boot = TimeSpan.Zero, Shutdown = TimeSpan.FromSeconds(1) });
        var spec = Rehearsal.Spec() with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1)) { Successes = 3 }] };
        var (before, outcome) = await world.DriveAsync(spec, faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Agent", Nth = 3, Times = 1 }));
        Assert.Contains("guest agent answers 3 times in a row", before.Plan!.Steps[^1].Describe(before.Run!), StringComparison.Ordinal);
        Assert.True(outcome is { Failed: null }, outcome?.Why);

        // Two answers, one silence, three answers.
        Assert.Contains("3 times after 5 s", before.Run!.Guest, StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_goes_off_while_it_is_to_be_seen_alive_is_not_waited_for_and_runs_at_home()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec() with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromHours(1), TimeSpan.FromSeconds(1))] };
        var since = world.Time.GetUtcNow();
        var (_, outcome) = await world.Time.RunAsync(async () =>
        {
            var run = Drive.RunAsync(
                spec, null, world.Sites(("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Times = 0 })), false, world.NewRunner(), world.Time, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromSeconds(20), world.Time);
            world.World.ByHand.PowerOff("dc2", Rehearsal.VmName);
            return await run;
        });
        Assert.Equal("prove", outcome!.Failed?.Name);
        Assert.Contains("went off at dc2", outcome.Why, StringComparison.Ordinal);
        Assert.InRange(world.Time.GetUtcNow() - since, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1));
        await world.AssertRunsAtAsync("dc1");
    }
}
