using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What a look at a live migration's job asks for.</summary>
internal enum LiveVerdict
{
    Wait,

    /// <summary>The limit of the pause is lifted, as declared.</summary>
    Lift,

    /// <summary>The guest changes sides before its memory, as declared.</summary>
    PostCopy,

    /// <summary>It writes as fast as its memory is sent, and nothing else is declared.</summary>
    TooFast,

    /// <summary>Nothing has come over for longer than a lost link may stay away.</summary>
    Stalled,
}

/// <summary>Judges a live migration by its job's figures, one look after the other.</summary>
internal sealed class LiveWatch(LiveRequest request, TimeSpan patience, TimeProvider time)
{
    /// <summary>A guest that has written nearly as fast as its memory was sent for so long will go on doing so.</summary>
    private static readonly TimeSpan StandsStill = TimeSpan.FromSeconds(15);

    /// <summary>Where that costs nothing but the pages that are sent once more, there is less to wait for.</summary>
    private static readonly TimeSpan StandsStillForPostCopy = TimeSpan.FromSeconds(5);

    private bool _lifted;
    private long? _behindSince;
    private long _movedAt = time.GetTimestamp();
    private (long Sent, long Round, long Total) _last;

    /// <summary>The guest runs at its new host and its memory follows: there is no way back any more.</summary>
    internal bool Switched { get; set; }

    internal double LinkBytesPerSecond { get; private set; }

    internal double DirtyBytesPerSecond { get; private set; }

    /// <param name="stats">By libvirt's names.</param>
    internal LiveVerdict Look(Dictionary<string, long> stats)
    {
        (LinkBytesPerSecond, DirtyBytesPerSecond) = (stats.GetValueOrDefault("memory_bps"), stats.GetValueOrDefault("memory_dirty_rate") * stats.GetValueOrDefault("memory_page_size"));
        var now = (stats.GetValueOrDefault("data_processed"), stats.GetValueOrDefault("memory_iteration"), stats.GetValueOrDefault("data_total"));
        if (now != _last)
        {
            (_last, _movedAt) = (now, time.GetTimestamp());
        }
        else if (time.GetElapsedTime(_movedAt) > patience)
        {
            return LiveVerdict.Stalled;
        }

        var behind = !Switched && now.Item2 > 2 && LinkBytesPerSecond > 0 && DirtyBytesPerSecond >= 0.9 * LinkBytesPerSecond;
        _behindSince = behind ? _behindSince ?? time.GetTimestamp() : null;
        if (_behindSince is not { } since || _lifted || request.AutoConverge || time.GetElapsedTime(since) < (request.PostCopy ? StandsStillForPostCopy : StandsStill))
        {
            return LiveVerdict.Wait;
        }

        if (request.PostCopy)
        {
            return LiveVerdict.PostCopy;
        }

        _lifted = request.PauseToConverge;
        return _lifted ? LiveVerdict.Lift : LiveVerdict.TooFast;
    }
}
