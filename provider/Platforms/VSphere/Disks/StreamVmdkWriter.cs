using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>Writes a stream-optimised VMDK from its first byte to its last, as <see cref="StreamVmdk"/> reads it: grains that hold something, each deflated, then tables, directory and footer, each behind a marker.</summary>
/// <remarks>Source: VMware Virtual Disk Format 1.1, "Stream-Optimized Compressed Sparse Extents". What it keeps in memory are the tables: 4 bytes for each grain of 64 KiB.</remarks>
internal sealed class StreamVmdkWriter(Stream to, long lengthBytes)
{
    internal const int GrainBytes = 64 << 10;

    private const int Sector = StreamVmdk.Sector;
    private const int GrainsPerTable = 512;

    /// <summary>Header, descriptor and the room behind it, as VMware's own tools leave it.</summary>
    private const int OverheadSectors = 128;

    private const int DescriptorSectors = 20;
    private const ulong DirectoryAtEnd = ulong.MaxValue;

    private readonly uint[]?[] _tables = new uint[(lengthBytes + ((long)GrainBytes * GrainsPerTable) - 1) / ((long)GrainBytes * GrainsPerTable)][];
    private readonly byte[] _grain = new byte[GrainBytes];
    // Deflated random data is a little longer than it was.
    private readonly byte[] _packed = new byte[2 * GrainBytes];

    /// <summary>Sectors that have been written.</summary>
    private long _at;

    /// <summary>How many bytes have gone out.</summary>
    internal long SentBytes => _at * Sector;

    internal async Task BeginAsync(CancellationToken cancellation)
    {
        var head = new byte[OverheadSectors * Sector];
        Header(DirectoryAtEnd).CopyTo(head, 0);
        // A host reads sizes and kind from it, and makes identifiers of its own.
        var descriptor = $"""
            # Disk DescriptorFile
            version=1
            CID=fffffffe
            parentCID=ffffffff
            createType="streamOptimized"

            # Extent description
            RDONLY {lengthBytes / Sector} SPARSE "disk.vmdk"

            # The Disk Data Base
            #DDB
            ddb.virtualHWVersion = "13"
            ddb.adapterType = "lsilogic"
            ddb.geometry.sectors = "63"
            ddb.geometry.heads = "255"
            ddb.geometry.cylinders = "{Math.Min(65535, lengthBytes / Sector / (63 * 255))}"

            """;
        Encoding.ASCII.GetBytes(descriptor).CopyTo(head, Sector);
        await PutAsync(head, cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes what a part of the disk holds; grains of zeroes are left out. Parts come in order, begin at a grain, and end at one or at the disk's end.</summary>
    internal async Task WriteAsync(long offset, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        for (var done = 0; done < content.Length; done += GrainBytes)
        {
            var grain = content.Slice(done, Math.Min(GrainBytes, content.Length - done));
            if (grain.Span.IndexOfAnyExcept((byte)0) >= 0)
            {
                await GrainAsync((offset + done) / GrainBytes, grain, cancellation).ConfigureAwait(false);
            }
        }
    }

    internal async Task EndAsync(CancellationToken cancellation)
    {
        var directory = new byte[Padded(_tables.Length * 4)];
        for (var index = 0; index < _tables.Length; index++)
        {
            if (_tables[index] is not { } table)
            {
                continue;
            }

            var bytes = new byte[GrainsPerTable * 4];
            for (var entry = 0; entry < GrainsPerTable; entry++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(entry * 4), table[entry]);
            }

            await PutAsync(Marker(bytes.Length / Sector, 1), cancellation).ConfigureAwait(false);
            BinaryPrimitives.WriteUInt32LittleEndian(directory.AsSpan(index * 4), checked((uint)_at));
            await PutAsync(bytes, cancellation).ConfigureAwait(false);
        }

        await PutAsync(Marker(directory.Length / Sector, 2), cancellation).ConfigureAwait(false);
        var where = (ulong)_at;
        await PutAsync(directory, cancellation).ConfigureAwait(false);
        await PutAsync(Marker(1, 3), cancellation).ConfigureAwait(false);
        await PutAsync(Header(where), cancellation).ConfigureAwait(false);
        await PutAsync(Marker(0, 0), cancellation).ConfigureAwait(false);
    }

    private async Task GrainAsync(long number, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        if (content.Length < GrainBytes)
        {
            // The last of a disk that is no multiple of a grain.
            content.CopyTo(_grain);
            _grain.AsSpan(content.Length).Clear();
            content = _grain;
        }

        int size;
        using (var packed = new MemoryStream(_packed, 12, _packed.Length - 12))
        using (var deflate = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(content.Span);
            // Its end is written when it is disposed of.
            deflate.Dispose();
            size = (int)packed.Position;
        }

        var grain = _packed.AsMemory(0, Padded(12 + size));
        grain.Span[(12 + size)..].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(grain.Span, (ulong)(number * (GrainBytes / Sector)));
        BinaryPrimitives.WriteUInt32LittleEndian(grain.Span[8..], (uint)size);
        (_tables[number / GrainsPerTable] ??= new uint[GrainsPerTable])[number % GrainsPerTable] = checked((uint)_at);
        await PutAsync(grain, cancellation).ConfigureAwait(false);
    }

    private byte[] Header(ulong directory)
    {
        var header = new byte[Sector];
        "KDMV"u8.CopyTo(header);
        void Put32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), value);
        void Put64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(at), value);
        Put32(4, 3);
        // Line ends can be checked, grains are compressed, there are markers.
        Put32(8, 0x30001);
        Put64(12, (ulong)(lengthBytes / Sector));
        Put64(20, GrainBytes / Sector);
        Put64(28, 1);
        Put64(36, DescriptorSectors);
        Put32(44, GrainsPerTable);
        Put64(56, directory);
        Put64(64, OverheadSectors);
        "\n \r\n"u8.CopyTo(header.AsSpan(73));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(77), 1);
        return header;
    }

    private static byte[] Marker(int sectors, uint kind)
    {
        var marker = new byte[Sector];
        BinaryPrimitives.WriteUInt64LittleEndian(marker, (ulong)sectors);
        BinaryPrimitives.WriteUInt32LittleEndian(marker.AsSpan(12), kind);
        return marker;
    }

    private static int Padded(int bytes) => (bytes + Sector - 1) / Sector * Sector;

    private async Task PutAsync(ReadOnlyMemory<byte> sectors, CancellationToken cancellation)
    {
        await to.WriteAsync(sectors, cancellation).ConfigureAwait(false);
        _at += sectors.Length / Sector;
    }
}
