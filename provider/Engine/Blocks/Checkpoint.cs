namespace VmMigrate.Engine.Blocks;

/// <summary>Chunks that the target acknowledged, and which count as done once it has made them stable.</summary>
internal sealed class Checkpoint
{
    internal List<ChunkRecord> Records { get; } = [];

    internal long Bytes { get; set; }
}
