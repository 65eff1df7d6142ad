using System.Buffers.Binary;
using System.IO.Compression;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>What a stream-optimised VMDK cannot be, and why.</summary>
internal sealed class StreamVmdkException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>It ended too early; as far as it came it was good.</summary>
    internal bool IsCut { get; init; }
}

/// <summary>
/// Reads a stream-optimised VMDK from its first byte to its last: only grains that hold something are in it, each deflated, in ascending order.
/// </summary>
/// <remarks>
/// Source: VMware Virtual Disk Format 1.1, "Stream-Optimized Compressed Sparse Extents":
/// <code>
///   header (512) │ descriptor │ pad to overHead │ grain │ grain │ ... │ tables and directory, each behind a marker │ footer │ end marker
///   a grain:     lba (8) │ size (4) │ deflated data, padded to 512
///   a marker:    sectors that follow (8) │ 0 (4) │ type (4) │ pad to 512
/// </code>
/// Others (QEMU) put tables before the grains and no end marker behind them; then every grain that the tables name has to have come.
/// Nothing of a stream is believed: lengths are bounded before memory is taken.
/// </remarks>
internal sealed class StreamVmdk
{
    internal const int Sector = 512;
    private const uint Magic = 0x564d444b;
    private const ulong DirectoryAtEnd = ulong.MaxValue;
    private const uint Compressed = 1 << 16;
    private const uint Markers = 1 << 17;
    private const int MostGrainBytes = 8 << 20;
    private const long MostOverheadBytes = 256L << 20;

    private readonly Stream _from;
    private readonly byte[] _sector = new byte[Sector];

    private StreamVmdk(Stream from) => _from = from;

    internal long LengthBytes { get; private set; }

    internal int GrainBytes { get; private set; }

    /// <summary>Offsets of grains that the tables before the grains name; null where they come behind.</summary>
    private SortedSet<long>? Expected { get; set; }

    internal static async Task<StreamVmdk> OpenAsync(Stream from, CancellationToken cancellation)
    {
        var vmdk = new StreamVmdk(from);
        await vmdk.ReadHeaderAsync(cancellation).ConfigureAwait(false);
        return vmdk;
    }

    /// <summary>Hands over each grain in turn; the memory is good until the next. When it returns, the stream was whole.</summary>
    /// <exception cref="StreamVmdkException">It is broken, or ended before its end.</exception>
    internal async Task ReadAsync(Func<long, ReadOnlyMemory<byte>, ValueTask> grain, CancellationToken cancellation)
    {
        var data = new byte[GrainBytes];
        var packed = Array.Empty<byte>();
        long last = -1;
        while (await TryReadAsync(_sector, cancellation).ConfigureAwait(false))
        {
            var value = BinaryPrimitives.ReadUInt64LittleEndian(_sector);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(_sector.AsSpan(8));
            if (size == 0)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(_sector.AsSpan(12)) == 0)
                {
                    RequireAll();
                    return;
                }

                if (value > MostOverheadBytes / Sector)
                {
                    throw new StreamVmdkException($"a marker tells of {value} sectors, which no disk has");
                }

                await SkipAsync((long)value * Sector, cancellation).ConfigureAwait(false);
                continue;
            }

            var offset = value < (ulong)(LengthBytes / Sector) ? (long)value * Sector : LengthBytes;
            if (size > MostGrainBytes || offset >= LengthBytes || offset % GrainBytes != 0 || offset <= last)
            {
                throw new StreamVmdkException($"a grain of {size} bytes for sector {value} cannot be one of a disk of {LengthBytes} bytes behind one at {last}");
            }

            if (packed.Length < size)
            {
                packed = new byte[size];
            }

            // The first bytes came with the marker.
            var here = (int)Math.Min(size, Sector - 12);
            _sector.AsSpan(12, here).CopyTo(packed);
            if (size > here)
            {
                await MustReadAsync(packed.AsMemory(here, (int)size - here), cancellation).ConfigureAwait(false);
                await SkipAsync((Sector - ((12 + size) % Sector)) % Sector, cancellation).ConfigureAwait(false);
            }

