using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

// One migration, one driver: a lease that stands on the platform itself.
public abstract partial class Site
{
    /// <summary>Whether the platform can keep leases: whether <see cref="TrySetLeaseAsync"/> compares and swaps in one step.</summary>
    public virtual bool KeepsLeases => false;

    /// <summary>The lease of this migration as it stands, run out or not; null when nobody holds one.</summary>
    public virtual Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation) => Task.FromResult<Lease?>(null);

    /// <summary>
    /// In one step of the platform: where the lease that stands has the token <paramref name="expected"/> (null: where none stands), <paramref name="next"/> takes its
    /// place (null: none stands any more).
    /// </summary>
    /// <returns>False, with nothing changed, where another stands.</returns>
    public virtual Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation) => throw Lacks("keep a lease");

    /// <summary>After a take-over: ends servers of this migration's disks that run on the site's host on behalf of a run which no longer holds the lease, so that the disks are free.</summary>
    /// <returns>What was ended, for people; nothing where the platform serves no disks by processes of ours on its hosts.</returns>
    public virtual Task<ImmutableArray<string>> EndLateServersAsync(string migrationId, CancellationToken cancellation) => Task.FromResult(ImmutableArray<string>.Empty);
}
