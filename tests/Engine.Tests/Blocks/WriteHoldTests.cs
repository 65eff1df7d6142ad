using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Steps;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class WriteHoldTests
{
    private const long MiB = 1L << 20;

    [Fact]
    public void A_guest_is_held_to_half_of_what_the_link_carries_and_then_to_half_of_that()
    {
        var hold = new WriteHold();
        Assert.True(hold.Tighten(Seen(dirty: 30, link: 8)));
        Assert.Equal(4 * MiB, hold.BytesPerSecond);
        Assert.True(hold.Tighten(Seen(dirty: 7.5, link: 8)));
        Assert.Equal(2 * MiB, hold.BytesPerSecond);
    }

    [Fact]
    public void Writes_that_mark_more_than_they_are_are_held_back_by_what_they_mark()
    {
        // 4 KiB each in blocks of 64 KiB: sixteen times.
        var hold = new WriteHold();
        hold.Tighten(Seen(dirty: 100, link: 8));
        Assert.True(hold.Tighten(Seen(dirty: 64, link: 8)));
        Assert.Equal(MiB / 4, hold.BytesPerSecond);
    }

    [Fact]
    public void It_ends_at_a_floor()
    {
        var hold = new WriteHold();
        var steps = 0;
        while (hold.Tighten(Seen(dirty: 9, link: 8)))
        {
            steps++;
        }

        Assert.Equal(WriteHold.Least, hold.BytesPerSecond);
        Assert.InRange(steps, 2, 12);
    }

    [Fact]
    public void A_link_that_carries_nothing_leaves_the_floor() => Assert.True(new WriteHold().Tighten(new ConvergencePrediction(ConvergenceVerdict.DoesNotConverge, TimeSpan.MaxValue, MiB, null)));

    private static ConvergencePrediction Seen(double dirty, double link) => new(ConvergenceVerdict.DoesNotConverge, TimeSpan.FromSeconds(60), dirty * MiB, link * MiB);
}
