using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

/// <summary>A moment that a site keeps of the disks which <see cref="Site.EnsureDiskAsync"/> has made for a migration.</summary>
/// <param name="Id">Names it in the migration: the moment, in RFC 3339.</param>
/// <param name="IsWhole">Every disk of the migration has it. One that not all have was left by a killed run: it is no point to go back to.</param>
public sealed record PointAtSite(string Id, bool IsWhole);

// Moments to go back to, kept beside the disks of a copy. They hang on the disks: who removes a disk removes what is kept of it. Optional: see WhyNoPoints.
public abstract partial class Site
{
    /// <summary>Why nothing is kept of a disk of this format here, for people; null where it can be. Asks nothing.</summary>
    /// <param name="format">Null: the format that a new disk gets.</param>
    public virtual string? WhyNoPoints(string? format) => "its driver keeps none";

    /// <summary>The migration's points here, oldest first; those of others are not told. Also while a VM runs on the disks.</summary>
    public virtual Task<ImmutableArray<PointAtSite>> FindPointsAsync(string migrationId, CancellationToken cancellation) => Task.FromResult(ImmutableArray<PointAtSite>.Empty);

    /// <summary>The migration's disks here are kept as they are now. A VM that has them is off. A point of that id which is there already stays as it is; what a killed run has begun of it is completed.</summary>
    public virtual Task EnsurePointAsync(string migrationId, string point, CancellationToken cancellation) => Task.FromException(Lacks("keep recovery points"));

    /// <summary>Opens one disk as it was at a point, for reading. A VM that has the disk is off.</summary>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.NotFound"/>: there is no such point of it.</exception>
    public virtual Task<DiskAccess> OpenPointDiskAsync(string migrationId, string point, string diskName, CancellationToken cancellation) =>
        Task.FromException<DiskAccess>(Lacks("keep recovery points"));

    /// <summary>The disks hold what they held at the point, which stays. A VM that has them is off, and what was tracked of its writes is gone before (<see cref="EnsureTrackingRemovedAsync"/>).</summary>
    public virtual Task EnsurePointRestoredAsync(string migrationId, string point, CancellationToken cancellation) => Task.FromException(Lacks("go back to a recovery point"));

    /// <summary>The point is gone from all disks; nothing happens where there is none. Also while a VM runs on them.</summary>
    public virtual Task EnsurePointRemovedAsync(string migrationId, string point, CancellationToken cancellation) => Task.CompletedTask;
}
