using System.Collections.Immutable;
using VmMigrate.Engine.Steps;

namespace VmMigrate.Engine.Planning;

/// <summary>What kind of run it is, for headlines.</summary>
public enum PlanKind
{
    /// <summary>Everything is as declared.</summary>
    Nothing,
    Validate,
    Replicate,
    Move,
    Resume,
    RollBack,
    CleanUp,
    Commit,
}

/// <summary>The ordered steps from what is there to the goal. The list printed at preview is the list that runs.</summary>
public sealed record Plan(PlanKind Kind, ImmutableArray<Step> Steps)
{
    /// <summary>These steps only clear the ground: what is to be done then is planned from what is there then, in the same run.</summary>
    public bool ThenLookAgain { get; init; }
}
