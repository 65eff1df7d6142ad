namespace VmMigrate.Engine.Contracts;

// What a preview of the way back tells. Optional.
public abstract partial class Site
{
    /// <summary>How many bytes count as changed since a checkpoint that <see cref="FindCheckpointsAsync"/> tells, in all disks together; null where only opening a round would tell. Only reads.</summary>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.NotFound"/>: the platform has lost its record, and everything may have changed.</exception>
    public virtual Task<long?> MeasureChangedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) => Task.FromResult<long?>(null);
}
