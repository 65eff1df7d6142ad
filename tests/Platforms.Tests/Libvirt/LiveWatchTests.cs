using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Simulator;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>What is made of a live migration's figures.</summary>
public sealed class LiveWatchTests
{
    private const long MiB = 1 << 20;

    private readonly SimulatedTime _time = new();

    [Theory]
    [InlineData(false, false, false, "TooFast")]
    [InlineData(true, false, false, "Lift")]
    [InlineData(false, true, false, "PostCopy")]
    [InlineData(false, false, true, "Wait")]
    public void A_guest_that_writes_as_fast_as_it_is_sent_is_treated_as_declared(bool pause, bool postCopy, bool slow, string expected)
    {
        var watch = Watch(pause, postCopy, slow);
        var seen = new List<LiveVerdict>();
        for (var round = 1; round < 60; round++)
        {
            seen.Add(watch.Look(Stats(sent: round * MiB, round, linkMiB: 10, dirtyMiB: 11)));
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        Assert.Equal(expected, seen.Find(verdict => verdict != LiveVerdict.Wait).ToString());
        Assert.Equal(expected == "Lift" ? 1 : 0, seen.Count(verdict => verdict == LiveVerdict.Lift));
    }

    [Fact]
    public void One_that_writes_slower_converges()
    {
        var watch = Watch(pause: false, postCopy: true, slow: false);
        for (var round = 1; round < 60; round++)
        {
            Assert.Equal(LiveVerdict.Wait, watch.Look(Stats(sent: round * MiB, round, linkMiB: 10, dirtyMiB: 8)));
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_over_which_nothing_comes_is_given_up_after_the_declared_patience_and_not_before(bool switched)
    {
        var watch = Watch(pause: false, postCopy: true, slow: false);
        watch.Switched = switched;
        Assert.Equal(LiveVerdict.Wait, watch.Look(Stats(sent: 5 * MiB, 1, 10, 1)));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(LiveVerdict.Wait, watch.Look(Stats(sent: 5 * MiB, 1, 10, 1)));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(LiveVerdict.Wait, watch.Look(Stats(sent: 6 * MiB, 1, 10, 1)));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(LiveVerdict.Stalled, watch.Look(Stats(sent: 6 * MiB, 1, 10, 1)));
    }

    private LiveWatch Watch(bool pause, bool postCopy, bool slow) => new(
        new LiveRequest("vm", "m", null!, TimeSpan.FromSeconds(1), slow, null) { PauseToConverge = pause, PostCopy = postCopy }, TimeSpan.FromSeconds(30), _time);

    private static Dictionary<string, long> Stats(long sent, int round, long linkMiB, long dirtyMiB) => new()
    {
        ["data_total"] = 300 * MiB,
        ["data_processed"] = sent,
        ["memory_iteration"] = round,
        ["memory_bps"] = linkMiB * MiB,
        ["memory_dirty_rate"] = dirtyMiB * MiB / 4096,
        ["memory_page_size"] = 4096,
    };
}
