using VmMigrate.Engine.Schema;
using VmMigrate.Host.Resources.Migration;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>The functions that preview a move without declaring it. They take the same words as the resource.</summary>
internal static class PreflightType
{
    private static ObjectType StepEstimate { get; } = new(
        "StepEstimate",
        "A step that a run would do.",
        [
            new("name", FieldType.Text, "The step's name.") { AlwaysSet = true },
            new("detail", FieldType.Text, "What it would do.") { AlwaysSet = true },
            new("bytes", FieldType.Number, "What it would copy.") { AlwaysSet = true },
            new("seconds", FieldType.Number, "How long it is expected to take.") { AlwaysSet = true },
            new("secondsRange", FieldType.Of(MigrationType.Range), "How far that may be off.") { AlwaysSet = true },
            new("down", FieldType.Bool, "Whether the VM, which was on, is off in this step or in a part of it.") { AlwaysSet = true },
            new("basis", FieldType.Text, "`recorded`, `declared`, `measured` or `assumed`.") { AlwaysSet = true },
        ]);

    private static readonly Field _summary = new("summary", FieldType.Text, "One line: mode, from where to where, bytes, time, downtime, number of warnings.") { AlwaysSet = true };

    private static readonly Field _estimate = new("estimate", FieldType.Of(MigrationType.Estimate), "What a run is expected to take; absent where the sites could not be read far enough.");

    private static readonly Field _steps = new("steps", FieldType.ListOf(FieldType.Of(StepEstimate)), "What a run would do, in order.") { AlwaysSet = true };

    internal static FunctionType GetPreflight { get; } = new(
        "getPreflight",
        "Previews a move without declaring it: what stands against it, what would happen, how long it takes. Only reads. What is found comes back as data; nothing fails because of it.",
        Arguments("GetPreflightArgs"),
        new(
            "GetPreflightResult",
            "What the preview found.",
            [
                new("verdict", FieldType.Text, "`ready`, `needs-attention` (there are warnings) or `blocked` (there are errors).") { AlwaysSet = true },
                _summary,
                new("migrationId", FieldType.Text, "The stamp that this migration would write on everything it makes.") { AlwaysSet = true },
                new("findings", FieldType.ListOf(FieldType.Of(MigrationType.Finding)), "All of them, worst first.") { AlwaysSet = true },
                _estimate,
                _steps,
            ]));

    internal static FunctionType GetEstimate { get; } = new(
        "getEstimate",
        "What a move is expected to take, and what that rests on. Only reads.",
        Arguments("GetEstimateArgs"),
        new("GetEstimateResult", "What the move is expected to take.", [_summary, _estimate, _steps]));

    /// <summary>What a preview does not look at is left out.</summary>
    private static ObjectType Arguments(string name) => new(
        name,
        "The move, in the words of the resource.",
        [.. MigrationType.Type.Inputs.Where(field => field.Name is not "timeouts")]);
}
