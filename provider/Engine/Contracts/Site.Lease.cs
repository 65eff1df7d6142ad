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
}
