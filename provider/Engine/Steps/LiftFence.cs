using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>An interrupted cutover is not to go on: lifts its fence. What was copied under it is no longer complete.</summary>
internal sealed class LiftFence : Step
{
    public override string Name => "lift fence";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override string Describe(Run run) => $"lift the fence that an interrupted run left on {run.Name} at {run.From.Name}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await SourceNotes.UpdateAsync(
            run.From, run.Vm.Id, run.MigrationId,
            stamp => stamp.With(StampNotes.Epoch, null).With(StampNotes.Moved, null).With(StampNotes.DownSince, stamp[StampNotes.DownSince] ?? run.Now), cancellation);
        await run.From.EnsureUnfencedAsync(run.Vm.Id, run.MigrationId, cancellation);
        return $"{run.Name} has no fence at {run.From.Name}";
    }
}
