using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

/// <summary>What a migration is going to do at a site, as far as rights depend on it.</summary>
public sealed record RightsRequest
{
    /// <summary>The VM that moves away; null at a target.</summary>
    public string? VmId { get; init; }

    /// <summary>Its changed blocks are to be read.</summary>
    public bool Tracked { get; init; }

    /// <summary>Where the copy's disks go; null at a source.</summary>
    public string? Pool { get; init; }

    public string? Host { get; init; }

    /// <summary>The copy is booted on trial (<see cref="Site.EnsureTestCloneAsync"/>).</summary>
    public bool Tests { get; init; }

    /// <summary>The VM itself is to move (<see cref="Site.Relocates"/>): no copy is made.</summary>
    public bool Relocates { get; init; }

    public ImmutableArray<string> Networks { get; init; } = [];
}

// What the account may do. Optional.
public abstract partial class Site
{
    /// <summary>The rights that the account lacks for this, each with the object that it lacks it on, in the platform's own names; null where that cannot be asked. Only asks.</summary>
    public virtual Task<ImmutableArray<string>?> FindMissingRightsAsync(RightsRequest request, CancellationToken cancellation) =>
        Task.FromResult<ImmutableArray<string>?>(null);
}
