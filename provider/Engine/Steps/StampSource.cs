using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Writes the migration's stamp on the source, with what another runner needs to know.</summary>
/// <remarks>Not taken back after a failure: the stamp is how the next run finds its way.</remarks>
internal sealed class StampSource : Step
{
    public override string Name => "stamp source";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override string Describe(Run run) => $"mark {run.Name} at {run.From.Name} with {run.MigrationId}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        // As it stands now: an earlier step of this run may have written on it.
        var stamp = (await run.From.InspectAsync(run.Vm.Id, cancellation))?.Stamp is { Role: StampRole.Source } present && present.MigrationId == run.MigrationId
            ? present
            : new Stamp(run.MigrationId, StampRole.Source);
        // What was replicated is about to change, or to be made elsewhere.
        stamp = stamp.With(StampNotes.Replicated, null).With(StampNotes.Converted, null).With(StampNotes.Moved, null).With(StampNotes.BringBack, null).With(StampNotes.WasRunning, run.WasRunning ? "true" : "false").With(StampNotes.Owner, run.Spec.Owner.Length > 0 ? run.Spec.Owner : null);
        await SourceNotes.WriteAsync(run, stamp, cancellation);
        if ((await run.From.InspectAsync(run.Vm.Id, cancellation))?.Stamp?.MigrationId != run.MigrationId)
        {
            throw Proven.Untrue(run.From, $"{run.Name} was stamped, and it carries no stamp of ours");
        }

        return $"{run.Name} carries {run.MigrationId}";
    }
}
