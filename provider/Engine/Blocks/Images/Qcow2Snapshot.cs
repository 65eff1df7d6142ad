using System.Buffers.Binary;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>An internal snapshot: a second L1 table in the same file.</summary>
internal sealed record Qcow2Snapshot
{
    /// <summary>QEMU's limits: 65536 snapshots, 64 MiB of table. Ours is lower for the table: only its entries' heads and names are kept.</summary>
    private const int MaxCount = 65536;
    private const int MaxTableBytes = 16 << 20;
    private const int HeadBytes = 40;

    internal required string Id { get; init; }

    internal required string Name { get; init; }

    internal required long LengthBytes { get; init; }

    internal required DateTimeOffset TakenAt { get; init; }

    internal required long L1Offset { get; init; }

    internal required uint L1Entries { get; init; }

    /// <summary>All snapshots of an image, oldest first. Source: QEMU's docs/interop/qcow2.txt, "Snapshots".</summary>
    internal static IReadOnlyList<Qcow2Snapshot> ReadAll(HostFile file, Qcow2Header header)
    {
        if (header.SnapshotCount > MaxCount)
            throw Malformed(file, $"it says that it has {header.SnapshotCount} snapshots; the most that is supported is {MaxCount}.");
        var found = new List<Qcow2Snapshot>();
        var at = header.SnapshotsOffset;
        Span<byte> head = stackalloc byte[HeadBytes];
        for (var i = 0; i < header.SnapshotCount; i++)
        {
            file.ReadExactly(head, at, "the snapshot table");
            int idBytes = BinaryPrimitives.ReadUInt16BigEndian(head[12..]);
            int nameBytes = BinaryPrimitives.ReadUInt16BigEndian(head[14..]);
            var extraBytes = BinaryPrimitives.ReadUInt32BigEndian(head[36..]);
            var tail = extraBytes + (long)idBytes + nameBytes;
            if (at + HeadBytes + tail - header.SnapshotsOffset > MaxTableBytes)
                throw Malformed(file, $"its snapshot table is larger than {MaxTableBytes} bytes.");
            var rest = new byte[tail];
            file.ReadExactly(rest, at + HeadBytes, "the snapshot table");
            found.Add(Read(file, header, head, rest, (int)extraBytes, idBytes));
            at += (HeadBytes + tail + 7) & ~7L;
        }

        return found;
    }

    private static Qcow2Snapshot Read(HostFile file, Qcow2Header header, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, int extraBytes, int idBytes)
    {
        // Before version 3 the extra data, and with it the disk's size, may be missing: then no snapshot differs in size.
        var length = extraBytes >= 16 ? BinaryPrimitives.ReadUInt64BigEndian(rest[8..]) : (ulong)header.LengthBytes;
        if (length > long.MaxValue)
            throw Malformed(file, $"a snapshot's disk would be {length} bytes.");
        return new Qcow2Snapshot
        {
            Id = Qcow2Header.Printable(rest.Slice(extraBytes, idBytes)),
            Name = Qcow2Header.Printable(rest[(extraBytes + idBytes)..]),
            LengthBytes = (long)length,
            TakenAt = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(head[16..])),
            L1Offset = Qcow2Header.Aligned(file, BinaryPrimitives.ReadUInt64BigEndian(head), header.ClusterBytes, "snapshot's L1 table"),
            L1Entries = BinaryPrimitives.ReadUInt32BigEndian(head[8..]),
        };
    }

    private static ImageException Malformed(HostFile file, string message) => new(ImageFault.Malformed, file.FilePath, message);
}
