namespace VmMigrate.Engine.Blocks.Images;

/// <summary>How one entry of an L1 or L2 table is read. Source: QEMU's docs/interop/qcow2.txt, "Cluster mapping".</summary>
internal static class Qcow2Entry
{
    internal const ulong OffsetMask = 0x00fffffffffffe00;
    internal const ulong Copied = 1UL << 63;
    internal const ulong Compressed = 1UL << 62;
    internal const ulong Zero = 1;

    private const ulong L1Reserved = 0x7f000000000001ff;

    // Bit 0 is the zero flag where the format has one, and is judged apart.
    private const ulong L2Reserved = 0x3f000000000001fe;

    /// <summary>Where the L2 table of an L1 entry lies; 0 when there is none.</summary>
    internal static long TableOffset(HostFile file, ulong entry, int clusterBits, long fileLength)
    {
        var offset = entry & OffsetMask;
        if ((entry & L1Reserved) != 0)
            throw Malformed(file, $"the L1 entry 0x{entry:x16} has reserved bits set.");
        if (offset == 0)
            return entry == 0 ? 0 : throw Malformed(file, $"the L1 entry 0x{entry:x16} points to the header.");
        if ((offset & ((1UL << clusterBits) - 1)) != 0)
            throw Malformed(file, $"an L2 table at offset {offset} is not at the start of a cluster.");
        if ((long)offset > fileLength - (1L << clusterBits))
            throw Malformed(file, $"an L2 table at offset {offset} reaches beyond the file's end.");
        return (long)offset;
    }

    /// <summary>Where the data of a standard (not compressed) L2 entry lies; 0 when it has none.</summary>
    internal static long DataOffset(HostFile file, ulong entry, int clusterBits, long fileLength)
    {
        var offset = entry & OffsetMask;
        if ((entry & L2Reserved) != 0)
            throw Malformed(file, $"the L2 entry 0x{entry:x16} has reserved bits set.");
        if (offset == 0)
            return (entry & Copied) == 0 ? 0 : throw Malformed(file, $"the L2 entry 0x{entry:x16} points to the header.");
        if ((offset & ((1UL << clusterBits) - 1)) != 0)
            throw Malformed(file, $"a data cluster at offset {offset} is not at the start of a cluster.");

        // The file's last cluster may be cut short (its rest reads as zeroes); one that begins behind the end has lost its data.
        if ((long)offset >= fileLength)
            throw Malformed(file, $"a data cluster at offset {offset} lies beyond the file's end ({fileLength} bytes). Was the file cut off while being copied?");
        return (long)offset;
    }

    /// <summary>Where the compressed bytes of an L2 entry lie, and how many they can be at most.</summary>
    internal static (long Offset, int LengthBytes) CompressedRange(HostFile file, ulong entry, int clusterBits, long fileLength)
    {
        var offsetBits = 62 - (clusterBits - 8);
        var offset = (long)(entry & ((1UL << offsetBits) - 1));
        var sectors = (int)((entry & ~(Copied | Compressed)) >> offsetBits) + 1;
        if ((entry & Copied) != 0 || offset >= 1L << 56)
            throw Malformed(file, $"the L2 entry 0x{entry:x16} has reserved bits set.");
        if (offset == 0 || offset >= fileLength)
            throw Malformed(file, $"compressed data at offset {offset} lies outside the file ({fileLength} bytes).");
        var length = (sectors * 512) - (int)(offset & 511);
        return (offset, (int)Math.Min(length, fileLength - offset));
    }

    private static ImageException Malformed(HostFile file, string message) =>
        new(ImageFault.Malformed, file.FilePath, message);
}
