namespace VmMigrate.Platforms.Simulator.Disks;

internal enum LeafKind : byte
{
    /// <summary>Never written: what the disk had at first.</summary>
    Untouched,

    /// <summary>Kept byte by byte.</summary>
    Kept,

    Zero,

    /// <summary>A <see cref="LeafPattern"/> of some seed.</summary>
    Pattern,
}

internal readonly record struct LeafEntry(LeafKind Kind, ulong Seed);

/// <summary>What was written to a disk, leaf by leaf of 64 KiB. Safe for several threads that write different leaves.</summary>
internal abstract class LeafStore : IDisposable
{
    /// <summary>Leaves are looked up in pages of this many: 16 MiB of disk.</summary>
    internal const int PageLeaves = 256;

    /// <summary>Copies the entries of a page; false when none of its leaves was ever written.</summary>
    internal abstract bool ReadPage(long page, Span<LeafEntry> into);

    internal abstract LeafEntry Find(long leaf);

    /// <summary>Reads a leaf of kind <see cref="LeafKind.Kept"/>.</summary>
    internal abstract void ReadKept(long leaf, Span<byte> into);

    internal abstract void Keep(long leaf, ReadOnlySpan<byte> content);

    /// <param name="entry">Of kind <see cref="LeafKind.Zero"/> or <see cref="LeafKind.Pattern"/>.</param>
    internal abstract void Set(long leaf, LeafEntry entry);

    internal abstract void Delete();

    /// <summary>Writes everything to another store, which is empty.</summary>
    /// <param name="lengthOf">The length of a leaf: the last one may be shorter.</param>
    internal void CopyTo(LeafStore other, long leaves, Func<long, int> lengthOf)
    {
        var entries = new LeafEntry[PageLeaves];
        var content = new byte[LeafPattern.LeafBytes];
        for (var page = 0L; page * PageLeaves < leaves; page++)
        {
            if (!ReadPage(page, entries))
            {
                continue;
            }

            for (var leaf = page * PageLeaves; leaf < Math.Min(leaves, (page + 1) * PageLeaves); leaf++)
            {
                var entry = entries[leaf % PageLeaves];
                if (entry.Kind == LeafKind.Kept)
                {
                    var whole = content.AsSpan(0, lengthOf(leaf));
                    ReadKept(leaf, whole);
                    other.Keep(leaf, whole);
                }
                else if (entry.Kind != LeafKind.Untouched)
                {
                    other.Set(leaf, entry);
                }
            }
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
