using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

/// <summary>Where the platform is to put a VM. What is null or empty stays as it is, or is the platform's to choose.</summary>
/// <param name="Networks">From each card's present network to the one it is to be on.</param>
public sealed record RelocationRequest(string VmId, string MigrationId, string? Host, string? Pool, ImmutableDictionary<string, string> Networks)
{
    /// <summary>A place of <see cref="Site.DescribeWhereAsync"/> that the VM had at the target site: it goes back to that, and the rest of the request does not count.</summary>
    public string? BackTo { get; init; }
}

/// <param name="VmId">The VM's id where it is now.</param>
/// <param name="Where">The place it has, for people.</param>
/// <param name="Duration">Zero where it was there already.</param>
public sealed record RelocationResult(string VmId, string Where, TimeSpan Duration);

// Moves of the VM itself: it is one object before and after, no copy is made and no source is left. Optional.
public abstract partial class Site
{
    /// <summary>
    /// Whether mode Live between here and there is a move of the VM itself, by <see cref="RelocateAsync"/>, and not one to a copy by <see cref="MoveLiveAsync"/>.
    /// The two may be one place: then it changes its host, its storage or its place in the inventory only. Asks nothing.
    /// </summary>
    public virtual bool Relocates(Site to) => false;

    /// <summary>Where the VM is: all that a way back to it needs, in a form of the platform's own. Short enough for a note on a stamp.</summary>
    public virtual Task<string> DescribeWhereAsync(string vmId, CancellationToken cancellation) => throw Lacks("tell a VM's place");

    /// <summary>What stands against such a move, in the platform's own words: its checker's verdict, rights, features of the processor, the link; empty: nothing is known to. Only reads.</summary>
    public virtual Task<ImmutableArray<string>> FindRelocationBlockersAsync(RelocationRequest request, Site to, CancellationToken cancellation) =>
        Task.FromResult(ImmutableArray<string>.Empty);

    /// <summary>
    /// The VM, which is here, is at <paramref name="to"/> as the request says, running as before. Success is told only when the platform's job and the VM's place, read anew, both say so. On failure
    /// or cancellation the VM goes on running where it was, or, where the platform could not be stopped any more, where it was to go; <see cref="DescribeWhereAsync"/> tells.
    /// </summary>
    /// <remarks>Repeating it after a kill waits for a job that is still under way.</remarks>
    public virtual Task<RelocationResult> RelocateAsync(RelocationRequest request, Site to, IProgress<int>? percent, CancellationToken cancellation) =>
        throw Lacks("move a VM to another place");
}
