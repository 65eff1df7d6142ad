using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Reads the bitmaps of one qcow2 file. Source: QEMU's docs/interop/qcow2.txt, "Bitmaps extension" and "Bitmaps".</summary>
internal sealed class Qcow2Bitmaps(HostFile file, Qcow2Header header)
{
    /// <summary>QEMU's limits: 65535 bitmaps with names of 1023 bytes; ours for the directory is lower than their product.</summary>
    private const int MaxCount = 65535;
    private const int MaxDirectoryBytes = 16 << 20;
    private const int HeadBytes = 24;

    private const uint InUse = 1 << 0;
    private const uint Recording = 1 << 1;
    private const uint ExtraDataCompatible = 1 << 2;

    /// <summary>Bitmaps of all kinds, stale ones too.</summary>
    internal IReadOnlyList<Qcow2Bitmap> ReadAll()
    {
        if (header.Bitmaps is not { } directory)
            return [];
        if (directory.Count is 0 or > MaxCount || directory.SizeBytes > MaxDirectoryBytes)
            throw Malformed($"its bitmap directory has {directory.Count} bitmaps in {directory.SizeBytes} bytes.");
        var offset = Qcow2Header.Aligned(file, directory.Offset, header.ClusterBytes, "bitmap directory");
        if (offset > file.LengthBytes - (long)directory.SizeBytes)
            throw Malformed($"its bitmap directory ({directory.SizeBytes} bytes at offset {offset}) reaches beyond the file's end.");
        var bytes = new byte[directory.SizeBytes];
        file.ReadExactly(bytes, offset, "the bitmap directory");

        var found = new List<Qcow2Bitmap>();
        var at = 0;
        for (var i = 0; i < directory.Count; i++)
        {
            if (at > bytes.Length - HeadBytes)
                throw Malformed("its bitmap directory is shorter than its entries.");
            var head = bytes.AsSpan(at, HeadBytes);
            var flags = BinaryPrimitives.ReadUInt32BigEndian(head[12..]);
            var granularityBits = head[17];
            int nameBytes = BinaryPrimitives.ReadUInt16BigEndian(head[18..]);
            var extraBytes = BinaryPrimitives.ReadUInt32BigEndian(head[20..]);
            var entryBytes = (HeadBytes + nameBytes + (long)extraBytes + 7) & ~7L;
            if (nameBytes == 0 || entryBytes > bytes.Length - at)
                throw Malformed("its bitmap directory has an entry that does not fit in.");
            var name = Qcow2Header.Printable(bytes.AsSpan(at + HeadBytes + (int)extraBytes, nameBytes));
            if (head[16] != 1 || granularityBits is < 9 or > 31 || (flags & ~7u) != 0)
                throw Malformed($"its bitmap \"{name}\" is of type {head[16]}, granularity 2^{granularityBits} and flags 0x{flags:x}; type 1, 2^9 to 2^31 and flags 0 to 7 are known.");
            found.Add(new Qcow2Bitmap
            {
                Name = name,
                GranularityBytes = 1L << granularityBits,
                IsInUse = (flags & InUse) != 0,
                IsRecording = (flags & Recording) != 0,
                HasUnknownData = extraBytes != 0 && (flags & ExtraDataCompatible) == 0,
                TableOffset = Qcow2Header.Aligned(file, BinaryPrimitives.ReadUInt64BigEndian(head), header.ClusterBytes, "bitmap table"),
                TableEntries = BinaryPrimitives.ReadUInt32BigEndian(head[8..]),
            });
            at += (int)entryBytes;
        }

        return found;
    }

