using VmMigrate.Engine.Blocks;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>A disk's content: runs of made-up data at first, then whatever was written.</summary>
internal sealed class SimulatedDisk
{
    internal const int LeafBytes = LeafPattern.LeafBytes;

    // A disk in use has its data in several places, so that copying by extents has something to skip.
    private const int MostRuns = 8;

    private readonly ulong _seed;
    private readonly LeafStore _store;
    private readonly (long First, long End)[] _runs;

    internal SimulatedDisk(DiskState disk, LeafStore store)
    {
        _seed = disk.Seed;
        _store = store;
        LengthBytes = disk.LengthBytes;
        Leaves = (disk.LengthBytes + LeafBytes - 1) / LeafBytes;
        _runs = disk.Seed == 0 ? [] : Runs(disk);
    }

    internal long LengthBytes { get; }

    internal long Leaves { get; }

    /// <summary>Bytes of whole leaves that are not known to be zeroes.</summary>
    internal static long FirstAllocation(DiskState disk) =>
        disk.Seed == 0 ? 0 : Runs(disk).Sum(run => run.End - run.First) * LeafBytes;

    internal int LengthOf(long leaf) => (int)Math.Min(LeafBytes, LengthBytes - (leaf * LeafBytes));

    internal bool IsZero(long leaf) => IsZero(leaf, _store.Find(leaf));

    /// <param name="into">Exactly <see cref="LengthOf"/> bytes.</param>
    /// <returns>False when they are zeroes and nothing was written to <paramref name="into"/>.</returns>
    internal bool ReadLeaf(long leaf, Span<byte> into)
    {
        var entry = _store.Find(leaf);
        switch (entry.Kind)
        {
            case LeafKind.Kept:
                _store.ReadKept(leaf, into);
                return true;
            case LeafKind.Pattern:
                LeafPattern.Fill(entry.Seed, leaf, into);
                return true;
            case LeafKind.Untouched when HadData(leaf):
                LeafPattern.Fill(_seed, leaf, into);
                return true;
            default:
                return false;
        }
    }

    internal void Read(long offset, Span<byte> into)
    {
        var scratch = new byte[LeafBytes];
        foreach (var (leaf, start, length, at) in Pieces(offset, into.Length))
        {
            var whole = scratch.AsSpan(0, LengthOf(leaf));
            if (ReadLeaf(leaf, whole))
            {
                whole.Slice(start, length).CopyTo(into[at..]);
            }
            else
            {
                into.Slice(at, length).Clear();
            }
        }
    }

    /// <returns>By how many bytes the allocation grew; negative when it shrank.</returns>
    internal long Write(long offset, ReadOnlySpan<byte> content)
    {
        long grown = 0;
        var scratch = new byte[LeafBytes];
        foreach (var (leaf, start, length, at) in Pieces(offset, content.Length))
        {
            var piece = content.Slice(at, length);
            if (length == LengthOf(leaf))
            {
                grown += WriteLeaf(leaf, piece, scratch);
                continue;
            }

            var whole = new byte[LengthOf(leaf)];
            ReadLeaf(leaf, whole);
            piece.CopyTo(whole.AsSpan(start));
            grown += WriteLeaf(leaf, whole, scratch);
        }

        return grown;
    }

    /// <param name="content">A whole leaf.</param>
    /// <param name="scratch">At least a leaf.</param>
    internal long WriteLeaf(long leaf, ReadOnlySpan<byte> content, Span<byte> scratch)
    {
        var was = IsZero(leaf);
        if (content.IndexOfAnyExcept((byte)0) < 0)
        {
            return was ? 0 : Zero(leaf);
        }

        if (LeafPattern.TryRecognise(leaf, content, scratch, out var seed))
        {
            _store.Set(leaf, new LeafEntry(LeafKind.Pattern, seed));
        }
        else
        {
            _store.Keep(leaf, content);
        }

        return was ? LeafBytes : 0;
    }

