using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class FaultTests
{
    private static CancellationToken Cancellation => TestWorld.Cancellation;

    [Fact(Timeout = 30_000)]
    public async Task The_second_call_is_refused_with_the_declared_kind()
    {
        var test = new TestWorld(faults: new Fault { Kind = FaultKind.Refuse, Call = "Describe", Nth = 2, Error = PlatformErrorKind.Unreachable });

        await test.Dc1.DescribeAsync(Cancellation);
        var error = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.DescribeAsync(Cancellation));
        await test.Dc1.DescribeAsync(Cancellation);

        Assert.Equal(PlatformErrorKind.Unreachable, error.Kind);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_hanging_call_ends_with_its_limit()
    {
        var test = new TestWorld(faults: new Fault { Kind = FaultKind.Hang, Call = "Describe" });

        await test.Time.RunAsync(async () =>
        {
            var before = test.Time.GetUtcNow();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10), test.Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Dc1.DescribeAsync(limit.Token));
            Assert.Equal(TimeSpan.FromMinutes(10), test.Time.GetUtcNow() - before);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_lie_does_nothing_and_a_lost_reply_does_everything()
    {
        var test = new TestWorld(faults: [
            new Fault { Kind = FaultKind.Lie, Call = "EnsureStamp" },
            new Fault { Kind = FaultKind.LoseReply, Call = "EnsureStamp" }]);
        var id = (await test.WebAsync()).Id;
        var stamp = new Stamp(TestWorld.Migration, StampRole.Source);

        await test.Dc1.EnsureStampAsync(id, stamp, Cancellation);
        Assert.Null((await test.WebAsync()).Stamp);

        var error = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.EnsureStampAsync(id, stamp, Cancellation));
        Assert.Equal(PlatformErrorKind.Lost, error.Kind);
        Assert.Equal(TestWorld.Migration, (await test.WebAsync()).Stamp!.MigrationId);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(FaultMoment.Before, FenceState.None)]
    [InlineData(FaultMoment.Inside, FenceState.Broken)]
    [InlineData(FaultMoment.After, FenceState.Standing)]
    public async Task A_runner_dies_at_the_declared_moment_and_does_nothing_more(FaultMoment moment, FenceState left)
    {
        var fault = new Fault { Kind = FaultKind.Crash, Call = "EnsureFenced", Moment = moment };
        var test = new TestWorld(faults: fault);
        await test.Time.RunAsync(async () =>
        {
            var id = (await test.WebAsync()).Id;
            await test.Dc1.EnsureOffAsync(id, TimeSpan.FromMinutes(1), force: false, Cancellation);

            await Assert.ThrowsAsync<SimulatedCrashException>(() => test.Dc1.EnsureFencedAsync(id, TestWorld.Migration, Cancellation));
            await Assert.ThrowsAsync<SimulatedCrashException>(() => test.Dc1.DescribeAsync(Cancellation));
            await Assert.ThrowsAsync<SimulatedCrashException>(() => test.Dc2.DescribeAsync(Cancellation));

            var next = test.World.Open("dc1", TestWorld.Small with { Faults = [fault] });
            Assert.Equal(left, await next.InspectFenceAsync(id, TestWorld.Migration, Cancellation));
            await next.EnsureFencedAsync(id, TestWorld.Migration, Cancellation);
            Assert.Equal(FenceState.Standing, await next.InspectFenceAsync(id, TestWorld.Migration, Cancellation));
            await next.EnsureUnfencedAsync(id, TestWorld.Migration, Cancellation);
            Assert.True((await next.InspectAsync(id, Cancellation))!.Autostart.Value);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_fault_can_be_about_one_step()
    {
        var test = new TestWorld(faults: new Fault { Kind = FaultKind.Refuse, Step = "Fence*" });
        await test.Dc1.DescribeAsync(Cancellation);

        using (new Activity("Fence source").Start())
        {
            await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.DescribeAsync(Cancellation));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Chances_are_the_same_for_the_same_seed()
    {
        async Task<string> RunAsync(long seed)
        {
            var test = new TestWorld(source: TestWorld.Small with { Seed = seed }, faults: new Fault { Kind = FaultKind.Refuse, Call = "Describe", Probability = 0.3, Times = 0 });
            for (var i = 0; i < 100; i++)
            {
                await Record.ExceptionAsync(() => test.Dc1.DescribeAsync(Cancellation));
            }

            return string.Concat(test.World.Calls.Select(call => call.Outcome == "ok" ? '.' : 'x'));
        }

        var first = await RunAsync(7);

        Assert.Equal(first, await RunAsync(7));
        Assert.NotEqual(first, await RunAsync(8));
        Assert.InRange(first.Count(c => c == 'x'), 15, 45);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_guest_that_does_not_boot_runs_without_answering()
    {
        var test = new TestWorld(faults: new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Vm = "web" });
        await test.Time.RunAsync(async () =>
        {
            var id = (await test.WebAsync()).Id;
            await test.Dc1.EnsureOffAsync(id, TimeSpan.FromMinutes(1), force: false, Cancellation);
            await test.Dc1.EnsureRunningAsync(id, Cancellation);
            await Task.Delay(TimeSpan.FromMinutes(10), test.Time);

            Assert.Equal(PowerState.Running, (await test.WebAsync()).Power);
            Assert.False(await test.Dc1.PingAgentAsync(id, Cancellation));
            Assert.Contains("Kernel panic", await test.Dc1.ReadConsoleAsync(id, Cancellation), StringComparison.Ordinal);
        });
    }

    [Theory(Timeout = 60_000)]
    [InlineData(FaultKind.Refuse, BlockErrorKind.ReadFailed)]
    [InlineData(FaultKind.LoseReply, BlockErrorKind.Lost)]
    public async Task A_copy_meets_a_fault_in_the_middle_of_its_blocks(FaultKind kind, BlockErrorKind expected)
    {
        var test = new TestWorld(faults: new Fault { Kind = kind, Call = "ReadBlocks", Nth = 5 });

        var error = await Assert.ThrowsAsync<BlockException>(() => test.Time.RunAsync(test.MoveAsync));

        Assert.Equal(expected, error.Kind);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_write_that_is_acknowledged_and_not_done_is_found_by_reading_back()
    {
        var test = new TestWorld(target: new() { Faults = [new Fault { Kind = FaultKind.Lie, Call = "WriteBlocks", Nth = 5 }] });

        var error = await Assert.ThrowsAsync<BlockException>(() => test.Time.RunAsync(test.MoveAsync));

        Assert.Equal(BlockErrorKind.Mismatch, error.Kind);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_pool_ends_a_copy_with_no_space()
    {
        var test = new TestWorld(target: new() { Pools = [new() { Name = "fast", CapacityBytes = 512 << 10 }] });

        var error = await Assert.ThrowsAsync<BlockException>(() => test.Time.RunAsync(test.MoveAsync));

        Assert.Equal(BlockErrorKind.NoSpace, error.Kind);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_runner_that_dies_while_copying_leaves_the_disk_to_the_next()
    {
        var test = new TestWorld(target: new() { Faults = [new Fault { Kind = FaultKind.Crash, Call = "WriteBlocks", Nth = 3, Moment = FaultMoment.After }] });

        await Assert.ThrowsAsync<SimulatedCrashException>(() => test.Time.RunAsync(test.MoveAsync));

        var next = new TestWorld(test.World);
        var id = await next.Time.RunAsync(next.MoveAsync);
        Assert.Equal(0, next.World.CheckJournal("dc2", id).Lost);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_link_takes_the_world_s_time_and_none_of_ours()
    {
        var test = new TestWorld(source: TestWorld.Small with { BytesPerSecond = 64 << 10 });
        var start = test.Time.GetUtcNow();

        await test.Time.RunAsync(test.MoveAsync);

        // Two disks of 1 MiB of data at 64 KiB/s.
        Assert.InRange((test.Time.GetUtcNow() - start).TotalSeconds, 30, 45);
    }
}
