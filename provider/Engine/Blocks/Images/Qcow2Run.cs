namespace VmMigrate.Engine.Blocks.Images;

internal enum Qcow2RunKind
{
    /// <summary>This layer stores nothing: ask the one below.</summary>
    Unallocated,
    Zero,
    Data,
    Compressed,
}

/// <summary>A stretch of the disk that one layer stores in one way.</summary>
/// <param name="HostOffset">Data: where in the file its first byte is. Compressed: where the compressed bytes of its cluster begin.</param>
/// <param name="CompressedBytes">Compressed: at most so many bytes of the file belong to its cluster.</param>
internal readonly record struct Qcow2Run(Qcow2RunKind Kind, long LengthBytes, long HostOffset = 0, int CompressedBytes = 0);
