namespace VmMigrate.Engine.Blocks;

/// <summary>Keeps the small map that lets a killed copy go on, next to the target's staging: any runner finds it there.</summary>
/// <remarks>The map is small: about 16 KiB per finished TiB and at most 5 KiB for each GiB begun and not finished.</remarks>
public abstract class ResumeStore
{
    /// <summary>What was saved last; null when nothing was.</summary>
    public abstract ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces what was saved. After a crash at any moment, the old or the new one is there, whole.</summary>
    public abstract ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken);

    /// <summary>Removes it; nothing happens where there is none.</summary>
    public abstract ValueTask DeleteAsync(CancellationToken cancellationToken);
}
