using VmMigrate.Platforms.Simulator;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class SimulatedTimeTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_thousand_waits_of_an_hour_pass_at_once()
    {
        var time = new SimulatedTime();
        var start = time.GetUtcNow();

        await time.RunAsync(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await Task.Delay(TimeSpan.FromHours(1), time);
            }
        });

        Assert.Equal(TimeSpan.FromHours(1000), time.GetUtcNow() - start);
    }

    [Fact(Timeout = 30_000)]
    public async Task Waits_end_in_the_order_of_their_time_and_limits_strike_only_when_they_are_due()
    {
        var time = new SimulatedTime();
        var seen = new List<string>();

        await time.RunAsync(async () =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90), time);
            async Task WaitAsync(string name, int seconds)
            {
                try
                {
                    await Task.Delay(TimeSpan.FromSeconds(seconds), time, limit.Token);
                    seen.Add(name);
                }
                catch (OperationCanceledException)
                {
                    seen.Add($"{name} was too late");
                }
            }

            await Task.WhenAll(WaitAsync("third", 60), WaitAsync("first", 1), WaitAsync("fourth", 100), WaitAsync("second", 59));
        });

        Assert.Equal(["first", "second", "third", "fourth was too late"], seen);
    }

    [Fact(Timeout = 30_000)]
    public async Task Work_on_a_thread_of_the_pool_is_not_overtaken_by_a_limit()
    {
        var time = new SimulatedTime();

        var done = await time.RunAsync(async () =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromHours(1), time);
            await Task.Run(() => Thread.Sleep(1)).WaitAsync(limit.Token);
            return !limit.IsCancellationRequested;
        });

        Assert.True(done);
    }

    [Fact]
    public void Advance_fires_what_falls_due_and_nothing_else()
    {
        var time = new SimulatedTime();
        var fired = 0;
        using var periodic = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5));
        using var stopped = time.CreateTimer(_ => Assert.Fail("disposed"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        stopped.Dispose();

        time.Advance(TimeSpan.FromSeconds(21));

        Assert.Equal(3, fired);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_exception_comes_out_as_it_is()
    {
        var time = new SimulatedTime();

        await Assert.ThrowsAsync<InvalidOperationException>(() => time.RunAsync(async () =>
        {
            await Task.Delay(TimeSpan.FromDays(1), time);
            throw new InvalidOperationException("so be it");
        }));
    }
}
