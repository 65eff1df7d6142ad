using System.Collections.Immutable;
using VmMigrate.Engine.Checks;

namespace VmMigrate.Engine.Contracts;

/// <summary>What a platform says about a VM that is to be made there, before anything is made.</summary>
/// <param name="Findings">What stands against it by the platform's own rules: limits, quotas, rights, addresses. At the properties of the declaration.</param>
/// <param name="Shape">What it would be, for the plan: size, network cards, how each was chosen.</param>
public sealed record TargetPreview(ImmutableArray<Finding> Findings, ImmutableArray<string> Shape)
{
    public static TargetPreview Nothing { get; } = new([], []);
}

/// <summary>Which way content passes between the provider and a site.</summary>
public enum LinkDirection
{
    FromSite,
    ToSite,
}

// Rules that only a platform knows. Optional.
public abstract partial class Site
{
    /// <summary>Looks at what <see cref="EnsureDefinedAsync"/> would do with this request, whose disks are not made yet. Only reads.</summary>
    public virtual Task<TargetPreview> PreviewDefinedAsync(VmRequest request, CancellationToken cancellation) => Task.FromResult(TargetPreview.Nothing);

    /// <summary>
    /// How many bytes a second pass between the provider and this site, on the way that copies take, by a try of about a second (<see cref="Estimates.LinkProbe"/> has the limits). Nothing is
    /// made anywhere: what passes comes from nowhere and goes to nowhere.
    /// </summary>
    /// <returns>Null where nothing lies between, or it cannot be tried.</returns>
    public virtual Task<double?> ProbeLinkAsync(LinkDirection direction, CancellationToken cancellation) => Task.FromResult<double?>(null);
}
