using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Planning;

/// <summary>Everything that can be known before a run: what is there, what would be done, what stands against it.</summary>
public sealed record Preflight
{
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>Checks whose facts could not be seen; the finding <c>facts.unknown</c> sums them up.</summary>
    public ImmutableArray<NotJudged> NotJudged { get; init; } = [];

    /// <summary>Null where the platforms could not be read far enough; then <see cref="Findings"/> says why.</summary>
    public Run? Run { get; init; }

    public Plan? Plan { get; init; }

    public Estimate? Estimate { get; init; }

    /// <summary>The VM was committed by an earlier run, and is where it is declared to be.</summary>
    public bool Committed { get; init; }

    /// <summary>The committed VM, where only this run has found out about it.</summary>
    public (Site Site, Vm Vm)? CommittedVm { get; init; }

    public bool IsBlocked => Findings.Any(finding => finding.Severity == Severity.Error);
}
