using System.Buffers;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A qcow2 image that stands alone (no backing file, no snapshots), written and read back.</summary>
/// <remarks>
/// Data goes straight to the file; which cluster lies where is kept in memory until <see cref="Flush"/> or <see cref="WriteBack"/>, and then written so that a reader never meets a table entry
/// whose target is not there yet: refcounts, then L2 tables, then L1. Cut off between two of these, the file has clusters that are counted and unused: harmless, and freed by the next <see cref="Open(string, Qcow2WriterOptions?)"/>.
/// What was written after the last such point is lost when the process dies.
/// One lock guards the tables; it is held for looking up and allocating, not while data is read or written.
/// </remarks>
internal sealed partial class Qcow2Writer : ImageWriter
{
    private const int StretchBytes = 1 << 20;

    /// <summary>Stretches that are being filled: more than threads that could do it.</summary>
    private const int MaxReserved = 64;

    private readonly HostFile _file;
    private readonly Qcow2Header _header;
    private readonly Qcow2Refcounts _refcounts;
    private readonly ulong[] _l1;
    private readonly HashSet<int> _dirtyL1 = [];
    private readonly Dictionary<int, Table> _tables = [];
    private readonly List<(long Offset, int LengthBytes)> _freed = [];
    private readonly Dictionary<long, long> _reserved = [];
    private readonly Queue<long> _reservedInOrder = [];
    private readonly Lock _gate = new();
    private readonly int _clusterBits;
    private readonly int _l2Bits;
    private readonly long _tableCacheBytes;
    private long _uses;
    private bool _isDisposed;

    private Qcow2Writer(HostFile file, Qcow2Header header, Qcow2Refcounts refcounts, ulong[] l1, Qcow2WriterOptions options)
    {
        _file = file;
        _header = header;
        _refcounts = refcounts;
        _l1 = l1;
        _clusterBits = header.ClusterBits;
        _l2Bits = header.L2Bits;

        // A handful of tables at the least, whatever their size: a write that crosses from one to the next must not throw out the first.
        _tableCacheBytes = Math.Max(options.TableCacheBytes, 4L << _clusterBits);
    }

    internal override string FilePath => _file.FilePath;

    internal override long LengthBytes => _header.LengthBytes;

    internal int ClusterBytes => 1 << _clusterBits;

    /// <summary>No cluster in use lies at or behind this offset of the file.</summary>
    private long FileBound => _refcounts.NextCluster << _clusterBits;

    internal override void WriteAt(ReadOnlySpan<byte> data, long offset)
    {
        CheckRange(offset, data.Length);
        while (data.Length > 0)
        {
            long host;
            int length;
            lock (_gate)
                (host, length) = PlaceFor(data, offset);
            if (host != 0)
                _file.Write(data[..length], host);
            data = data[length..];
            offset += length;
        }
    }

    /// <summary>Finds or makes the place in the file for the beginning of some data.</summary>
    /// <returns>Where it goes and how much of it; host 0: it was written already.</returns>
    private (long Host, int Length) PlaceFor(ReadOnlySpan<byte> data, long offset)
    {
        var cluster = offset >> _clusterBits;
        var table = TableFor((int)(cluster >> _l2Bits));
        var index = (int)(cluster & ((1L << _l2Bits) - 1));
        var within = (int)(offset & (ClusterBytes - 1));
        var touched = (int)Math.Min(((within + (long)data.Length - 1) >> _clusterBits) + 1, (1 << _l2Bits) - index);
        var entry = table.Entries[index];
        if ((entry & Qcow2Entry.Compressed) != 0)
            return (0, ReplaceCompressed(table, index, data, within));

        var host = DataOffset(entry);
        var count = 1;
        if (host == 0)
        {
            while (count < touched && HasNoPlace(table.Entries[index + count]))
                count++;
            host = Allocate(cluster, count);
        }
        else if ((entry & Qcow2Entry.Zero) != 0)
        {
            // It may hold anything below the flag, and that would show around a write to a part of it.
            if (within != 0 || data.Length < ClusterBytes)
                _file.Zero(host, ClusterBytes);
        }
        else
        {
            while (count < touched && IsPlainDataAt(table.Entries[index + count], host + ((long)count << _clusterBits)))
                count++;
        }

        for (var i = 0; i < count; i++)
            table.Set(index + i, (ulong)(host + ((long)i << _clusterBits)) | Qcow2Entry.Copied);
        return (host + within, (int)Math.Min(data.Length, ((long)count << _clusterBits) - within));
    }

