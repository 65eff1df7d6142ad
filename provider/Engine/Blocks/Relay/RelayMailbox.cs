using System.Buffers;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>Frames of one channel that have come and were not taken. Bounded: a peer may only answer what was asked.</summary>
internal sealed class RelayMailbox(int most)
{
    private readonly Queue<RelayFrame> _frames = new();
    private readonly object _gate = new();
    private bool _isClosed;

    internal bool IsAborted { get; private set; }

    internal bool IsIdle
    {
        get
        {
            lock (_gate)
                return _frames.Count == 0;
        }
    }

    /// <returns>False when there are too many.</returns>
    internal bool Put(RelayFrame frame)
    {
        lock (_gate)
        {
            if (_isClosed || _frames.Count >= most)
            {
                ArrayPool<byte>.Shared.Return(frame.Wire);
                return _isClosed;
            }

            _frames.Enqueue(frame);
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <returns>False when none came in time, or the connection is over or the owner's work aborted; what had come before is given first.</returns>
    internal bool TryTake(TimeSpan limit, out RelayFrame frame)
    {
        lock (_gate)
        {
            while (!_frames.TryDequeue(out frame))
            {
                if (_isClosed || IsAborted || !Monitor.Wait(_gate, limit))
                    return false;
            }

            return !IsAborted;
        }
    }

    internal bool TryTakeNow(out RelayFrame frame)
    {
        lock (_gate)
            return _frames.TryDequeue(out frame);
    }

    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    internal void Abort()
    {
        lock (_gate)
        {
            IsAborted = true;
            Monitor.PulseAll(_gate);
        }
    }
}
