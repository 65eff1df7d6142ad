namespace VmMigrate.Engine.Blocks;

/// <summary>A chunk on its way: what is missing of it, and the digests of its leaves so far.</summary>
internal sealed class ChunkRecord
{
    internal ChunkRecord(int digestBytes) => Leaves = new byte[DigestTree.LeavesPerChunk * digestBytes];

    internal ChunkWork Work { get; set; }

    /// <summary>Leaves that were asked for and have not come.</summary>
    internal ulong Missing { get; set; }

    internal byte[] Leaves { get; }

    /// <summary>What the target holds, where that was looked at before the source was asked: the digests of the leaves in <see cref="ThereMask"/>.</summary>
    internal byte[]? There { get; set; }

    internal ulong ThereMask { get; set; }

    /// <summary>Something of it was sent to the target.</summary>
    internal bool IsWritten { get; set; }

    /// <summary>The chunk is written when the target completed this many writes of its channel.</summary>
    internal long WrittenAt { get; set; }
}