            var length = (int)Math.Min(GrainBytes, LengthBytes - offset);
            Inflate(new MemoryStream(packed, 0, (int)size, writable: false), data, length, offset);
            last = offset;
            Expected?.Remove(offset);
            await grain(offset, data.AsMemory(0, length)).ConfigureAwait(false);
        }

        if (Expected is null)
        {
            throw new StreamVmdkException($"it ended without its end marker, behind the grain at {last}") { IsCut = true };
        }

        RequireAll();
    }

    private async Task ReadHeaderAsync(CancellationToken cancellation)
    {
        await MustReadAsync(_sector, cancellation).ConfigureAwait(false);
        ulong At(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_sector.AsSpan(offset));
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(_sector.AsSpan(8));
        if (BinaryPrimitives.ReadUInt32LittleEndian(_sector) != Magic)
        {
            throw new StreamVmdkException("it is no sparse VMDK");
        }

        if ((flags & (Compressed | Markers)) != (Compressed | Markers) || BinaryPrimitives.ReadUInt16LittleEndian(_sector.AsSpan(77)) != 1)
        {
            throw new StreamVmdkException("it is a sparse VMDK, and not a stream-optimised one");
        }

        var (capacity, grain, perTable, directory, overhead) = (At(12), At(20), BinaryPrimitives.ReadUInt32LittleEndian(_sector.AsSpan(44)), At(56), At(64));
        if (capacity is 0 or > (1UL << 50) / Sector || grain is 0 or > MostGrainBytes / Sector || overhead is 0 or > MostOverheadBytes / Sector || perTable is 0 or > 4096)
        {
            // Of petabytes no VMDK is, and tables for such would not fit in memory.
            throw new StreamVmdkException($"its header tells of {capacity} sectors in grains of {grain} behind {overhead}, which no disk has");
        }

        LengthBytes = (long)capacity * Sector;
        GrainBytes = (int)grain * Sector;
        if (directory is 0 or DirectoryAtEnd)
        {
            await SkipAsync(((long)overhead - 1) * Sector, cancellation).ConfigureAwait(false);
            return;
        }

        var before = new byte[(int)overhead * Sector];
        await MustReadAsync(before.AsMemory(Sector), cancellation).ConfigureAwait(false);
        Expected = Named(before, (long)directory * Sector, (int)perTable);
    }

    private SortedSet<long> Named(byte[] before, long directory, int perTable)
    {
        uint At(long offset) => offset >= 0 && offset + 4 <= before.Length
            ? BinaryPrimitives.ReadUInt32LittleEndian(before.AsSpan((int)offset))
            : throw new StreamVmdkException("its tables lie outside of their place");
        var named = new SortedSet<long>();
        var grains = (LengthBytes + GrainBytes - 1) / GrainBytes;
        for (long index = 0; index < grains; index++)
        {
            var table = (long)At(directory + (index / perTable * 4)) * Sector;
            if (table != 0 && At(table + (index % perTable * 4)) > 1)
            {
                named.Add(index * GrainBytes);
            }
        }

        return named;
    }

    private void RequireAll()
    {
        if (Expected is { Count: > 0 } missing)
        {
            throw new StreamVmdkException($"{missing.Count} grains that its tables name have not come, the first at {missing.Min}");
        }
    }

    private static void Inflate(MemoryStream packed, byte[] into, int length, long offset)
    {
        try
        {
            using var from = new ZLibStream(packed, CompressionMode.Decompress);
            var count = from.ReadAtLeast(into, length, throwOnEndOfStream: false);
            if (count < length)
            {
                throw new StreamVmdkException($"the grain at {offset} holds {count} bytes, and {length} are needed");
            }
        }
        catch (InvalidDataException exception)
        {
            throw new StreamVmdkException($"the grain at {offset} cannot be unpacked: {exception.Message}", exception);
        }
    }

    private async Task<bool> TryReadAsync(byte[] into, CancellationToken cancellation)
    {
        var count = await _from.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return count == into.Length || (count == 0 ? false : throw new StreamVmdkException("it ended in the middle of a sector") { IsCut = true });
    }

    private async Task MustReadAsync(Memory<byte> into, CancellationToken cancellation)
    {
        if (await _from.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) < into.Length)
        {
            throw new StreamVmdkException("it ended before its end") { IsCut = true };
        }
    }

    private async Task SkipAsync(long count, CancellationToken cancellation)
    {
        var waste = new byte[Math.Min(count, 1 << 16)];
        for (; count > 0; count -= Math.Min(count, waste.Length))
        {
            await MustReadAsync(waste.AsMemory(0, (int)Math.Min(count, waste.Length)), cancellation).ConfigureAwait(false);
        }
    }
}
