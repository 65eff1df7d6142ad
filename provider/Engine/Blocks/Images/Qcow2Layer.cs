using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>One qcow2 file of a chain: finds where the bytes of a disk range are stored. Immutable, so any number of threads may ask.</summary>
internal sealed class Qcow2Layer
{
    private const int Subclusters = 32;

    private readonly ulong[] _l1;
    private readonly Qcow2TableCache _cache;
    private readonly int _clusterBits;
    private readonly int _l2Bits;
    private readonly bool _extended;
    private readonly int _sliceBytes;
    private readonly int _sliceEntryBits;
    private readonly long _fileLength;

    private Qcow2Layer(HostFile file, Qcow2Header header, ulong[] l1, long lengthBytes, Qcow2TableCache cache)
    {
        File = file;
        Header = header;
        LengthBytes = lengthBytes;
        _l1 = l1;
        _cache = cache;
        _clusterBits = header.ClusterBits;
        _l2Bits = header.L2Bits;
        _extended = header.HasExtendedL2;
        _sliceBytes = Math.Min(header.ClusterBytes, Qcow2TableCache.SliceBytes);
        _sliceEntryBits = int.Log2(_sliceBytes) - (_extended ? 4 : 3);
        _fileLength = file.LengthBytes;
    }

    internal HostFile File { get; }

    internal Qcow2Header Header { get; }

    /// <summary>Of the disk as this layer (or its snapshot) shows it.</summary>
    internal long LengthBytes { get; }

    /// <param name="l1Offset">The active table's, or that of a snapshot.</param>
    internal static Qcow2Layer Load(HostFile file, Qcow2Header header, long l1Offset, long lengthBytes, Qcow2TableCache cache) =>
        new(file, header, ReadL1(file, header, l1Offset, lengthBytes), lengthBytes, cache);

    /// <summary>The entries that the disk needs; what may follow maps the saved state of a running VM.</summary>
    internal static ulong[] ReadL1(HostFile file, Qcow2Header header, long offset, long lengthBytes)
    {
        var l1 = new ulong[header.L1EntriesFor(lengthBytes)];
        file.ReadExactly(MemoryMarshal.AsBytes(l1.AsSpan()), offset, "the L1 table");
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(l1, l1);
        RefuseSharedTables(file, header, l1);
        return l1;
    }

