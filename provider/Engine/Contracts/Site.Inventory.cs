using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

// Reads for many migrations at once. Optional: where a driver has none, each migration asks for itself.
public abstract partial class Site
{
    /// <summary>
    /// One look at all disks that <see cref="EnsureDiskAsync"/> has made, for whatever migration: a function from a migration's id to what
    /// <see cref="FindStampedDisksAsync"/> would have told at this moment. Null where the platform has no cheaper way than to ask for each.
    /// </summary>
    public virtual Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation) =>
        Task.FromResult<Func<string, ImmutableArray<TargetDisk>>?>(null);
}
