namespace VmMigrate.Engine.Blocks.Images;

/// <summary>How an image is opened for reading.</summary>
internal sealed record ImageOpenOptions
{
    internal static ImageOpenOptions Default { get; } = new();

    /// <summary>What to do with a backing file. An image names any path it likes there, so refuse it where whoever wrote the image must not choose which files we read.</summary>
    internal BackingPolicy Backing { get; init; } = BackingPolicy.Follow;

    /// <summary>The format of backing files whose overlay does not name one; null refuses them. Never found by looking: a guest can write a qcow2 header into a raw disk and so name any file of the host.</summary>
    internal ImageFormat? BackingFormatWhenMissing { get; init; }

    /// <summary>The internal snapshot to read instead of the current state: its id or its name (an id wins).</summary>
    internal string? Snapshot { get; init; }

    /// <summary>Mapping tables kept in memory for the whole chain, at most.</summary>
    internal int TableCacheBytes { get; init; } = 8 << 20;
}
