using System.Buffers.Binary;
using System.Numerics;

namespace VmMigrate.Engine.Blocks;

/// <summary>The digest of a whole disk, from pieces that arrive in any order, from several threads and over several runs.</summary>
/// <remarks>
/// <code>
/// leaf  = H(64 KiB of content)            the disk's last leaf, chunk and page may be shorter
/// chunk = H(its 64 leaves)      4 MiB     the unit of work and of resume
/// page  = H(its 256 chunks)     1 GiB     what is kept in memory of a finished range
/// root  = H(all pages, length as 8 bytes little endian)
/// </code>
/// The value depends on content and length only: zeroes count as zeroes, whether stored, punched out or never written; their digests are computed once.
/// The text form is stable: <c>xxh128-tree:</c> or <c>sha256-tree:</c> and the root in lower-case hexadecimal.
/// A tree over a part of a disk (a delta) says <c>xxh128-delta:</c>: its chunk is H(mask of leaves, those leaves), its root H(number and digest of each chunk, length).
/// Memory: 0.3 KiB a GiB, and 4 or 8 KiB for each GiB begun and not finished. Leaves that are kept lie in a file (<see cref="LeafTable"/>), as large as 16 or 32 bytes per 64 KiB that are not zero.
/// </remarks>
public sealed class DigestTree : IDisposable
{
    public const int LeafBytes = 64 << 10;
    public const int LeavesPerChunk = 64;
    public const int ChunkBytes = LeafBytes * LeavesPerChunk;
    public const int ChunksPerPage = 256;
    public const long PageBytes = (long)ChunkBytes * ChunksPerPage;

    private readonly Lock _gate = new();
    private readonly Page?[] _pages;
    private readonly int _size;
    private readonly byte[] _zeroLeaf;
    private readonly byte[] _zeroTailLeaf;
    private readonly byte[] _zeroChunk;
    private readonly byte[] _zeroTailChunk;
    private readonly bool _keepLeaves;
    private readonly bool _keepChunks;
    private LeafTable? _table;
    private long _known;

    /// <param name="keepLeaves">Keep every leaf, so that later rounds of changed ranges can bring the tree up to date without reading the rest again.</param>
    /// <param name="isDelta">The tree covers a part of the disk only.</param>
    /// <param name="keepChunks">Keep the digest of every chunk, so that single ones can be struck out again (<see cref="Forget"/>): 4 or 8 KiB of memory a GiB.</param>
    public DigestTree(DigestAlgorithm algorithm, long lengthBytes, bool keepLeaves = false, bool isDelta = false, bool keepChunks = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfEqual((int)algorithm, (int)DigestAlgorithm.None);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, long.MaxValue - PageBytes);
        Algorithm = algorithm;
        LengthBytes = lengthBytes;
        IsDelta = isDelta;
        _keepLeaves = keepLeaves && !isDelta;
        _keepChunks = keepChunks || isDelta;
        _size = BlockHash.LengthBytes(algorithm);
        Chunks = (lengthBytes + ChunkBytes - 1) / ChunkBytes;
        _pages = new Page?[(Chunks + ChunksPerPage - 1) / ChunksPerPage];

