using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class ConvergenceTests
{
    private const long GiB = 1L << 30;
    private const long MiB = 1L << 20;

    [Fact]
    public void A_last_round_that_fits_the_outage_means_cut_over()
    {
        var now = Predict([new(100 * GiB, Seconds(1000)), new(2 * GiB, Seconds(20))], 50 * MiB, 20, maxDowntime: 10, fixedDowntime: 5);
        Assert.Equal(ConvergenceVerdict.CutOver, now.Verdict);
        Assert.InRange(now.PredictedLastRound.TotalSeconds, 0.4, 0.6);
    }

    [Fact]
    public void Rounds_go_on_while_they_shrink()
    {
        var now = Predict([new(100 * GiB, Seconds(1000))], 5 * GiB, 1000, maxDowntime: 10, fixedDowntime: 1);
        Assert.Equal(ConvergenceVerdict.AnotherRound, now.Verdict);
        Assert.InRange(now.PredictedLastRound.TotalSeconds, 49, 52);
    }

    [Fact]
    public void A_guest_that_writes_faster_than_the_link_is_told_with_both_rates()
    {
        var now = Predict([new(100 * GiB, Seconds(1000)), new(80 * GiB, Seconds(800))], 90 * GiB, 800, maxDowntime: 10, fixedDowntime: 1);
        Assert.Equal(ConvergenceVerdict.DoesNotConverge, now.Verdict);
        Assert.InRange(now.DirtyBytesPerSecond / MiB, 115, 116);
        Assert.InRange(now.LinkBytesPerSecond!.Value / MiB, 102, 103);
    }

    [Fact]
    public void An_outage_shorter_than_its_fixed_parts_can_never_be_kept() =>
        Assert.Equal(ConvergenceVerdict.DoesNotConverge, Predict([new(GiB, Seconds(10))], MiB, 10, maxDowntime: 3, fixedDowntime: 4).Verdict);

    [Fact]
    public void Nothing_dirty_fits_any_outage_that_has_room_for_the_fixed_parts() =>
        Assert.Equal(ConvergenceVerdict.CutOver, Predict([new(GiB, Seconds(10))], 0, 10, maxDowntime: 5, fixedDowntime: 4).Verdict);

    [Fact]
    public void Rounds_come_to_an_end() =>
        Assert.Equal(ConvergenceVerdict.DoesNotConverge, Predict([.. Enumerable.Repeat(new CopyRound(GiB, Seconds(10)), 5)], GiB / 2, 10, maxDowntime: 1, fixedDowntime: 0, maxRounds: 5).Verdict);

    [Fact]
    public void A_simulated_guest_that_can_be_caught_is_caught_and_one_that_cannot_is_given_up()
    {
        foreach (var (dirtyRate, expected) in new[] { (20.0 * MiB, ConvergenceVerdict.CutOver), (95.0 * MiB, ConvergenceVerdict.DoesNotConverge) })
        {
            var link = 100.0 * MiB;
            var rounds = new List<CopyRound>();
            double dirty = 40 * GiB;
            var verdict = ConvergenceVerdict.AnotherRound;
            while (verdict == ConvergenceVerdict.AnotherRound)
            {
                var seconds = (dirty / link) + 0.2;
                rounds.Add(new CopyRound((long)dirty, Seconds(seconds)));
                dirty = Math.Min(dirtyRate * seconds, 10.0 * GiB);
                verdict = Predict(rounds, (long)dirty, seconds, maxDowntime: 3, fixedDowntime: 1, maxRounds: 20).Verdict;
            }

            Assert.Equal(expected, verdict);
            Assert.True(rounds.Count < 20);
        }
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static ConvergencePrediction Predict(IReadOnlyList<CopyRound> rounds, long dirty, double since, double maxDowntime, double fixedDowntime, int maxRounds = 30) =>
        Convergence.Predict(rounds, dirty, Seconds(since), Seconds(maxDowntime), Seconds(fixedDowntime), maxRounds);
}
