using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes the VM at the target but keeps its disks as a copy for the next cutover.</summary>
internal sealed class UndefineCopy : Step
{
    public override string Name => "keep disks";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override string Describe(Run run) => $"remove the VM's definition at {run.To.Name}, keep its disks";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await CopyRemoval.UndefineAsync(run.To, run.MigrationId, static _ => true, cancellation);
        if (run.Seen.Home is { } home)
        {
            // Both sides hold the same when all that was written here has gone home.
            var broughtBack = run.GoesBackTo is null && run.Spec.Rollback == Spec.RollbackChanges.BringBack;
            await SourceNotes.UpdateAsync(run.Seen.HomeSite, home.Id, run.MigrationId,
                stamp => stamp.With(StampNotes.Replicated, run.Now).With(StampNotes.ReplicaProof, broughtBack ? ProofNote.Write(run.Proofs) : null), cancellation);
        }

        return $"disks are kept at {run.To.Name}";
    }
}