        var zeroes = new byte[LeafBytes];
        _zeroLeaf = Hash(zeroes);
        var tail = (int)(lengthBytes % LeafBytes);
        _zeroTailLeaf = tail == 0 ? _zeroLeaf : Hash(zeroes.AsSpan(0, tail));
        var leaves = new byte[LeavesPerChunk * _size];
        FillZeroLeaves(leaves, 0, LeavesPerChunk);
        _zeroChunk = Hash(leaves);
        _zeroTailChunk = _zeroChunk;
        if (lengthBytes % ChunkBytes != 0)
        {
            var count = LeavesIn(Chunks - 1);
            _zeroTailLeaf.CopyTo(leaves.AsSpan((count - 1) * _size));
            _zeroTailChunk = Hash(leaves.AsSpan(0, count * _size));
        }
    }

    public DigestAlgorithm Algorithm { get; }

    public long LengthBytes { get; }

    public bool IsDelta { get; }

    /// <summary>Leaves are kept, so rounds of changes can be added.</summary>
    public bool KeepsLeaves => _keepLeaves;

    /// <summary>How many chunks the disk has.</summary>
    public long Chunks { get; }

    /// <summary>Every chunk is known, so <see cref="Text"/> is the digest of the disk.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
                return _known == Chunks;
        }
    }

    /// <summary>How many chunks are known.</summary>
    public long KnownChunks
    {
        get
        {
            lock (_gate)
                return _known;
        }
    }

    /// <summary>Bytes of one digest.</summary>
    internal int DigestBytes => _size;

    /// <summary>How many leaves a chunk has: 64, or fewer in the last one.</summary>
    public int LeavesIn(long chunk) => (int)Math.Min(LeavesPerChunk, (LengthBytes - (chunk * ChunkBytes) + LeafBytes - 1) / LeafBytes);

    /// <summary>One bit for each leaf of a chunk.</summary>
    public ulong FullMask(long chunk)
    {
        var leaves = LeavesIn(chunk);
        return leaves == LeavesPerChunk ? ulong.MaxValue : (1UL << leaves) - 1;
    }

    public bool IsKnown(long chunk)
    {
        lock (_gate)
            return _pages[chunk / ChunksPerPage] is { } page && page.IsKnown((int)(chunk % ChunksPerPage));
    }

    /// <summary>The digest of one leaf of zeroes at this place.</summary>
    internal ReadOnlySpan<byte> ZeroLeaf(long chunk, int leaf) =>
        chunk == Chunks - 1 && leaf == LeavesIn(chunk) - 1 ? _zeroTailLeaf : _zeroLeaf;

    /// <summary>Notes leaves of one chunk. May be repeated: the last content counts.</summary>
    /// <param name="mask">Which leaves are given.</param>
    /// <param name="leaves">64 places for digests, of which those in the mask are filled.</param>
    internal void SetLeaves(long chunk, ulong mask, ReadOnlySpan<byte> leaves)
    {
        Span<byte> merged = stackalloc byte[LeavesPerChunk * BlockHash.MaxBytes];
        merged = merged[..(LeavesPerChunk * _size)];
        Span<byte> digest = stackalloc byte[BlockHash.MaxBytes];
        digest = digest[.._size];
        var full = FullMask(chunk);
        lock (_gate)
        {
            var page = PageOf(chunk);
            var index = (int)(chunk % ChunksPerPage);
            if (IsDelta)
            {
                Span<byte> input = stackalloc byte[8 + (LeavesPerChunk * BlockHash.MaxBytes)];
                BinaryPrimitives.WriteUInt64LittleEndian(input, mask);
                var at = 8;
                for (var rest = mask; rest != 0; rest &= rest - 1)
                {
                    leaves.Slice(BitOperations.TrailingZeroCount(rest) * _size, _size).CopyTo(input[at..]);
                    at += _size;
                }

                BlockHash.Hash(Algorithm, input[..at], digest);
                Note(page, index, digest);
                return;
            }

            if (mask != full)
            {
                if (!_keepLeaves || !page.IsKnown(index))
                    throw new InvalidOperationException("A part of a chunk was given to a tree that does not have the rest of it.");
                ReadLeaves(page, index, merged);
                for (var rest = mask; rest != 0; rest &= rest - 1)
                {
                    var leaf = BitOperations.TrailingZeroCount(rest);
                    leaves.Slice(leaf * _size, _size).CopyTo(merged[(leaf * _size)..]);
                }
            }
            else
            {
                leaves[..(LeavesIn(chunk) * _size)].CopyTo(merged);
            }

            BlockHash.Hash(Algorithm, merged[..(LeavesIn(chunk) * _size)], digest);
            if (_keepLeaves)
                (_table ??= new LeafTable(Chunks, _size)).Write(chunk, merged[..(LeavesIn(chunk) * _size)], digest);
            Note(page, index, digest);
        }
    }

    /// <summary>Notes that whole chunks are zeroes.</summary>
    internal void SetZeroChunks(long first, long count)
    {
        lock (_gate)
        {
            for (var chunk = first; chunk < first + count; chunk++)
            {
                var page = PageOf(chunk);
                var index = (int)(chunk % ChunksPerPage);
                if (IsDelta)
                {
                    // A delta hashes its mask too, so zeroes take the ordinary way.
                    var leaves = new byte[LeavesPerChunk * _size];
                    FillZeroLeaves(leaves, chunk, LeavesIn(chunk));
                    SetLeaves(chunk, FullMask(chunk), leaves);
                    continue;
                }

                Note(page, index, []);
            }
        }
    }

    /// <summary>The digest as text; of a delta, of what is known so far.</summary>
    /// <exception cref="InvalidOperationException">Not every chunk is known, and this is not a delta.</exception>
    public string Text()
    {
        lock (_gate)
        {
            if (!IsDelta && _known != Chunks)
                throw new InvalidOperationException($"The digest is asked for, but only {_known} of {Chunks} chunks are known.");
            var input = new List<byte>();
            Span<byte> number = stackalloc byte[8];
            for (var p = 0; p < _pages.Length; p++)
            {
                if (IsDelta)
                {
                    for (var i = 0; _pages[p] is { } page && i < ChunksPerPage; i++)
                    {
                        if (!page.IsKnown(i))
                            continue;
                        BinaryPrimitives.WriteInt64LittleEndian(number, ((long)p * ChunksPerPage) + i);
                        input.AddRange(number);
                        input.AddRange(page.Chunks.AsSpan(i * _size, _size));
                    }
                }
                else
                {
                    input.AddRange(FinalOf(p));
                }
            }

            BinaryPrimitives.WriteInt64LittleEndian(number, LengthBytes);
            input.AddRange(number);
            return $"{BlockHash.Prefix(Algorithm)}-{(IsDelta ? "delta" : "tree")}:{Convert.ToHexStringLower(Hash(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(input)))}";
        }
    }

    /// <summary>The first page of this tree, in bytes from the disk's start, whose digest is not that of the other; null when all agree. Both must be complete.</summary>
    public Extent? FirstDifference(DigestTree other)
    {
        for (var p = 0; p < _pages.Length; p++)
        {
            byte[] mine, theirs;
            lock (_gate)
                mine = IsDelta ? _pages[p]?.Chunks ?? [] : FinalOf(p);
            lock (other._gate)
                theirs = other.IsDelta ? other._pages[p]?.Chunks ?? [] : other.FinalOf(p);
            if (!mine.AsSpan().SequenceEqual(theirs))
                return new Extent(p * PageBytes, Math.Min(PageBytes, LengthBytes - (p * PageBytes)));
        }

        return null;
    }

    /// <summary>The tree over some ranges, from the kept leaves: what a <see cref="IsDelta"/> tree that read just these ranges would be.</summary>
    internal DigestTree Delta(ExtentSet ranges)
    {
        var delta = new DigestTree(Algorithm, LengthBytes, isDelta: true);
        var rounded = ranges.RoundOut(LeafBytes, LengthBytes);
        Span<byte> leaves = stackalloc byte[LeavesPerChunk * BlockHash.MaxBytes];
        for (var i = 0; i < rounded.Count;)
        {
            var chunk = rounded[i].Offset / ChunkBytes;
            for (var end = rounded[i].End; chunk * ChunkBytes < end; chunk++)
            {
                var start = chunk * ChunkBytes;
                var mask = 0UL;
                for (var j = rounded.FirstEndingAfter(start); j < rounded.Count && rounded[j].Offset < start + ChunkBytes; j++)
                {
                    i = j;
                    end = rounded[j].End;
                    for (var leaf = Math.Max(start, rounded[j].Offset); leaf < Math.Min(start + ChunkBytes, end); leaf += LeafBytes)
                        mask |= 1UL << (int)((leaf - start) / LeafBytes);
                }

                lock (_gate)
                {
                    ReadLeaves(PageOf(chunk), (int)(chunk % ChunksPerPage), leaves);
                }

                delta.SetLeaves(chunk, mask, leaves);
            }

            i++;
        }

        return delta;
    }

    /// <summary>What <see cref="Save"/> writes, at most.</summary>
    internal long MostSavedBytes
    {
        get
        {
            lock (_gate)
                return _pages.Sum(page => page is null ? 1L : page.Chunks is null ? 65 + _size : 65 + ((long)page.KnownCount * _size));
        }
    }

    /// <summary>Writes what is known: a byte a page (0 nothing, 1 all and the page's digest, 2 a part), and for a part two bitmaps and the digests of its chunks that are not zero.</summary>
    internal void Save(Stream to)
    {
        lock (_gate)
        {
            foreach (var page in _pages)
            {
                if (page is null || page.KnownCount == 0)
                {
                    to.WriteByte(0);
                }
                else if (page is { Final: { } final, Chunks: null })
                {
                    to.WriteByte(1);
                    to.Write(final);
                }
                else
                {
                    to.WriteByte(2);
                    page.WriteBitmaps(to);
                    for (var i = 0; i < ChunksPerPage; i++)
                    {
                        if (page.IsKnown(i) && !page.IsZero(i))
                            to.Write(page.Chunks.AsSpan(i * _size, _size));
                    }
                }
            }
        }
    }

    /// <summary>Takes in what <see cref="Save"/> wrote. False, and the tree as it was, when it does not fit.</summary>
    internal bool TryLoad(ReadOnlySpan<byte> from)
    {
        var pages = new Page?[_pages.Length];
        long known = 0;
        for (var p = 0; p < pages.Length; p++)
        {
            if (from.IsEmpty)
                return false;
            var kind = from[0];
            from = from[1..];
            if (kind == 0)
                continue;
            var page = pages[p] = new Page { Index = p };
            if (kind == 1)
            {
                if (from.Length < _size || IsDelta)
                    return false;
                for (var i = 0; i < ChunksIn(p); i++)
                    page.SetKnown(i);
                page.Final = from[.._size].ToArray();
                from = from[_size..];
            }
            else
            {
                if (kind != 2 || !page.TryReadBitmaps(ref from, ChunksIn(p)))
                    return false;
                for (var i = 0; i < ChunksPerPage; i++)
                {
                    if (!page.IsKnown(i) || page.IsZero(i))
                        continue;
                    if (from.Length < _size)
                        return false;
                    from[.._size].CopyTo((page.Chunks ??= new byte[ChunksPerPage * _size]).AsSpan(i * _size));
                    from = from[_size..];
                }
            }

            known += page.KnownCount;
        }

        if (!from.IsEmpty)
            return false;
        lock (_gate)
        {
            pages.CopyTo(_pages, 0);
            _known = known;
        }

        return true;
    }

    private int ChunksIn(int page) => (int)Math.Min(ChunksPerPage, Chunks - ((long)page * ChunksPerPage));

    private Page PageOf(long chunk) => _pages[chunk / ChunksPerPage] ??= new Page { Index = (int)(chunk / ChunksPerPage) };

    /// <summary>The leaves of a known chunk, or of one that counts as zeroes.</summary>
    private void ReadLeaves(Page page, int index, Span<byte> leaves)
    {
        var chunk = ((long)page.Index * ChunksPerPage) + index;
        var count = LeavesIn(chunk);
        if (_table is { } table && page.IsKnown(index) && !page.IsZero(index))
            table.ReadLeaves(chunk, leaves[..(count * _size)]);
        else
            FillZeroLeaves(leaves, chunk, count);
    }

    private void Note(Page page, int index, ReadOnlySpan<byte> digest)
    {
        if (page.Final is not null)
        {
            if (page.Chunks is null && !_keepChunks && !_keepLeaves && !page.AllZero)
            {
                throw new InvalidOperationException("A chunk was given again after its page had been closed.");
            }

            page.Final = null;
        }

        if (!page.IsKnown(index))
        {
            page.SetKnown(index);
            _known++;
        }

        page.SetZero(index, digest.IsEmpty);
        // With leaves kept, their table has it.
        if (!digest.IsEmpty && !_keepLeaves)
            digest.CopyTo((page.Chunks ??= new byte[ChunksPerPage * _size]).AsSpan(index * _size));
        if (!_keepLeaves && !_keepChunks && page.KnownCount == ChunksIn(page.Index))
        {
            page.Final = Close(page);
            page.Chunks = null;
        }
    }

    private byte[] Close(Page page)
    {
        var count = ChunksIn(page.Index);
        Span<byte> input = stackalloc byte[ChunksPerPage * BlockHash.MaxBytes];
        input = input[..(count * _size)];
        var first = (long)page.Index * ChunksPerPage;
        if (_keepLeaves)
            _table?.ReadDigests(first, input);
        else
            page.Chunks?.AsSpan(0, input.Length).CopyTo(input);
        for (var i = 0; i < count; i++)
        {
            if (page.IsZero(i))
                (first + i == Chunks - 1 ? _zeroTailChunk : _zeroChunk).CopyTo(input[(i * _size)..]);
        }

        return Hash(input);
    }

    /// <summary>Chunks in which a range has a byte count as unknown again. Of a closed GiB whose chunks are not kept, all do.</summary>
    internal void Forget(ExtentSet ranges)
    {
        lock (_gate)
        {
            foreach (var range in ranges)
            {
                for (var chunk = range.Offset / ChunkBytes; chunk < Math.Min(Chunks, (range.End + ChunkBytes - 1) / ChunkBytes); chunk++)
                {
                    if (_pages[chunk / ChunksPerPage] is not { } page)
                        continue;
                    var index = (int)(chunk % ChunksPerPage);
                    if (!page.IsKnown(index))
                        continue;
                    if (page.Final is not null && page.Chunks is null && !_keepLeaves)
                    {
                        _known -= page.KnownCount;
                        _pages[page.Index] = null;
                        continue;
                    }

                    page.Final = null;
                    page.SetUnknown(index);
                    _known--;
                }
            }
        }
    }

    /// <summary>A tree that knows the same, with leaves of its own, to go on from there.</summary>
    internal DigestTree Copy()
    {
        lock (_gate)
        {
            var copy = new DigestTree(Algorithm, LengthBytes, _keepLeaves, IsDelta, _keepChunks) { _known = _known };
            for (var p = 0; p < _pages.Length; p++)
                copy._pages[p] = _pages[p]?.Copy();
            if (_table is not null)
                (copy._table = new LeafTable(Chunks, _size)).CopyFrom(_table);
            return copy;
        }
    }

    /// <summary>Gives the file of kept leaves back.</summary>
    public void Dispose() => _table?.Dispose();

    private byte[] FinalOf(int page) => _pages[page]!.Final ??= Close(_pages[page]!);

    private void FillZeroLeaves(Span<byte> leaves, long chunk, int count)
    {
        for (var i = 0; i < count; i++)
            (Chunks == 0 || chunk != Chunks - 1 || i != LeavesIn(chunk) - 1 ? _zeroLeaf : _zeroTailLeaf).CopyTo(leaves[(i * _size)..]);
    }

    private byte[] Hash(ReadOnlySpan<byte> content)
    {
        var digest = new byte[_size];
        BlockHash.Hash(Algorithm, content, digest);
        return digest;
    }

    private sealed class Page
    {
        private readonly ulong[] _known = new ulong[ChunksPerPage / 64];
        private readonly ulong[] _zero = new ulong[ChunksPerPage / 64];

        internal required int Index { get; init; }

        internal int KnownCount { get; private set; }

        internal byte[]? Chunks { get; set; }

        internal byte[]? Final { get; set; }

        internal bool AllZero
        {
            get
            {
                for (var i = 0; i < _known.Length; i++)
                {
                    if (_known[i] != _zero[i])
                        return false;
                }

                return true;
            }
        }

        internal void WriteBitmaps(Stream to)
        {
            Span<byte> word = stackalloc byte[8];
            foreach (var bits in (ReadOnlySpan<ulong>)[.. _known, .. _zero])
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, bits);
                to.Write(word);
            }
        }

        internal bool TryReadBitmaps(ref ReadOnlySpan<byte> from, int chunks)
        {
            if (from.Length < 64)
                return false;
            for (var i = 0; i < _known.Length; i++)
            {
                _known[i] = BinaryPrimitives.ReadUInt64LittleEndian(from[(i * 8)..]);
                _zero[i] = BinaryPrimitives.ReadUInt64LittleEndian(from[(32 + (i * 8))..]);
                KnownCount += BitOperations.PopCount(_known[i]);
                var inside = Math.Clamp(chunks - (i * 64), 0, 64);
                if ((_zero[i] & ~_known[i]) != 0 || (inside < 64 && _known[i] >> inside != 0))
                    return false;
            }

            from = from[64..];
            return true;
        }

        internal bool IsKnown(int index) => (_known[index >> 6] >> index & 1) != 0;

        internal bool IsZero(int index) => (_zero[index >> 6] >> index & 1) != 0;

        internal void SetKnown(int index)
        {
            _known[index >> 6] |= 1UL << index;
            KnownCount++;
        }

        internal void SetUnknown(int index)
        {
            _known[index >> 6] &= ~(1UL << index);
            SetZero(index, isZero: false);
            KnownCount--;
        }

        internal Page Copy()
        {
            var copy = new Page { Index = Index, KnownCount = KnownCount, Chunks = Chunks?.ToArray(), Final = Final };
            _known.CopyTo(copy._known, 0);
            _zero.CopyTo(copy._zero, 0);
            return copy;
        }

        internal void SetZero(int index, bool isZero)
        {
            if (isZero)
                _zero[index >> 6] |= 1UL << index;
            else
                _zero[index >> 6] &= ~(1UL << index);
        }
    }
}
