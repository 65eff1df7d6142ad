using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class ThrottleTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Several_disks_share_one_limit_to_within_five_percent()
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
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 3.2 * 0.95, 3.2 * 1.05);
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
        var lifted = TimeProvider.System.GetTimestamp();
        throttle.Schedule = BandwidthSchedule.Unlimited;
        await copy;
        Assert.True(TimeProvider.System.GetElapsedTime(lifted).TotalSeconds < 5);
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
}
