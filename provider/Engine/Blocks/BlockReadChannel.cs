namespace VmMigrate.Engine.Blocks;

/// <summary>One stream of read requests to a disk, used by one thread.</summary>
public abstract class BlockReadChannel : IDisposable
{
    /// <summary>Requests submitted and not yet delivered in full.</summary>
    public abstract int Outstanding { get; }

    /// <summary>The largest length for <see cref="Submit"/>, a multiple of a leaf.</summary>
    public virtual int MaxRequestBytes => 32 << 20;

    /// <summary>The most requests that may be outstanding.</summary>
    public virtual int MaxOutstanding => 32;

    /// <summary>Asks for a range. It starts at a multiple of a leaf, and ends at one or at the disk's end.</summary>
    public abstract void Submit(long offset, int lengthBytes);

    /// <summary>Leaves can be digested where the disk is, so that what is known or only to be compared need not cross a link: <see cref="SubmitUnless"/>.</summary>
    public virtual bool DigestsLeaves(DigestAlgorithm algorithm) => false;

    /// <summary>As <see cref="Submit"/>, but the content of a leaf is only delivered when its digest is not the one known here; otherwise its digest is.</summary>
    /// <param name="known">One digest for each leaf of the range; empty: only digests are wanted.</param>
    public virtual void SubmitUnless(long offset, int lengthBytes, DigestAlgorithm algorithm, ReadOnlySpan<byte> known) => throw new NotSupportedException();

    /// <summary>Delivers the next piece of any outstanding request. Requests may be served in any order; within one, pieces ascend and cover it exactly.</summary>
    /// <exception cref="BlockException">The block cannot be read, the other side is gone, silent beyond the limit, or talks nonsense.</exception>
    public abstract BlockPiece Receive(BlockBuffer buffer);

    /// <summary>Adds what is known about the range from <paramref name="offset"/> on: at least one extent, ascending, without gaps, at most up to the range's end. Only while nothing is outstanding.</summary>
    public virtual void Extents(long offset, long lengthBytes, List<AllocationExtent> into) =>
        into.Add(new AllocationExtent(offset, lengthBytes, IsZero: false));

    /// <summary>From any thread: make the blocked call of the owner fail soon. The channel is of no more use.</summary>
    public abstract void Abort();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
