using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class ThrottleTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(40L * MiB, 64 << 10)]
    [InlineData(3_000_000L, 512 << 10)]
    [InlineData(25_000_000L, 4096)]
    public void What_goes_in_a_time_is_the_limit_to_within_five_percent(long bytesPerSecond, int piece)
    {
        var time = new HurryingTime();
        var throttle = new Throttle(BandwidthSchedule.Constant(bytesPerSecond), time, TimeZoneInfo.Utc);
        var started = time.GetTimestamp();
        var sent = 0L;
        for (; sent < 20 * bytesPerSecond; sent += piece)
            throttle.Take(piece, Stop);
        Assert.InRange(sent / time.GetElapsedTime(started).TotalSeconds, bytesPerSecond * 0.95, bytesPerSecond * 1.05);
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_disks_together_do_not_go_beyond_one_limit()
    {
        var throttle = new Throttle(BandwidthSchedule.Constant(40 * MiB), TimeProvider.System, TimeZoneInfo.Utc);
        using var budget = new CopyBudget(16 * MiB);
        var sources = Enumerable.Range(0, 4).Select(i => new MemoryDisk($"source {i}", 32 * MiB)).ToArray();
        foreach (var source in sources)
            source.Write(0, Scratch.Noise(1, 32 * MiB));
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(sources.Select(async source =>
        {
            await BlockCopier.CopyAsync(source.Reader(), new MemoryDisk("target", 32 * MiB).Writer(), new CopyOptions { Throttle = throttle, Budget = budget, TargetIsZero = true }, null, Stop);
        }));

        // No bound from above: that would be the machine's own speed.
        Assert.True(TimeProvider.System.GetElapsedTime(started).TotalSeconds > 3.2 * 0.95, "More than the limit went through.");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_limit_that_is_changed_counts_at_once()
    {
        var throttle = new Throttle(BandwidthSchedule.Constant(MiB), TimeProvider.System, TimeZoneInfo.Utc);
        var source = new MemoryDisk("source", 200 * MiB);
        source.Write(0, Scratch.Noise(1, 200 * MiB));
        var copy = BlockCopier.CopyAsync(source.Reader(), new MemoryDisk("target", 200 * MiB).Writer(), new CopyOptions { Throttle = throttle, TargetIsZero = true }, null, Stop);
        await Task.Delay(1000, Stop);
        Assert.False(copy.IsCompleted);
        throttle.Schedule = BandwidthSchedule.Unlimited;

        // At the old limit this would take more than three minutes, and the test's own limit would end it.
        await copy;
    }

    [Theory]
    [InlineData("200 Mbit/s", "12:00", 25_000_000L)]
    [InlineData("08:00-18:00: 200 Mbit/s", "08:00", 25_000_000L)]
    [InlineData("08:00-18:00: 200 Mbit/s", "17:59", 25_000_000L)]
    [InlineData("08:00-18:00: 200 Mbit/s", "18:00", null)]
    [InlineData("08:00-18:00: 200 Mbit/s; 1 Gbit/s", "20:00", 125_000_000L)]
    [InlineData("22:00-06:00: 50 MiB/s; 06:00-22:00: 10 MiB/s", "02:00", 50L * MiB)]
    [InlineData("22:00-06:00: unlimited; 10 MiB/s", "23:00", null)]
    public void A_timetable_says_what_counts_when(string text, string time, long? expected) =>
        Assert.Equal(expected, BandwidthSchedule.Parse(text).At(TimeOnly.Parse(time, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("200")]
    [InlineData("08:00-18:00")]
    [InlineData("08:00-08:00: 1 Mbit/s")]
    [InlineData("25:00-26:00: 1 Mbit/s")]
    [InlineData("08:00-18:00: 1 Mbit/s; 17:00-19:00: 2 Mbit/s")]
    [InlineData("1 Mbit/s; 2 Mbit/s")]
    [InlineData("-5 Mbit/s")]
    public void What_is_no_timetable_is_refused(string text) => Assert.Throws<FormatException>(() => BandwidthSchedule.Parse(text));

    /// <summary>Waiting takes no time: the clock goes on by what was waited for.</summary>
    private sealed class HurryingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _now += Math.Max(0, dueTime.Ticks);
            return TimeProvider.System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
