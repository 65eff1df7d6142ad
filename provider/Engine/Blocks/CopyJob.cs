using System.Numerics;

namespace VmMigrate.Engine.Blocks;

/// <summary>What the workers of one copy share: which chunk comes next, and what is settled.</summary>
/// <remarks>
/// <code>
/// source's extents ─► window ─┐
/// ranges asked for ───────────┴► masks of leaves, chunk by chunk ─► Take ─► worker ─► Settle ─► digest tree
/// </code>
/// Extents are asked for as the copy goes, at most 64 GiB of disk at a time, so a disk of any size costs the same memory.
/// </remarks>
internal sealed class CopyJob
{
    /// <summary>A run of zero chunks in one piece of work: as long as one request for zeroes.</summary>
    private const int LongestRun = DigestTree.ChunksPerPage;

    /// <summary>How often the source is asked at one go: 64 GiB, where each answer covers 4.</summary>
    private const int MostQuestions = 16;

    /// <summary>With so many extents known, there is enough to do before the next question.</summary>
    private const int EnoughExtents = 1024;

    private readonly Lock _gate = new();
    private readonly Lock _fetching = new();
    private readonly Stack<ChunkWork> _again = new();
    private readonly ExtentSet? _ranges;
    private readonly bool _zeroesNeedWriting;
    private readonly long _length;
    private readonly long _chunks;
    private List<AllocationExtent> _window = [];
    private long _windowStart;
    private long _windowEnd;
    private int _windowAt;
    private long _next;
    private long _settled;
    private long _zero;
    private long _transferred;
    private int _reconnects;
    private long _same;
    private readonly JobDurability? _durability;
    private readonly bool _skipKnown;
    private BlockException? _failure;

    internal CopyJob(
        BlockReader source, BlockWriter? target, long lengthBytes, ExtentSet? ranges, bool zeroesNeedWriting, DigestTree? tree, JobDurability? durability = null,
        DigestTree? seenAtTarget = null, bool skipKnown = false)
    {
        _durability = durability;
        _skipKnown = skipKnown || durability is { IsResumed: true };
        SeenAtTarget = seenAtTarget;
        Source = source;
        Target = target;
        Tree = tree;
        _length = lengthBytes;
        _ranges = ranges?.RoundOut(DigestTree.LeafBytes, lengthBytes);
        _zeroesNeedWriting = zeroesNeedWriting;
        _chunks = (lengthBytes + DigestTree.ChunkBytes - 1) / DigestTree.ChunkBytes;
        TotalBytes = _ranges?.TotalBytes ?? lengthBytes;
    }

    internal enum Taken
    {
        Work,

        /// <summary>Call <see cref="FetchExtents"/> and try again.</summary>
        NeedsExtents,

        /// <summary>Everything is handed out.</summary>
        Nothing,
    }

    internal BlockReader Source { get; }

    internal BlockWriter? Target { get; }

    internal DigestTree? Tree { get; }

    internal long TotalBytes { get; }

    internal long SettledBytes => Volatile.Read(ref _settled);

    internal long ZeroBytes => Volatile.Read(ref _zero);

    internal long SameBytes => Volatile.Read(ref _same);

    /// <summary>The target is looked at before anything is sent to it.</summary>
    internal bool Compare { get; init; }

    /// <summary>Where the target is compared before it is written: the tree of what it was seen to hold, for chunks of which nothing was written.</summary>
    internal DigestTree? SeenAtTarget { get; }

    internal long TransferredBytes => Volatile.Read(ref _transferred);

    internal bool ZeroesNeedWriting => _zeroesNeedWriting;

    /// <summary>The first failure of any worker; it stops all.</summary>
    internal BlockException? Failure
    {
        get
        {
            lock (_gate)
                return _failure;
        }
    }

    internal void Fail(BlockException failure)
    {
        lock (_gate)
            _failure ??= failure;
    }

    internal void AddTransferred(long bytes) => Interlocked.Add(ref _transferred, bytes);

    internal void AddSame(long bytes) => Interlocked.Add(ref _same, bytes);

    internal void AddZero(long bytes) => Interlocked.Add(ref _zero, bytes);

