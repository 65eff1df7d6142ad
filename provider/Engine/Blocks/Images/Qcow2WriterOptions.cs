namespace VmMigrate.Engine.Blocks.Images;

internal sealed record Qcow2WriterOptions
{
    internal static Qcow2WriterOptions Default { get; } = new();

    /// <summary>A power of two from 512 bytes to 2 MiB. 64 KiB is QEMU's default and what every tool expects.</summary>
    internal int ClusterBytes { get; init; } = 64 << 10;

    /// <summary>Tables kept in memory, at most: 16 MiB map 128 GiB of disk at 64 KiB clusters. When they are full, all that changed is written out.</summary>
    internal int TableCacheBytes { get; init; } = 16 << 20;
}
