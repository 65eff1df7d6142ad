using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The way back: stops the VM at the target and makes sure that it stays off.</summary>
internal sealed class StopCopy : Step
{
    public override string Name => "stop VM at target";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override bool? Down => true;

    /// <summary>The same guest shuts down.</summary>
    public override string TimedAs => StopSource.Shutdown;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.WasRunning ? 5 : 0);

    public override string Describe(Run run) =>
        $"shut {run.Name} down at {run.From.Name} (up to {Human.Duration(run.Spec.ShutdownTimeout)}{(run.Spec.ForceShutdown ? ", then switch it off" : "")}) and fence it there";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        run.GoesDown();
        // Off without this note is off by somebody's hand.
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, null).With(StampNotes.DownSince, stamp[StampNotes.DownSince] ?? run.Now), cancellation);
        run.Events.Status("stop", $"waiting for {run.Name} to shut down at {run.From.Name}");
        run.ShutdownAskedAt = run.Vm.Power == PowerState.Off ? null : run.Time.GetTimestamp();
        await run.From.EnsureOffAsync(run.Vm.Id, run.Spec.ShutdownTimeout, run.Spec.ForceShutdown, cancellation);
        run.ShutdownAskedAt = null;
        await run.From.EnsureFencedAsync(run.Vm.Id, run.MigrationId, cancellation);
        return $"{run.Name} is off and fenced at {run.From.Name}";
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        await run.From.EnsureUnfencedAsync(run.Vm.Id, run.MigrationId, cancellation);
        if (run.WasRunning)
        {
            await AskedToStop.StartAgainAsync(run.From, run.Vm.Id, run, cancellation);
        }

        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.DownSince, null), cancellation);
    }
}