    /// <summary>The next chunk to do.</summary>
    internal Taken Take(out ChunkWork work)
    {
        lock (_gate)
        {
            if (_again.TryPop(out work))
                return Taken.Work;
            while (true)
            {
                var range = 0;
                if (_ranges is not null)
                {
                    range = _ranges.FirstEndingAfter(_next * DigestTree.ChunkBytes);
                    _next = range == _ranges.Count ? _chunks : Math.Max(_next, _ranges[range].Offset / DigestTree.ChunkBytes);
                }

                if (_next >= _chunks)
                {
                    work = default;
                    return Taken.Nothing;
                }

                // Done in an earlier run, or seen already.
                if (_skipKnown && Tree!.IsKnown(_next))
                {
                    _next++;
                    continue;
                }

                var start = _next * DigestTree.ChunkBytes;
                var end = Math.Min(start + DigestTree.ChunkBytes, _length);
                if (start < _windowStart || end > _windowEnd)
                {
                    work = default;
                    return Taken.NeedsExtents;
                }

                var full = Mask(start, start, end);
                var wanted = _ranges is null ? full : Wanted(range, start, end);
                var data = Data(start, end, out var zeroUntil);
                work = new ChunkWork(_next, wanted & data, wanted & ~data);
                if (work.Read == 0 && work.Zero == full)
                    work = work with { Run = RunOfZeroes(range, zeroUntil) };
                _next += work.Run;
                if (work.Read != 0 || _zeroesNeedWriting)
                    return Taken.Work;

                // Nothing to write: the target has these zeroes already.
                var bytes = BytesOf(work);
                AddZero(bytes);
                SettleZeroes(work, bytes);
            }
        }
    }

    /// <summary>Asks the source what is allocated from the next chunk on. The channel must have nothing outstanding.</summary>
    internal void FetchExtents(BlockReadChannel channel)
    {
        lock (_fetching)
        {
            long start, until;
            lock (_gate)
            {
                start = _next * DigestTree.ChunkBytes;
                until = Math.Min(start + DigestTree.ChunkBytes, _length);
                if (start >= _length || (start >= _windowStart && until <= _windowEnd))
                    return;
            }

            var limit = _ranges is { Count: > 0 } ? _ranges[^1].End : _length;
            limit = Math.Max(until, limit);
            var window = new List<AllocationExtent>();
            var at = start;
            // The needed chunk first of all; then further while it costs little, since each later question is a pause in the stream of reads.
            for (var asked = 0; at < until || (at < limit && asked < MostQuestions && window.Count < EnoughExtents); asked++)
            {
                channel.Extents(at, limit - at, window);
                if (window.Count == 0 || window[^1].Offset + window[^1].LengthBytes <= at)
                    throw new BlockException(BlockErrorKind.Protocol, $"{Source.Name}: nothing is said about the disk at offset {at}.", canRetry: false) { Disk = Source.Name, Offset = at };
                at = window[^1].Offset + window[^1].LengthBytes;
            }

            lock (_gate)
            {
                _window = window;
                _windowStart = start;
                _windowEnd = at;
                _windowAt = 0;
            }
        }
    }

    /// <summary>Gives chunks back that were taken and not settled.</summary>
    internal void Again(ChunkWork work)
    {
        lock (_gate)
            _again.Push(work);
    }

    /// <summary>What makes acknowledged chunks stable; null when that waits for the end of the copy.</summary>
    internal JobDurability? Durability => _durability;

    /// <summary>Chunks that were settled before count as done.</summary>
    internal void CountKnown()
    {
        long bytes = 0;
        for (long chunk = 0; chunk < _chunks; chunk++)
        {
            if (!Tree!.IsKnown(chunk))
                continue;
            var start = chunk * DigestTree.ChunkBytes;
            var end = Math.Min(start + DigestTree.ChunkBytes, _length);
            var full = Mask(start, start, end);
            bytes += BytesOf(new ChunkWork(chunk, _ranges is null ? full : Wanted(_ranges.FirstEndingAfter(start), start, end), 0));
        }

        ResumedBytes = bytes;
        Interlocked.Add(ref _settled, bytes);
    }

    internal long ResumedBytes { get; private set; }

    internal int Reconnects => Volatile.Read(ref _reconnects);

    internal void CountReconnect() => Interlocked.Increment(ref _reconnects);

    /// <summary>A chunk was read, and the target acknowledged all of it. False: the record is kept until it is stable.</summary>
    internal bool Acknowledge(ChunkRecord record, int epoch)
    {
        if (_durability is null)
        {
            Settle(record);
            return true;
        }

        if (!_durability.Add(record, BytesOf(record.Work), epoch))
            Again(record.Work);
        return false;
    }

