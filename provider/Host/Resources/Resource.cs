using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources;

/// <summary>What both front ends call. Values come in and go out as neutral trees; nothing here knows a wire format.</summary>
/// <remarks>One instance serves one configured provider and many calls at once.</remarks>
internal abstract class Resource
{
    internal abstract ResourceType Type { get; }

    /// <summary>
    /// Rules beyond the schema's own (which the caller has applied with <see cref="InputCheck"/>: defaults are in). A part that has another shape than the schema says
    /// has been told already, and is left alone, as are unknown members. No I/O beyond the provider's config.
    /// </summary>
    internal abstract ImmutableArray<Finding> Check(MapValue inputs);

    /// <summary>The id that this declaration has for its whole life, or null while an input that it rests on is unknown.</summary>
    internal abstract string? IdOf(MapValue inputs);

    /// <summary>What differs between the last applied inputs and state on one side and the new inputs on the other. No I/O.</summary>
    internal abstract DiffOutcome Diff(DiffCall call);

    /// <summary>Preview: read-only preflight and plan. Never changes anything anywhere.</summary>
    internal abstract Task<PlanOutcome> PlanAsync(PlanCall call, CancellationToken cancellation);

    /// <summary>
    /// Create and update: drives from what is there to the goal. Does not throw for a run that failed half-way: the outcome carries the
    /// state and the reasons. Throws <see cref="ResourceException"/> only when nothing of ours exists anywhere.
    /// </summary>
    internal abstract Task<ApplyOutcome> ApplyAsync(ApplyCall call, RunEvents reporter, CancellationToken cancellation);

    /// <summary>Refresh and import (no state then). Changes nothing. Null: there is no such thing any more.</summary>
    internal abstract Task<ReadOutcome?> ReadAsync(ReadCall call, CancellationToken cancellation);

    /// <summary>Before commit: roll back and remove what is ours; after it: let go. Safe to repeat. Throws <see cref="ResourceException"/>.</summary>
    internal abstract Task DeleteAsync(DeleteCall call, RunEvents reporter, CancellationToken cancellation);
}

/// <summary>A function (Pulumi) or data source (Terraform).</summary>
internal abstract class Function
{
    internal abstract FunctionType Type { get; }

    /// <summary>Arguments have passed the schema's checks and hold no unknown. Findings of severity error mean that there is no result.</summary>
    internal abstract Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation);
}

/// <param name="Owner">Who declares it, for messages and stamps: the URN in Pulumi, empty in Terraform, which does not tell.</param>
internal sealed record PlanCall(string Owner, string? Id, MapValue? OldInputs, MapValue? OldState, MapValue Inputs);

/// <param name="State">All outputs and echoed inputs; what is not known before apply is <see cref="Value.Unknown"/>.</param>
/// <param name="Summary">One line: mode, from where to where, bytes, time, downtime, number of warnings.</param>
internal sealed record PlanOutcome(MapValue State, ImmutableArray<Finding> Findings, string Summary, ImmutableArray<PlannedStep> Steps);

/// <summary>A step as preview lists it.</summary>
internal sealed record PlannedStep(string Name, string Detail);

internal sealed record ApplyCall(string Owner, string Id, MapValue? OldInputs, MapValue? OldState, MapValue Inputs, TimeSpan? Timeout);

/// <param name="Unfinished">Why the goal is not reached; empty when it is. Each line is a whole message for a person.</param>
/// <param name="AtRest">False while the state will change by itself, a hand may change it, or the run must go on: a refresh is due before the next update.</param>
internal sealed record ApplyOutcome(MapValue State, ImmutableArray<string> Unfinished, ImmutableArray<Finding> Findings, bool AtRest);

/// <param name="OldState">Null for an import.</param>
internal sealed record ReadCall(string Owner, string Id, MapValue? OldInputs, MapValue? OldState);

internal sealed record ReadOutcome(string Id, MapValue Inputs, MapValue State, ImmutableArray<string> Unfinished, ImmutableArray<Finding> Findings, bool AtRest);

internal sealed record DeleteCall(string Owner, string Id, MapValue? OldInputs, MapValue OldState, TimeSpan? Timeout);

/// <param name="Id">May be null when it is not known.</param>
internal sealed record DiffCall(string? Id, MapValue OldInputs, MapValue OldState, MapValue Inputs);

/// <param name="Stable">Outputs that will stay as they are in spite of the changes.</param>
internal sealed record DiffOutcome(ImmutableArray<PropertyChange> Changes, ImmutableArray<string> Stable);

internal sealed record FunctionOutcome(MapValue Result, ImmutableArray<Finding> Findings);

/// <summary>A call failed and nothing was left behind that the engine should remember. The message is whole, for a person.</summary>
internal sealed class ResourceException : Exception
{
    public ResourceException(string message)
        : base(message)
    {
    }

    public ResourceException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public ResourceException()
    {
    }

    /// <summary>Where in the input, if the user's input caused it.</summary>
    internal ImmutableArray<Finding> Findings { get; init; } = [];
}