    /// <summary>Overwrites a whole leaf with made-up data.</summary>
    internal long WritePattern(long leaf, ulong seed)
    {
        var was = IsZero(leaf);
        _store.Set(leaf, new LeafEntry(LeafKind.Pattern, seed));
        return was ? LeafBytes : 0;
    }

    internal long WriteZeroes(long offset, long lengthBytes)
    {
        long grown = 0;
        foreach (var extent in Extents(offset, lengthBytes))
        {
            // Only what is not zero yet: a range of a terabyte costs no more than what lies in it.
            for (var at = extent.Offset; !extent.IsZero && at < extent.Offset + extent.LengthBytes;)
            {
                var leaf = at / LeafBytes;
                var end = Math.Min(extent.Offset + extent.LengthBytes, (leaf * LeafBytes) + LengthOf(leaf));
                grown += end - at == LengthOf(leaf) ? Zero(leaf) : Write(at, new byte[end - at]);
                at = end;
            }
        }

        return grown;
    }

    /// <summary>Ascending runs without gaps over the range.</summary>
    internal IEnumerable<(long Offset, long LengthBytes, bool IsZero)> Extents(long offset, long lengthBytes)
    {
        var end = offset + lengthBytes;
        var entries = new LeafEntry[LeafStore.PageLeaves];
        long from = offset;
        bool? zero = null;
        for (var leaf = offset / LeafBytes; leaf * LeafBytes < end;)
        {
            var page = leaf / LeafStore.PageLeaves;
            var written = _store.ReadPage(page, entries);
            var pageEnd = Math.Min((page + 1) * LeafStore.PageLeaves, (end + LeafBytes - 1) / LeafBytes);
            if (!written)
            {
                // Go on in steps of what the first content gives, without looking at every leaf.
                var (same, until) = FirstContent(leaf, pageEnd);
                if (zero is { } before && before != same)
                {
                    yield return (from, (leaf * LeafBytes) - from, before);
                    from = leaf * LeafBytes;
                }

                zero = same;
                leaf = until;
                continue;
            }

            for (; leaf < pageEnd; leaf++)
            {
                var isZero = IsZero(leaf, entries[leaf % LeafStore.PageLeaves]);
                if (zero is { } before && before != isZero)
                {
                    yield return (from, (leaf * LeafBytes) - from, before);
                    from = leaf * LeafBytes;
                }

                zero = isZero;
            }
        }

        if (zero is { } last && end > from)
        {
            yield return (from, end - from, last);
        }
    }

    /// <summary>Counts what is allocated by looking.</summary>
    internal long CountAllocated() => Extents(0, LengthBytes).Where(extent => !extent.IsZero).Sum(extent => (extent.LengthBytes + LeafBytes - 1) / LeafBytes * LeafBytes);

    /// <summary>Makes another disk of the same length equal to this one.</summary>
    internal void CopyTo(SimulatedDisk other)
    {
        other.WriteZeroes(0, other.LengthBytes);
        var content = new byte[LeafBytes];
        var scratch = new byte[LeafBytes];
        foreach (var extent in Extents(0, LengthBytes))
        {
            for (var leaf = extent.Offset / LeafBytes; !extent.IsZero && leaf * LeafBytes < extent.Offset + extent.LengthBytes; leaf++)
            {
                var whole = content.AsSpan(0, LengthOf(leaf));
                if (ReadLeaf(leaf, whole))
                {
                    other.WriteLeaf(leaf, whole, scratch);
                }
            }
        }
    }

