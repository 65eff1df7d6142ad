namespace VmMigrate.Engine.Blocks;

/// <summary>A disk to write to.</summary>
public abstract class BlockWriter : IAsyncDisposable
{
    /// <summary>What to call the disk in messages; contains no secret.</summary>
    public abstract string Name { get; }

    public abstract long LengthBytes { get; }

    /// <summary>How many channels may be open at once.</summary>
    public virtual int MaxChannels => 1;

    /// <summary>Opens a channel for one thread, within a limit of time. Dispose it to give it back.</summary>
    /// <exception cref="BlockException">The disk cannot be reached or refuses.</exception>
    public abstract BlockWriteChannel Open(CancellationToken cancellationToken);

    /// <summary>A reader of the same disk, to read back what was written; null where that is impossible. The writer keeps owning it.</summary>
    public virtual BlockReader? ReadBack => null;

    public abstract ValueTask DisposeAsync();
}