    /// <summary>
    /// Several threads that each write their own part of the disk in order, a little at a time, would leave their clusters shuffled in the file, and reading them later would take a request each.
    /// So whoever begins a stretch of the disk gets room for all of it.
    /// </summary>
    private long Allocate(long cluster, int count)
    {
        var stretchClusters = StretchBytes >> _clusterBits;
        var within = stretchClusters == 0 ? 0 : cluster % stretchClusters;
        if (within == 0 && count < stretchClusters)
            Reserve(cluster, _refcounts.Reserve(stretchClusters));
        if (count > stretchClusters - within || !_reserved.TryGetValue(cluster - within, out var room))
            return _refcounts.Allocate(count);
        var host = room + (within << _clusterBits);
        _refcounts.TakeReserved(host, count);
        return host;
    }

    private void Reserve(long firstCluster, long host)
    {
        _reserved[firstCluster] = host;
        _reservedInOrder.Enqueue(firstCluster);
        if (_reservedInOrder.Count > MaxReserved)
            _reserved.Remove(_reservedInOrder.Dequeue());
    }

    private static bool HasNoPlace(ulong entry) => (entry & (Qcow2Entry.OffsetMask | Qcow2Entry.Compressed)) == 0;

    private static bool IsPlainDataAt(ulong entry, long host) => (entry & ~Qcow2Entry.Copied) == (ulong)host;

    private long DataOffset(ulong entry) => Qcow2Entry.DataOffset(_file, entry, _clusterBits, FileBound);

