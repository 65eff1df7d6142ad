using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Makes sure that the VM cannot start where it lived, so that there are never two.</summary>
internal sealed class FenceSource : Step
{
    public override string Name => "fence source";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override string Describe(Run run) => $"{run.Name} cannot start at {run.From.Name} any more; it is kept, off";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        if (await run.From.InspectFenceAsync(run.Vm.Id, run.MigrationId, cancellation) != FenceState.Standing)
        {
            // Without a whole fence the disks may have changed: what was copied before counts for nothing.
            await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Epoch, null), cancellation);
        }

        await run.From.EnsureFencedAsync(run.Vm.Id, run.MigrationId, cancellation);

        // From here until the fence is lifted the disks do not change: copies of this epoch stay complete.
        await SourceNotes.UpdateAsync(
            run.From, run.Vm.Id, run.MigrationId, stamp => stamp[StampNotes.Epoch] is null ? stamp.With(StampNotes.Epoch, run.Now) : stamp, cancellation);
        return $"{run.Name} is fenced at {run.From.Name}";
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Epoch, null), cancellation);
        await run.From.EnsureUnfencedAsync(run.Vm.Id, run.MigrationId, cancellation);
    }
}
