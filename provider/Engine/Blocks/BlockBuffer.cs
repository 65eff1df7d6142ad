namespace VmMigrate.Engine.Blocks;

/// <summary>One piece of a disk on its way: a pinned buffer, with room in front of the content.</summary>
/// <remarks>
/// A writer may use the room in front (<see cref="HeadroomBytes"/>) to put its wire header there, so that header and content go out in one call.
/// A worker owns one buffer and reuses it for every piece: nothing is allocated per block.
/// </remarks>
public sealed class BlockBuffer
{
    /// <summary>Room in front of the content which whoever holds the buffer may overwrite.</summary>
    public const int HeadroomBytes = 64;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(HeadroomBytes + DigestTree.LeafBytes, pinned: true);

    /// <summary>The largest content: one leaf of the digest tree.</summary>
    public static int CapacityBytes => DigestTree.LeafBytes;

    /// <summary>How much of <see cref="Whole"/> is content now.</summary>
    public int LengthBytes { get; set; }

    /// <summary>The content.</summary>
    public Span<byte> Content => _bytes.AsSpan(HeadroomBytes, LengthBytes);

    /// <summary>All the room for content, <see cref="CapacityBytes"/> long.</summary>
    public Span<byte> Whole => _bytes.AsSpan(HeadroomBytes, CapacityBytes);

    /// <summary>The last <paramref name="headerBytes"/> of the headroom, then the content.</summary>
    public Span<byte> WithHeader(int headerBytes) => _bytes.AsSpan(HeadroomBytes - headerBytes, headerBytes + LengthBytes);
}
