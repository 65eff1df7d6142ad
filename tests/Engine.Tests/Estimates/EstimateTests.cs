using System.Collections.Immutable;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Tests.Estimates;

public sealed class EstimateTests
{
    private static readonly RunRecord _record = new(
        MigrationMode.Cold, "5f1c9a02-77b0e4d1", new DateTimeOffset(2026, 11, 25, 21, 0, 0, TimeSpan.Zero), 2,
        [new("stop VM", 2.1, 0), new("copy disks", 1.93, 29255680), new("prove", 7.25, 0)]);

    [Fact]
    public void A_record_reads_back_as_it_was_written_and_is_short()
    {
        var text = _record.Write();
        Assert.Equal("1 Cold 5f1c9a02-77b0e4d1 2026-11-25T21:00:00Z 2;stop VM 2.1;copy disks 1.93 29255680;prove 7.25", text);
        var read = RunRecord.Read(text)!;
        Assert.Equal(_record with { Steps = [] }, read with { Steps = [] });
        Assert.Equal(_record.Steps, read.Steps);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2 Cold a-b 2026-11-25T21:00:00Z 1;prove 1")]
    [InlineData("1 Cold a-b 2026-11-25T21:00:00Z 1;prove")]
    [InlineData("1 Warp a-b 2026-11-25T21:00:00Z 1")]
    [InlineData("1 Cold a-b yesterday 1;prove 1")]
    public void What_is_no_record_is_none(string? note) => Assert.Null(RunRecord.Read(note));

    [Fact]
    public void A_model_of_many_sizes_finds_what_is_paid_per_disk_and_what_per_byte()
    {
        var samples = Enumerable.Range(1, 12)
            .Select(i => new CopyModel.Sample(i * 100_000_000L, 1 + (i % 3), (0.8 * (1 + (i % 3))) + (i * 100_000_000L / 50e6)))
            .ToImmutableArray();
        var model = CopyModel.Fit(samples)!;
        Assert.Equal(0.8, model.SecondsPerDisk, 0.01);
        Assert.Equal(50e6, model.BytesPerSecond, 0.5e6);
        Assert.InRange(model.Of(2_000_000_000, 2).Time, 41, 42.2);
    }

    [Fact]
    public void With_one_run_the_rate_is_that_runs_and_the_range_is_wide()
    {
        var model = CopyModel.Fit([new(50_000_000, 1, 1)])!;
        var (time, low, high) = model.Of(100_000_000, 1);
        Assert.Equal(2, time, 0.001);
        Assert.True(low < 1.5 && high > 2.5, $"{low} to {high}");
    }

    [Fact]
    public void Without_a_run_there_is_no_model() => Assert.Null(CopyModel.Fit([]));

    [Fact]
    public void A_forecast_says_what_it_rests_on()
    {
        Assert.StartsWith("assumed", new Forecast(RunHistory.None, MigrationMode.Cold, null).Basis, StringComparison.Ordinal);
        Assert.StartsWith("declared: 95.4 MiB/s", new Forecast(RunHistory.None, MigrationMode.Cold, 100e6).Basis, StringComparison.Ordinal);
        var there = new RunHistory("5f1c9a02-77b0e4d1", [("a", _record)]);
        Assert.StartsWith("recorded: the last run between these sites copied 14.5 MiB/s", new Forecast(there, MigrationMode.Cold, 100e6).Basis, StringComparison.Ordinal);
        Assert.Contains("in the other direction", new Forecast(there with { Route = "77b0e4d1-5f1c9a02" }, MigrationMode.Cold, null).Basis, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, 9, "6–9 s")]
    [InlineData(12, 15, "12–15 s")]
    [InlineData(50, 80, "50 s–1 min 20 s")]
    [InlineData(12, 12.1, "12 s")]
    public void A_range_is_written_as_people_write_it(double low, double high, string text) =>
        Assert.Equal(text, new TimeRange(TimeSpan.FromSeconds(low), TimeSpan.FromSeconds(high)).ToString());
}