    /// <summary>Within one L1 table no L2 table can stand twice. A file that does it could make a few KiB look like an endless disk.</summary>
    private static void RefuseSharedTables(HostFile file, Qcow2Header header, ulong[] l1)
    {
        var length = file.LengthBytes;
        var offsets = new long[l1.Length];
        for (var i = 0; i < l1.Length; i++)
            offsets[i] = Qcow2Entry.TableOffset(file, l1[i], header.ClusterBits, length);
        Array.Sort(offsets);
        for (var i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] != 0 && offsets[i] == offsets[i - 1])
                throw new ImageException(ImageFault.Malformed, file.FilePath, $"its L1 table points twice to the L2 table at offset {offsets[i]}.");
        }
    }

    /// <summary>What is stored at an offset, and for how far that goes on in one piece (never further than <paramref name="atMost"/>; it may go on after that).</summary>
    internal Qcow2Run Map(long offset, long atMost)
    {
        var cluster = offset >> _clusterBits;
        var l1Index = (int)(cluster >> _l2Bits);
        if ((_l1[l1Index] & Qcow2Entry.OffsetMask) == 0)
            return UnmappedTables(offset, atMost, l1Index);

        var table = (long)(_l1[l1Index] & Qcow2Entry.OffsetMask);
        var index = (int)(cluster & ((1L << _l2Bits) - 1));
        var slice = _cache.Get(File, table + ((long)(index >> _sliceEntryBits) * _sliceBytes), _sliceBytes);
        index &= (1 << _sliceEntryBits) - 1;
        return _extended ? MapSubclusters(slice, index, offset, atMost) : MapClusters(slice, index, offset, atMost);
    }

    private Qcow2Run UnmappedTables(long offset, long atMost, int l1Index)
    {
        var tableBits = _clusterBits + _l2Bits;
        var length = (1L << tableBits) - (offset & ((1L << tableBits) - 1));
        for (var next = l1Index + 1; length < atMost && next < _l1.Length && _l1[next] == 0; next++)
            length += 1L << tableBits;
        return new Qcow2Run(Qcow2RunKind.Unallocated, Math.Min(length, atMost));
    }

    private Qcow2Run MapClusters(ReadOnlySpan<ulong> slice, int index, long offset, long atMost)
    {
        var within = offset & (Header.ClusterBytes - 1);
        var first = Classify(slice[index]);
        var length = Header.ClusterBytes - within;
        if (first.Kind != Qcow2RunKind.Compressed)
        {
            var expected = first.HostOffset;
            while (length < atMost && ++index < slice.Length)
            {
                var next = Classify(slice[index]);
                expected += Header.ClusterBytes;
                if (next.Kind != first.Kind || (next.Kind == Qcow2RunKind.Data && next.HostOffset != expected))
                    break;
                length += Header.ClusterBytes;
            }
        }

        return first with { LengthBytes = Math.Min(length, atMost), HostOffset = first.Kind == Qcow2RunKind.Data ? first.HostOffset + within : first.HostOffset };
    }

    private Qcow2Run Classify(ulong entry)
    {
        if ((entry & Qcow2Entry.Compressed) != 0)
            return CompressedRun(entry);
        var host = Qcow2Entry.DataOffset(File, entry, _clusterBits, _fileLength);
        if ((entry & Qcow2Entry.Zero) != 0)
        {
            return Header.Version == 3
                ? new Qcow2Run(Qcow2RunKind.Zero, 0)
                : throw Malformed($"the L2 entry 0x{entry:x16} has the zero flag, which version 2 does not know.");
        }

        return host == 0 ? new Qcow2Run(Qcow2RunKind.Unallocated, 0) : new Qcow2Run(Qcow2RunKind.Data, 0, host);
    }

    private Qcow2Run CompressedRun(ulong entry)
    {
        var (host, length) = Qcow2Entry.CompressedRange(File, entry, _clusterBits, _fileLength);
        return new Qcow2Run(Qcow2RunKind.Compressed, 0, host, length);
    }

    private Qcow2Run MapSubclusters(ReadOnlySpan<ulong> slice, int index, long offset, long atMost)
    {
        var subBits = _clusterBits - 5;
        var subBytes = 1L << subBits;
        var sub = (int)(offset >> subBits) & (Subclusters - 1);
        var within = offset & (subBytes - 1);
        var first = ClassifySubcluster(slice, index, sub);
        if (first.Kind == Qcow2RunKind.Compressed)
        {
            var rest = Header.ClusterBytes - (offset & (Header.ClusterBytes - 1));
            return first with { LengthBytes = Math.Min(rest, atMost) };
        }

        var length = subBytes - within;
        var expected = first.HostOffset;
        while (length < atMost)
        {
            if (++sub == Subclusters)
            {
                sub = 0;
                if (++index >= slice.Length / 2)
                    break;
            }

            var next = ClassifySubcluster(slice, index, sub);
            expected += subBytes;
            if (next.Kind != first.Kind || (next.Kind == Qcow2RunKind.Data && next.HostOffset != expected))
                break;
            length += subBytes;
        }

        return first with { LengthBytes = Math.Min(length, atMost), HostOffset = first.Kind == Qcow2RunKind.Data ? first.HostOffset + within : 0 };
    }

    private Qcow2Run ClassifySubcluster(ReadOnlySpan<ulong> slice, int index, int sub)
    {
        var entry = slice[index * 2];
        var bitmap = slice[(index * 2) + 1];
        if ((entry & Qcow2Entry.Compressed) != 0)
            return bitmap == 0 ? CompressedRun(entry) : throw Malformed($"a compressed cluster has the subcluster bitmap 0x{bitmap:x16}.");
        if ((entry & Qcow2Entry.Zero) != 0)
            throw Malformed($"the extended L2 entry 0x{entry:x16} has reserved bits set.");
        var host = Qcow2Entry.DataOffset(File, entry, _clusterBits, _fileLength);
        var (stored, zero) = ((uint)bitmap, (uint)(bitmap >> 32));
        if ((stored & zero) != 0 || (stored != 0 && host == 0))
            throw Malformed($"the extended L2 entry 0x{entry:x16} has the impossible subcluster bitmap 0x{bitmap:x16}.");
        if ((stored >> sub & 1) != 0)
            return new Qcow2Run(Qcow2RunKind.Data, 0, host + ((long)sub << (_clusterBits - 5)));
        return new Qcow2Run((zero >> sub & 1) != 0 ? Qcow2RunKind.Zero : Qcow2RunKind.Unallocated, 0);
    }

    /// <summary>Reads bytes of a data run; the part of the file's last cluster that was never written reads as zeroes.</summary>
    internal void ReadData(Span<byte> buffer, long hostOffset)
    {
        var read = File.Read(buffer, hostOffset);
        if (read == buffer.Length)
            return;
        var lastCluster = (_fileLength + Header.ClusterBytes - 1) & -(long)Header.ClusterBytes;
        if (hostOffset + buffer.Length > lastCluster)
            throw Malformed($"data at offset {hostOffset + read} lies beyond the file's end ({_fileLength} bytes). Was the file cut off while being copied?");
        buffer[read..].Clear();
    }

    private ImageException Malformed(string message) => new(ImageFault.Malformed, File.FilePath, message);
}