    /// <summary>A compressed cluster cannot be written into: it is unpacked, changed and stored anew. Rare enough to be done under the lock.</summary>
    private int ReplaceCompressed(Table table, int index, ReadOnlySpan<byte> data, int within)
    {
        var (compressedAt, compressedBytes) = Qcow2Entry.CompressedRange(_file, table.Entries[index], _clusterBits, FileBound);
        var length = Math.Min(data.Length, ClusterBytes - within);
        var whole = ArrayPool<byte>.Shared.Rent(ClusterBytes);
        try
        {
            if (length < ClusterBytes)
                Qcow2Decompressor.Decompress(_file, _header, new Qcow2Run(Qcow2RunKind.Compressed, 0, compressedAt, Stored(compressedAt, compressedBytes)), whole.AsSpan(0, ClusterBytes));
            data[..length].CopyTo(whole.AsSpan(within));
            var host = _refcounts.Allocate(1);
            _file.Write(whole.AsSpan(0, ClusterBytes), host);
            table.Set(index, (ulong)host | Qcow2Entry.Copied);
            _freed.Add((compressedAt, compressedBytes));
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>The last sectors of compressed data may lie behind the end of a file that was not filled up to whole clusters.</summary>
    private int Stored(long offset, int length) => (int)Math.Clamp(_file.LengthBytes - offset, 0, length);

    internal override void WriteZeroesAt(long offset, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        CheckRange(offset, lengthBytes);
        for (var end = offset + lengthBytes; offset < end;)
        {
            lock (_gate)
                offset += ZeroSome(offset, end - offset);
        }
    }

    /// <returns>How far it got: up to the end of an L2 table, so that others get the lock in between.</returns>
    private long ZeroSome(long offset, long length)
    {
        var l1Index = (int)(offset >> (_clusterBits + _l2Bits));
        var tableBytes = 1L << (_clusterBits + _l2Bits);
        length = Math.Min(length, tableBytes - (offset & (tableBytes - 1)));
        if (ExistingTable(l1Index) is not { } table)
            return length;

        // Neighbours in the file are given back in one call.
        var (holeAt, holeLength) = (0L, 0L);
        for (var at = offset; at < offset + length;)
        {
            var index = (int)((at >> _clusterBits) & ((1L << _l2Bits) - 1));
            var within = at & (ClusterBytes - 1);
            var part = Math.Min(ClusterBytes - within, offset + length - at);
            var isWhole = within == 0 && (part == ClusterBytes || at + part == LengthBytes);
            if (ZeroInCluster(table, index, (int)within, (int)part, isWhole) is var host and not 0)
            {
                if (host != holeAt + holeLength)
                {
                    _file.Zero(holeAt, holeLength);
                    (holeAt, holeLength) = (host, 0);
                }

                holeLength += isWhole ? ClusterBytes : part;
            }

            at += part;
        }

        _file.Zero(holeAt, holeLength);
        return length;
    }

    /// <returns>Where in the file bytes have to be zeroed for it; 0: nowhere.</returns>
    private long ZeroInCluster(Table table, int index, int within, int length, bool isWhole)
    {
        var entry = table.Entries[index];
        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            if (isWhole)
            {
                _freed.Add(Qcow2Entry.CompressedRange(_file, entry, _clusterBits, FileBound));
                table.Set(index, 0);
            }
            else
            {
                ReplaceCompressed(table, index, new byte[length], within);
            }

            return 0;
        }

        var host = DataOffset(entry);
        if (host == 0 || (entry & Qcow2Entry.Zero) != 0)
            return 0;

        // Its place stays reserved, so nothing needs to be counted anew. Version 2 has no flag for it: there the hole in the file alone reads as zeroes.
        if (isWhole && _header.Version == 3)
            table.Set(index, entry | Qcow2Entry.Zero);
        return host + within;
    }

    internal override void ReadAt(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        while (buffer.Length > 0)
        {
            Qcow2Run run;
            lock (_gate)
                run = Map(offset, buffer.Length);
            var part = buffer[..(int)run.LengthBytes];
            if (run.Kind == Qcow2RunKind.Data)
                part[_file.Read(part, run.HostOffset)..].Clear();
            else if (run.Kind == Qcow2RunKind.Compressed)
                ReadCompressed(part, run, (int)(offset & (ClusterBytes - 1)));
            else
                part.Clear();
            buffer = buffer[part.Length..];
            offset += part.Length;
        }
    }

    private void ReadCompressed(Span<byte> part, Qcow2Run run, int within)
    {
        var whole = ArrayPool<byte>.Shared.Rent(ClusterBytes);
        try
        {
            var stored = run with { CompressedBytes = Stored(run.HostOffset, run.CompressedBytes) };
            Qcow2Decompressor.Decompress(_file, _header, stored, whole.AsSpan(0, ClusterBytes));
            whole.AsSpan(within, part.Length).CopyTo(part);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    internal override IEnumerable<ImageExtent> Extents(Extent within)
    {
        CheckRange(within.Offset, within.LengthBytes);
        return Join(Parts(within));
    }

    private IEnumerable<ImageExtent> Parts(Extent within)
    {
        for (var at = within.Offset; at < within.End;)
        {
            Qcow2Run run;
            lock (_gate)
                run = Map(at, within.End - at);
            var kind = run.Kind switch
            {
                Qcow2RunKind.Unallocated => ImageExtentKind.Hole,
                Qcow2RunKind.Zero => ImageExtentKind.Zero,
                _ => ImageExtentKind.Data,
            };
            yield return new ImageExtent(new Extent(at, run.LengthBytes), kind);
            at += run.LengthBytes;
        }
    }

    private Qcow2Run Map(long offset, long atMost)
    {
        var cluster = offset >> _clusterBits;
        var l1Index = (int)(cluster >> _l2Bits);
        var tableBytes = 1L << (_clusterBits + _l2Bits);
        atMost = Math.Min(atMost, tableBytes - (offset & (tableBytes - 1)));
        if (ExistingTable(l1Index) is not { } table)
            return new Qcow2Run(Qcow2RunKind.Unallocated, atMost);
        var index = (int)(cluster & ((1L << _l2Bits) - 1));
        var within = offset & (ClusterBytes - 1);
        var first = Classify(table.Entries[index]);
        var length = ClusterBytes - within;
        for (var next = first; length < atMost && first.Kind != Qcow2RunKind.Compressed; length += ClusterBytes)
        {
            var expected = next.HostOffset + ClusterBytes;
            next = Classify(table.Entries[++index]);
            if (next.Kind != first.Kind || (next.Kind == Qcow2RunKind.Data && next.HostOffset != expected))
                break;
        }

        return first with { LengthBytes = Math.Min(length, atMost), HostOffset = first.HostOffset + (first.Kind == Qcow2RunKind.Data ? within : 0) };
    }

    private Qcow2Run Classify(ulong entry)
    {
        if ((entry & Qcow2Entry.Compressed) != 0)
        {
            var (at, bytes) = Qcow2Entry.CompressedRange(_file, entry, _clusterBits, FileBound);
            return new Qcow2Run(Qcow2RunKind.Compressed, 0, at, bytes);
        }

        var host = DataOffset(entry);
        if ((entry & Qcow2Entry.Zero) != 0)
            return new Qcow2Run(Qcow2RunKind.Zero, 0);
        return host == 0 ? new Qcow2Run(Qcow2RunKind.Unallocated, 0) : new Qcow2Run(Qcow2RunKind.Data, 0, host);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing || _isDisposed)
            return;
        _isDisposed = true;
        try
        {
            // Only Flush promises anything; but what can be kept is kept.
            lock (_gate)
                WriteTables();
        }
        catch (ImageException)
        {
            // Whoever needs to know has called Flush and was told there.
        }
        finally
        {
            _file.Dispose();
        }
    }
}