    /// <summary>A chunk counts as done.</summary>
    internal void Settle(ChunkRecord record)
    {
        var work = record.Work;
        var bytes = BytesOf(work);
        if (Tree is { } tree)
        {
            if (work.Read == 0 && (work.Run > 1 || work.Zero == tree.FullMask(work.Chunk)))
                tree.SetZeroChunks(work.Chunk, work.Run);
            else
                tree.SetLeaves(work.Chunk, work.Read | work.Zero, record.Leaves);
        }

        Interlocked.Add(ref _settled, bytes);
    }

    /// <summary>How many bytes of the disk a piece of work is about.</summary>
    internal long BytesOf(ChunkWork work)
    {
        if (work.Run > 1)
            return Math.Min((work.Chunk + work.Run) * DigestTree.ChunkBytes, _length) - work.Offset;
        return BytesOf(work, work.Read | work.Zero);
    }

    /// <summary>How many bytes the leaves of a mask have.</summary>
    internal long BytesOf(ChunkWork work, ulong mask)
    {
        var bytes = (long)BitOperations.PopCount(mask) * DigestTree.LeafBytes;
        // Only the disk's last leaf is short.
        var lastLeaf = (_length - 1) / DigestTree.LeafBytes;
        if (lastLeaf / DigestTree.LeavesPerChunk == work.Chunk && (mask >> (int)(lastLeaf % DigestTree.LeavesPerChunk) & 1) != 0)
            bytes -= ((lastLeaf + 1) * DigestTree.LeafBytes) - _length;
        return bytes;
    }

    /// <summary>Where a leaf ends.</summary>
    internal long EndOf(ChunkWork work, int leaf) => Math.Min(work.Offset + ((leaf + 1L) * DigestTree.LeafBytes), _length);

    private void SettleZeroes(ChunkWork work, long bytes)
    {
        if (Tree is { } tree)
        {
            if (work.Run > 1 || work.Zero == tree.FullMask(work.Chunk))
            {
                tree.SetZeroChunks(work.Chunk, work.Run);
            }
            else
            {
                var record = new ChunkRecord(tree.DigestBytes);
                FillZeroes(record, work);
                tree.SetLeaves(work.Chunk, work.Zero, record.Leaves);
            }
        }

        Interlocked.Add(ref _settled, bytes);
    }

    /// <summary>Puts the digest of zeroes at each zero leaf of the work.</summary>
    internal void FillZeroes(ChunkRecord record, ChunkWork work)
    {
        if (Tree is not { } tree)
            return;
        for (var rest = work.Zero; rest != 0; rest &= rest - 1)
        {
            var leaf = BitOperations.TrailingZeroCount(rest);
            tree.ZeroLeaf(work.Chunk, leaf).CopyTo(record.Leaves.AsSpan(leaf * tree.DigestBytes));
        }
    }

    private static ulong Mask(long chunkStart, long from, long to)
    {
        // Any byte of a leaf counts for the whole leaf.
        var first = (int)((from - chunkStart) / DigestTree.LeafBytes);
        var last = (int)((to - 1 - chunkStart) / DigestTree.LeafBytes);
        return (ulong.MaxValue >> (63 - (last - first))) << first;
    }

    private ulong Wanted(int range, long start, long end)
    {
        var mask = 0UL;
        for (; range < _ranges!.Count && _ranges[range].Offset < end; range++)
            mask |= Mask(start, Math.Max(start, _ranges[range].Offset), Math.Min(end, _ranges[range].End));
        return mask;
    }

    /// <summary>Which leaves of a chunk may hold data. <paramref name="zeroUntil"/>: when none does, where the zeroes end.</summary>
    private ulong Data(long start, long end, out long zeroUntil)
    {
        while (_window[_windowAt].Offset + _window[_windowAt].LengthBytes <= start)
            _windowAt++;
        var mask = 0UL;
        zeroUntil = end;
        for (var i = _windowAt; i < _window.Count && _window[i].Offset < end; i++)
        {
            var extent = _window[i];
            if (!extent.IsZero)
                mask |= Mask(start, Math.Max(start, extent.Offset), Math.Min(end, extent.Offset + extent.LengthBytes));
            zeroUntil = extent.Offset + extent.LengthBytes;
        }

        return mask;
    }

    private int RunOfZeroes(int range, long zeroUntil)
    {
        var until = zeroUntil;
        if (_ranges is not null)
            until = Math.Min(until, _ranges[range].End);
        var chunks = until >= _length ? _chunks - _next : (until / DigestTree.ChunkBytes) - _next;
        var run = (int)Math.Clamp(chunks, 1, LongestRun);
        if (_skipKnown)
        {
            var known = 1;
            while (known < run && !Tree!.IsKnown(_next + known))
                known++;
            run = known;
        }

        return run;
    }
}