    /// <summary>Where this disk differs from an earlier state of it.</summary>
    internal ExtentSet ChangedSince(SimulatedDisk earlier)
    {
        var changed = new ExtentSet.Builder();
        var (now, then) = (new LeafEntry[LeafStore.PageLeaves], new LeafEntry[LeafStore.PageLeaves]);
        for (var page = 0L; page * LeafStore.PageLeaves < Leaves; page++)
        {
            // Not short-circuited: both have to fill their entries.
            if (!(_store.ReadPage(page, now) | earlier._store.ReadPage(page, then)))
            {
                continue;
            }

            for (var leaf = page * LeafStore.PageLeaves; leaf < Math.Min(Leaves, (page + 1) * LeafStore.PageLeaves); leaf++)
            {
                var (a, b) = (now[leaf % LeafStore.PageLeaves], then[leaf % LeafStore.PageLeaves]);
                if (a != b || (a.Kind == LeafKind.Kept && !SameKept(earlier, leaf)))
                {
                    changed.Add(leaf * LeafBytes, LengthOf(leaf));
                }
            }

            Array.Clear(now);
            Array.Clear(then);
        }

        // What a disk has grown by counts as changed.
        if (LengthBytes > earlier.LengthBytes)
        {
            var start = earlier.LengthBytes / LeafBytes * LeafBytes;
            return changed.Build().Union(ExtentSet.Of([new Extent(start, LengthBytes - start)]));
        }

        return changed.Build();
    }

    private bool SameKept(SimulatedDisk earlier, long leaf)
    {
        var (a, b) = (new byte[LengthOf(leaf)], new byte[earlier.LengthOf(leaf)]);
        _store.ReadKept(leaf, a);
        earlier._store.ReadKept(leaf, b);
        return a.AsSpan().SequenceEqual(b);
    }

    /// <summary>Of a leaf that is not zero.</summary>
    private long Zero(long leaf)
    {
        _store.Set(leaf, new LeafEntry(LeafKind.Zero, 0));
        return -LeafBytes;
    }

    private bool IsZero(long leaf, LeafEntry entry) =>
        entry.Kind == LeafKind.Zero || (entry.Kind == LeafKind.Untouched && !HadData(leaf));

    private bool HadData(long leaf)
    {
        foreach (var (first, end) in _runs)
        {
            if (leaf >= first && leaf < end)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the first content is zero at a leaf, and up to which leaf that stays so (not beyond the limit).</summary>
    private (bool Zero, long Until) FirstContent(long leaf, long limit)
    {
        foreach (var (first, end) in _runs)
        {
            if (leaf < first)
            {
                return (true, Math.Min(first, limit));
            }

            if (leaf < end)
            {
                return (false, Math.Min(end, limit));
            }
        }

        return (true, limit);
    }

    private IEnumerable<(long Leaf, int Start, int Length, int At)> Pieces(long offset, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - lengthBytes);
        for (var at = 0; at < lengthBytes;)
        {
            var leaf = (offset + at) / LeafBytes;
            var start = (int)((offset + at) % LeafBytes);
            var length = Math.Min(LeafBytes - start, lengthBytes - at);
            yield return (leaf, start, length, at);
            at += length;
        }
    }

    private static (long First, long End)[] Runs(DiskState disk)
    {
        var leaves = (disk.LengthBytes + LeafBytes - 1) / LeafBytes;
        var data = Math.Min(leaves, (disk.DataBytes + LeafBytes - 1) / LeafBytes);
        if (data == 0)
        {
            return [];
        }

        var runs = (int)Math.Min(MostRuns, data);
        var segment = leaves / runs;
        var found = new (long First, long End)[runs];
        for (var i = 0; i < runs; i++)
        {
            var length = (data * (i + 1) / runs) - (data * i / runs);
            length = Math.Min(length, i == runs - 1 ? leaves - (segment * i) : segment);
            var room = (i == runs - 1 ? leaves - (segment * i) : segment) - length;

            // The first run starts at 0, where a real disk has its partition table.
            var shift = i == 0 || room <= 0 ? 0 : (long)(Mixing.Mix(disk.Seed, (ulong)i) % (ulong)(room + 1));
            found[i] = ((segment * i) + shift, (segment * i) + shift + length);
        }

        return found;
    }
}
