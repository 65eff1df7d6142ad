using System.Reflection;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>One migration, one driver.</summary>
public sealed class LeaseTests
{
    private static readonly string Id = MigrationId.Stamp(Rehearsal.Spec().Vm);

    [Fact(Timeout = 60_000)]
    public async Task Of_two_runs_at_once_one_works_and_the_other_says_who_holds_the_migration_since_when()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec();
        var (one, other) = await world.Time.RunAsync(async () =>
        {
            // The first one's guest takes its time, so that the other one comes amid its work.
            var slow = new Fault { Kind = FaultKind.Slow, Call = "EnsureFenced", Duration = TimeSpan.FromSeconds(40) };
            var first = Drive.RunAsync(spec, null, world.Sites(("dc1", slow)), false, world.NewRunner(), world.Time, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
            var second = await Drive.RunAsync(spec, null, world.Sites(("dc1", slow)), false, world.NewRunner(), world.Time, RunEvents.None, default);
            return (await first, second);
        });

        Assert.True(one.Outcome is { Failed: null }, one.Outcome?.Why);
        Assert.Null(other.Outcome);
        var said = Assert.Single(other.Before.Findings, finding => finding.Id == "lease.held");
        Assert.Contains("runner 1, since 00:00:00 UTC", said.Message, StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc2");
        Assert.Null(await world.Sites().Find("dc1")!.FindLeaseAsync(Id, default));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_dead_holders_lease_is_taken_over_after_its_limit()
    {
        var world = new Rehearsal();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(Rehearsal.Spec(), faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "EnsureDefined" })));
        var since = world.Time.GetUtcNow();
        var said = new Sayings();
        var outcome = await world.Time.RunAsync(async () =>
        {
            world.World.Restart();
            return (await Drive.RunAsync(Rehearsal.Spec(), null, world.Sites(), false, world.NewRunner(), world.Time, said, default)).Outcome;
        });
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.InRange(world.Time.GetUtcNow() - since, TimeSpan.FromSeconds(30), HeldLease.Limit + TimeSpan.FromSeconds(60));
        Assert.Contains("from runner 1", Assert.Single(said.Said), StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc2");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(600)]
    [InlineData(-600)]
    public async Task A_holder_that_lives_is_not_taken_over_by_a_machine_whose_clock_is_wrong(int seconds)
    {
        var world = new Rehearsal();
        var (one, other) = await world.Time.RunAsync(async () =>
        {
            var slow = new Fault { Kind = FaultKind.Slow, Call = "EnsureFenced", Duration = TimeSpan.FromSeconds(90) };
            var first = Drive.RunAsync(Rehearsal.Spec(), null, world.Sites(("dc1", slow)), false, world.NewRunner(), world.Time, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
            var wrong = new WrongClock(world.Time, TimeSpan.FromSeconds(seconds));
            var second = await Drive.RunAsync(Rehearsal.Spec(), null, world.Sites(("dc1", slow)), false, world.NewRunner(), wrong, RunEvents.None, default);
            return (await first, second);
        });

        Assert.True(one.Outcome is { Failed: null, TakenOver: false }, one.Outcome?.Why);
        Assert.Contains(other.Before.Findings, finding => finding.Id == "lease.held");
        await world.AssertRunsAtAsync("dc2");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_holder_whose_clock_was_set_back_is_seen_to_live()
    {
        var world = new Rehearsal();
        var (one, other) = await world.Time.RunAsync(async () =>
        {
            var slow = new Fault { Kind = FaultKind.Slow, Call = "EnsureFenced", Duration = TimeSpan.FromSeconds(90) };
            var clock = new WrongClock(world.Time, TimeSpan.Zero);
            var first = Drive.RunAsync(Rehearsal.Spec(), null, world.Sites(("dc1", slow)), false, world.NewRunner(), clock, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
            clock.Offset = TimeSpan.FromHours(-1);
            var second = await Drive.RunAsync(Rehearsal.Spec(), null, world.Sites(("dc1", slow)), false, world.NewRunner(), world.Time, RunEvents.None, default);
            return (first.IsCompleted, second);
        });

        Assert.False(one, "the other run has waited for the holder's end");
        Assert.Contains(other.Before.Findings, finding => finding.Id == "lease.held");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_holder_that_comes_back_too_late_is_refused_at_its_next_write_and_takes_nothing_back()
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec();
        var late = await world.Time.RunAsync(async () =>
        {
            // It stands still at its fence for longer than its lease, as a suspended machine would: its renewals hang too.
            (string, Fault)[] faults =
            [
                ("dc1", new Fault { Kind = FaultKind.Slow, Call = "EnsureFenced", Duration = TimeSpan.FromMinutes(5) }),
                ("dc1", new Fault { Kind = FaultKind.Hang, Call = "TrySetLease", Nth = 2, Duration = TimeSpan.FromMinutes(5) }),
            ];
            var first = Drive.RunAsync(spec, null, world.Sites(faults), false, world.NewRunner(), world.Time, RunEvents.None, default);
            await Task.Delay(TimeSpan.FromMinutes(2), world.Time);
            world.World.Restart();
            var second = await Drive.RunAsync(spec, null, world.Sites(faults), false, world.NewRunner(), world.Time, RunEvents.None, default);
            Assert.True(second.Outcome is { Failed: null }, string.Join(" ", second.Before.Findings) + second.Outcome?.Why);
            return await first;
        });

        Assert.True(late.Outcome is { TakenOver: true, UndoFailed: false }, late.Outcome?.Why);
        Assert.Contains("another run took the migration over and has ended", late.Outcome!.Why, StringComparison.Ordinal);
        await world.AssertRunsAtAsync("dc2");
        Assert.Equal(FenceState.Standing, (await world.ObserveAsync(spec)).HomeFence);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_lease_is_given_back_after_a_failure_too()
    {
        var world = new Rehearsal();
        var (_, outcome) = await world.DriveAsync(Rehearsal.Spec(), faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "EnsureDefined", Times = 0 }));
        Assert.NotNull(outcome!.Failed);
        Assert.Null(await world.Sites().Find("dc1")!.FindLeaseAsync(Id, default));
    }

    [Fact]
    public void Every_call_of_a_site_is_under_the_lease()
    {
        var own = typeof(LeasedSite).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(method => method.GetBaseDefinition().ToString()).ToHashSet();
        Assert.All(
            typeof(Site).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(method => method.IsVirtual && !method.IsFinal),
            method => Assert.Contains(method.GetBaseDefinition().ToString(), own));
    }

    [Fact(Timeout = 60_000)]
    public async Task No_disk_that_a_run_has_open_comes_back_after_it_was_taken_over()
    {
        var world = new Rehearsal();
        var refused = await world.Time.RunAsync(async () =>
        {
            var home = world.Sites().Find("dc1")!;
            var id = (await home.FindByNameAsync(Rehearsal.VmName, default)).Single().Id;
            var (lease, _) = await HeldLease.TakeAsync(home, Id, world.NewRunner(), "", world.Time, RunEvents.None, default);
            await using var held = lease!;
            var site = new LeasedSite(home, held);
            await using var round = await site.OpenRoundAsync(new RoundRequest(id, Id, "r1", null, Quiesce: false), default);
            await using var disk = await round.OpenDiskAsync("vda", default);
            await disk.MayReopen(default);
            await home.TrySetLeaseAsync(Id, (await home.FindLeaseAsync(Id, default))!.Token, null, default);
            return await Record.ExceptionAsync(() => disk.MayReopen(default));
        });
        Assert.IsType<LeaseLostException>(refused);
    }

    [Fact]
    public void A_run_under_a_lease_keeps_to_the_limits_that_its_sites_share()
    {
        var sites = new Rehearsal().Sites();
        var site = sites.Find("dc1")!;
        using var limits = new CopyLimits(TimeProvider.System, TimeZoneInfo.Utc);
        site.CopyLimits = limits;
        site.DiskSlots.Most = 1;

        var leased = new LeasedSite.Book(sites, null!).Find("dc1")!;

        Assert.IsType<LeasedSite>(leased);
        Assert.Same(limits, leased.CopyLimits);
        Assert.Same(site.DiskSlots, leased.DiskSlots);
    }

    [Fact]
    public async Task A_process_that_has_ended_is_known_to_be_dead_and_one_that_runs_is_not()
    {
        Assert.False(RunnerIdentity.IsDead(RunnerIdentity.This.Process));
        Assert.False(RunnerIdentity.IsDead(""));
        var parts = RunnerIdentity.This.Process.Split('/');
        using var child = System.Diagnostics.Process.Start("true");
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(RunnerIdentity.IsDead(string.Join('/', parts[0], parts[1], child.Id, parts[3])));

        // The same number, started at another time, is another process; another machine's cannot be told.
        Assert.True(RunnerIdentity.IsDead(string.Join('/', parts[0], parts[1], parts[2], "1")));
        Assert.False(RunnerIdentity.IsDead(string.Join('/', Guid.NewGuid(), parts[1], child.Id, parts[3])));
    }

    private sealed class Sayings : RunEvents
    {
        internal List<string> Said { get; } = [];

        public override void Status(string phase, string line)
        {
        }

        public override void Say(Engine.Checks.Severity severity, string message) => Said.Add(message);
    }
}
