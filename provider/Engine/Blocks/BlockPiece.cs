namespace VmMigrate.Engine.Blocks;

/// <summary>What <see cref="BlockReadChannel.Receive"/> delivered: one leaf in the buffer, or a run of zeroes without content.</summary>
/// <param name="Offset">Where on the disk, in bytes; a multiple of <see cref="DigestTree.LeafBytes"/>.</param>
/// <param name="LengthBytes">At most a leaf for content; any number of whole leaves for zeroes (the disk's last leaf may be short). 0: nothing yet, ask again.</param>
/// <param name="IsZero">The source said these are zeroes; the buffer was not touched.</param>
/// <param name="IsDigest">The content stayed where it is, since nobody needs it here: the buffer begins with the leaf's digest instead.</param>
public readonly record struct BlockPiece(long Offset, int LengthBytes, bool IsZero, bool IsDigest = false);
