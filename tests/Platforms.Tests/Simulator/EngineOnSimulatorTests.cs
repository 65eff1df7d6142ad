using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Simulator;

/// <summary>The real engine drives real plans here: what holds together in the simulator holds together.</summary>
public sealed class EngineOnSimulatorTests
{
    private static readonly SiteOptions Source = TestWorld.Small with { DataBytes = 128 << 10, Guest = new() { WorkingSetBytes = 64 << 10 } };

    private static CancellationToken Cancellation => TestWorld.Cancellation;

    [Fact(Timeout = 60_000)]
    public async Task A_declared_vm_moves_and_comes_back_with_nothing_lost_or_left()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        await time.RunAsync(async () =>
        {
            var run = new EngineRun(world, Source, new SiteOptions());
            await run.SucceedAsync(EngineRun.Declare("web"));
            var id = (await run.Find("dc2")!.FindByNameAsync("web", Cancellation)).Single().Id;
            await Task.Delay(TimeSpan.FromMinutes(1), time);
            Assert.Equal(0, world.CheckJournal("dc2", id).Lost);

            await run.SucceedAsync(EngineRun.Declare("web"), removal: true);

            var home = (await run.Find("dc1")!.FindByNameAsync("web", Cancellation)).Single();
            Assert.Equal(PowerState.Running, home.Power);
            Assert.Null(home.Stamp);
            Assert.Empty((await run.Find("dc2")!.DescribeAsync(Cancellation)).Vms);
            var journal = world.CheckJournal("dc1", id);
            Assert.True(journal is { Lost: 0, OnDisk: > 55 } && journal.Damaged.IsEmpty, $"{journal}");
            Assert.Equal(1, world.Watch(id)!.MostRunning);
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_preview_only_reads()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        await time.RunAsync(async () =>
        {
            var preflight = await new EngineRun(world, Source, new SiteOptions()).PreviewAsync(EngineRun.Declare("web"));

            Assert.False(preflight.IsBlocked);
            Assert.NotEmpty(preflight.Plan!.Steps);
            Assert.NotEmpty(world.Calls);
            Assert.DoesNotContain(world.Calls, call => call.Writes);
            Assert.Empty(world.Events);
        });
    }

    [Theory(Timeout = 300_000)]
    [InlineData(FaultMoment.Before, false)]
    [InlineData(FaultMoment.Inside, false)]
    [InlineData(FaultMoment.After, false)]
    [InlineData(FaultMoment.Before, true)]
    [InlineData(FaultMoment.Inside, true)]
    [InlineData(FaultMoment.After, true)]
    public async Task A_runner_that_dies_in_any_call_is_followed_by_one_that_finishes(FaultMoment moment, bool removal)
    {
        await AtEveryCallAsync("dc1", nth => new Fault { Kind = FaultKind.Crash, Nth = nth, Moment = moment }, removal);
        await AtEveryCallAsync("dc2", nth => new Fault { Kind = FaultKind.Crash, Nth = nth, Moment = moment }, removal);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("dc1", FaultKind.LoseReply, false)]
    [InlineData("dc1", FaultKind.LoseReply, true)]
    [InlineData("dc1", FaultKind.Refuse, false)]
    [InlineData("dc1", FaultKind.Refuse, true)]
    [InlineData("dc2", FaultKind.LoseReply, false)]
    [InlineData("dc2", FaultKind.LoseReply, true)]
    [InlineData("dc2", FaultKind.Refuse, false)]
    [InlineData("dc2", FaultKind.Refuse, true)]
    public Task A_call_that_fails_leaves_the_vm_running_and_the_next_run_finishes(string site, FaultKind kind, bool removal) =>
        AtEveryCallAsync(site, nth => new Fault { Kind = kind, Nth = nth, Error = PlatformErrorKind.Busy }, removal);

    [Fact(Timeout = 300_000)]
    public async Task Two_hundred_migrations_at_once_all_arrive()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var source = new SiteOptions { Vms = 200, DataBytes = 1 << 20 };
        var started = TimeProvider.System.GetTimestamp();

        await time.RunAsync(async () =>
        {
            var run = new EngineRun(world, source, source with { Vms = 0, Hosts = [new HostOptions { Name = "big", MemoryBytes = 64L << 40, Cpus = 4096 }] });
            var vms = (await run.Find("dc1")!.DescribeAsync(Cancellation)).Vms;
            await Task.WhenAll(vms.Select(vm => run.SucceedAsync(EngineRun.Declare(vm.Name))));
            Assert.All(world.Watches().Values, watch => Assert.Equal(1, watch.MostRunning));
            foreach (var vm in vms)
            {
                Assert.Equal(0, world.CheckJournal("dc2", vm.Id).Lost);
            }
        });

        var each = TimeProvider.System.GetElapsedTime(started) / 200;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each.TotalMilliseconds:0} ms each, {GC.GetTotalMemory(true) >> 20} MiB at the end");
    }

    private static async Task AtEveryCallAsync(string site, Func<int, Fault> make, bool removal)
    {
        for (var nth = 1; nth < 500; nth++)
        {
            var time = new SimulatedTime();
            var world = new SimulatedWorld(time);
            var fault = make(nth);
            if (!await time.RunAsync(() => FailAndFinishAsync(world, time, site, fault, removal)))
            {
                Assert.True(nth >= 10, $"only {nth} calls");
                return;
            }
        }

        Assert.Fail("A move takes too many calls.");
    }

    /// <returns>False when the fault never struck.</returns>
    private static async Task<bool> FailAndFinishAsync(SimulatedWorld world, SimulatedTime time, string site, Fault fault, bool removal)
    {
        var spec = EngineRun.Declare("web");
        var (source, target) = (Source, new SiteOptions());
        if (removal)
        {
            await new EngineRun(world, source, target).SucceedAsync(spec);
            await Task.Delay(TimeSpan.FromSeconds(20), time);
        }

        // The last try goes without the fault.
        var struck = false;
        var (faultySource, faultyTarget) = site == "dc1" ? (source with { Faults = [fault] }, target) : (source, target with { Faults = [fault] });
        for (var tries = 0; tries < 4; tries++)
        {
            try
            {
                var run = new EngineRun(world, faultySource, faultyTarget);
                var preflight = await run.PreviewAsync(spec, removal);
                var outcome = preflight is { IsBlocked: false, Plan: { } plan, Run: { } prepared }
                    ? await Engine.Driving.GoalSeeker.RunAsync(plan, prepared, Cancellation)
                    : null;
                if (outcome is { Failed: null })
                {
                    // A lost reply is asked for again within the run, and a lost connection is opened again.
                    struck |= world.Calls.Any(call => call.Outcome != "ok") || outcome.Done.Any(step => step.Detail.Contains("opened again", StringComparison.Ordinal));
                    break;
                }

                struck = true;
                Assert.True(outcome?.UndoFailed != true, $"{fault}: {string.Join('\n', outcome?.TakenBack ?? [])}");
                var id = (await RunningAsync(run)).Single();
                Assert.Equal(1, world.Watch(id)?.Running ?? 1);
            }
            catch (SimulatedCrashException)
            {
                struck = true;
            }

            await Task.Delay(TimeSpan.FromSeconds(20), time);
        }

        await CheckEndAsync(world, new EngineRun(world, source, target), fault, removal);
        return struck;
    }

    private static async Task<List<string>> RunningAsync(EngineRun run)
    {
        var running = new List<string>();
        foreach (var name in run.Names)
        {
            // Another runner's eyes: this one's faults are not meant for the test.
            var site = run.World.Open(name, name == "dc1" ? Source : new SiteOptions());
            running.AddRange((await site.FindByNameAsync("web", Cancellation)).Where(vm => vm.Power == PowerState.Running).Select(vm => vm.Id));
        }

        return running;
    }

    private static async Task CheckEndAsync(SimulatedWorld world, EngineRun after, Fault fault, bool removal)
    {
        var (from, to) = (after.Find("dc1")!, after.Find("dc2")!);
        var home = (await from.FindByNameAsync("web", Cancellation)).Single();
        var copies = await to.FindByNameAsync("web", Cancellation);
        var migration = Engine.Driving.MigrationId.Stamp(new Engine.Spec.VmReference("dc1", "web", null));
        var disks = await to.FindStampedDisksAsync(migration, Cancellation);
        if (removal)
        {
            Assert.True(home.Power == PowerState.Running && home.Stamp is null && copies.IsEmpty && disks.IsEmpty, $"{fault}: {home.Power}, {home.Stamp}, {copies.Length} copies, {disks.Length} disks");
        }
        else
        {
            Assert.True(copies.Length == 1 && copies[0].Power == PowerState.Running && disks.Length == 2, $"{fault}: {copies.Length} copies, {disks.Length} disks");
            Assert.Equal(FenceState.Standing, await from.InspectFenceAsync(home.Id, migration, Cancellation));
        }

        var journal = world.CheckJournal(removal ? "dc1" : "dc2", home.Id);
        Assert.True(journal.Lost == 0 && journal.Damaged.IsEmpty, $"{fault}: {journal}");
        Assert.Equal(1, world.Watch(home.Id)!.MostRunning);
    }
}