    /// <summary>The dirty ranges of a bitmap, in order, neighbours joined.</summary>
    /// <exception cref="ImageException">There is no such bitmap, or nothing that it says can be relied on.</exception>
    internal IEnumerable<Extent> Dirty(string name, Extent within)
    {
        var bitmap = ReadAll().FirstOrDefault(b => b.Name == name)
            ?? throw new ImageException(ImageFault.NotFound, file.FilePath, $"it has no bitmap \"{name}\".");
        if ((header.AutoclearFeatures & Qcow2Header.BitmapsAutoclear) == 0)
            throw Stale(name, "the image was written to by a program that does not keep bitmaps");
        if (bitmap.IsInUse)
            throw Stale(name, "it is marked as in use: the VM or program that kept it did not close the image");
        if (bitmap.HasUnknownData)
            throw new ImageException(ImageFault.Unsupported, file.FilePath, $"its bitmap \"{name}\" has extra data that we do not know.");

        var bits = (header.LengthBytes / bitmap.GranularityBytes) + (header.LengthBytes % bitmap.GranularityBytes == 0 ? 0 : 1);
        var bytes = (bits + 7) / 8;
        var clusters = (bytes + header.ClusterBytes - 1) >> header.ClusterBits;
        if (bitmap.TableEntries != clusters)
            throw Malformed($"the table of its bitmap \"{name}\" has {bitmap.TableEntries} entries where the disk needs {clusters}.");
        return Join(Walk(bitmap, within));
    }

    private IEnumerable<Extent> Walk(Qcow2Bitmap bitmap, Extent within)
    {
        if (within.LengthBytes == 0)
            yield break;
        var perCluster = header.ClusterBytes * 8L * bitmap.GranularityBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(header.ClusterBytes);
        try
        {
            for (var at = within.Offset; at < within.End;)
            {
                var index = at / perCluster;
                var end = index >= (within.End - 1) / perCluster ? within.End : (index + 1) * perCluster;
                var entry = TableEntry(bitmap, index);
                if (entry == 1)
                {
                    yield return new Extent(at, end - at);
                }
                else if (entry != 0)
                {
                    file.ReadExactly(buffer.AsSpan(0, header.ClusterBytes), (long)entry, "bitmap data");
                    foreach (var run in Runs(buffer, index * perCluster, bitmap.GranularityBytes, at, end))
                        yield return run;
                }

                at = end;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ulong TableEntry(Qcow2Bitmap bitmap, long index)
    {
        var entry = 0UL;
        file.ReadExactly(MemoryMarshal.AsBytes(new Span<ulong>(ref entry)), bitmap.TableOffset + (index * 8), "a bitmap table");
        entry = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(entry) : entry;
        var offset = entry & Qcow2Entry.OffsetMask;
        if ((entry & ~Qcow2Entry.OffsetMask & ~1UL) != 0 || (offset != 0 && (entry & 1) != 0) || offset % (ulong)header.ClusterBytes != 0)
            throw Malformed($"the table of its bitmap \"{bitmap.Name}\" has the impossible entry 0x{entry:x16}.");
        return entry;
    }

    /// <summary>The runs of set bits between two disk offsets; bit 0 of byte 0 stands for the granule at <paramref name="start"/>.</summary>
    private static IEnumerable<Extent> Runs(byte[] bits, long start, long granularity, long from, long to)
    {
        var last = (to - 1 - start) / granularity;
        for (var bit = (from - start) / granularity; bit <= last;)
        {
            // Most of a bitmap is empty: whole bytes are passed over at once.
            if ((bit & 7) == 0 && bits[bit >> 3] == 0)
            {
                bit += 8;
                continue;
            }

            if ((bits[bit >> 3] >> (int)(bit & 7) & 1) == 0)
            {
                bit++;
                continue;
            }

            var first = bit;
            while (bit <= last && (bits[bit >> 3] >> (int)(bit & 7) & 1) != 0)
                bit++;
            var begin = Math.Max(from, start + (first * granularity));
            var end = bit > last ? to : start + (bit * granularity);
            yield return new Extent(begin, end - begin);
        }
    }

    private static IEnumerable<Extent> Join(IEnumerable<Extent> runs)
    {
        Extent? open = null;
        foreach (var run in runs)
        {
            if (open is { } before && before.End == run.Offset)
            {
                open = new Extent(before.Offset, before.LengthBytes + run.LengthBytes);
                continue;
            }

            if (open is { } done)
                yield return done;
            open = run;
        }

        if (open is { } final)
            yield return final;
    }

    private ImageException Stale(string name, string why) => new(
        ImageFault.Inconsistent, file.FilePath,
        $"its bitmap \"{name}\" is inconsistent ({why}), so it cannot tell what changed. Copy the whole disk once more, and remove the bitmap with qemu-img bitmap --remove.");

    private ImageException Malformed(string message) => new(ImageFault.Malformed, file.FilePath, message);
}
