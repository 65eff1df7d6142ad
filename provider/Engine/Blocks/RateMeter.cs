namespace VmMigrate.Engine.Blocks;

/// <summary>The pace of the last seconds, from totals noted now and then.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(long At, long Transferred)> _notes = new();
    private readonly long _started = time.GetTimestamp();

    /// <summary>Bytes per second over the window, and how long the rest will take at the pace since the start.</summary>
    internal (double BytesPerSecond, TimeSpan? Left) Note(long transferred, long settled, long total)
    {
        var now = time.GetTimestamp();
        if (_notes.Count == 0)
            _notes.Enqueue((_started, 0));
        _notes.Enqueue((now, transferred));
        while (_notes.Count > 2 && time.GetElapsedTime(_notes.Peek().At, now) > Window)
            _notes.Dequeue();
        var (at, then) = _notes.Peek();
        var seconds = time.GetElapsedTime(at, now).TotalSeconds;
        var sinceStart = time.GetElapsedTime(_started, now);
        TimeSpan? left = settled > 0 && total > settled ? sinceStart * ((double)(total - settled) / settled) : settled >= total ? TimeSpan.Zero : null;
        return (seconds > 0 ? (transferred - then) / seconds : 0, left);
    }
}
