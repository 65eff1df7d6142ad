namespace VmMigrate.Engine.Blocks;

/// <summary>One stream of writes to a disk, used by one thread. Writes are numbered from 0 in the order they were submitted.</summary>
public abstract class BlockWriteChannel : IDisposable
{
    /// <summary>How many writes were submitted on this channel so far.</summary>
    public abstract long Submitted { get; }

    /// <summary>Every write with a number below this was acknowledged by the other side.</summary>
    public abstract long Completed { get; }

    /// <summary>Submits a write of the buffer's content. Returns when the buffer may be used again; waits while too much is unacknowledged.</summary>
    /// <exception cref="BlockException">This or an earlier write failed, the other side is gone, silent beyond the limit, or talks nonsense.</exception>
    public abstract void Write(long offset, BlockBuffer buffer);

    /// <summary>Makes a range read as zeroes, without using space where the target can do that.</summary>
    public abstract void WriteZeroes(long offset, long lengthBytes);

    /// <summary>Takes note of acknowledgements that have arrived; does not wait.</summary>
    public virtual void Poll()
    {
    }

    /// <summary>Waits until every submitted write is acknowledged.</summary>
    public abstract void Drain();

    /// <summary>Asks that every write completed so far, on any channel of this disk, becomes stable. Returns the number under which it completes.</summary>
    public abstract long BeginFlush();

    /// <summary>From any thread: make the blocked call of the owner fail soon. The channel is of no more use.</summary>
    public abstract void Abort();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
