namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>A disk in memory, served.</summary>
internal class NbdServedMemory(MemoryDisk disk) : NbdServedDisk
{
    internal override long LengthBytes => disk.LengthBytes;

    internal override void Read(long offset, Span<byte> into) => disk.Read(offset, into);

    internal override void Write(long offset, ReadOnlySpan<byte> content) => disk.Write(offset, content);

    internal override void Zero(long offset, long lengthBytes) => disk.Zero(offset, lengthBytes);

    internal override void Flush()
    {
    }

    internal override (long LengthBytes, bool IsZero) RunAt(long offset, long lengthBytes)
    {
        var end = offset + lengthBytes;
        var leaf = offset / DigestTree.LeafBytes;
        var isZero = !disk.IsStored(leaf);
        do
            leaf++;
        while (leaf * DigestTree.LeafBytes < end && disk.IsStored(leaf) != isZero);
        return (Math.Min(end, leaf * DigestTree.LeafBytes) - offset, isZero);
    }
}
