namespace VmMigrate.Engine.Blocks;

/// <summary>What is to be done to one chunk: which of its leaves to read, and which are zeroes. Or, with <see cref="Run"/> above 1, a run of chunks that are all zeroes.</summary>
internal readonly record struct ChunkWork(long Chunk, ulong Read, ulong Zero, int Run = 1)
{
    internal long Offset => Chunk * DigestTree.ChunkBytes;
}
