using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Stops the guest where it lives now, cleanly unless force is declared.</summary>
internal sealed class StopSource : Step
{
    internal const string Shutdown = "stop VM";

    public override string Name => Shutdown;

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override bool? Down => true;

    public override string Describe(Run run) =>
        $"shut {run.Name} down at {run.From.Name} (guest agent, then ACPI; up to {Human.Duration(run.Spec.ShutdownTimeout)}, "
        + (run.Spec.ForceShutdown ? "then switch it off)" : "never by force)");

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.WasRunning ? 5 : 0);

    /// <summary>The step that is declared for a VM which is to stop.</summary>
    internal static Step For(Run run) => run.Spec.Cutover.Stop == CutoverStop.FreezeAndSwitchOff && run.Vm.Power == PowerState.Running ? new FreezeAndSwitchOff() : new StopSource();

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await BeginAsync(run, cancellation);
        run.Events.Status("stop", $"waiting for {run.Name} to shut down");
        run.ShutdownAskedAt = run.Vm.Power == PowerState.Off ? null : run.Time.GetTimestamp();
        await run.From.EnsureOffAsync(run.Vm.Id, run.Spec.ShutdownTimeout, run.Spec.ForceShutdown, cancellation);
        run.ShutdownAskedAt = null;
        return $"{run.Name} is off at {run.From.Name}";
    }

    public override Task UndoAsync(Run run, CancellationToken cancellation) => StartAgainAsync(run, cancellation);

    /// <summary>The downtime begins. Its start stands on the platform, so that a run that takes over after a crash tells all of it.</summary>
    internal static async Task BeginAsync(Run run, CancellationToken cancellation)
    {
        var known = (await run.From.FindStampAsync(run.Vm.Id, cancellation))?[StampNotes.DownSince];
        if (DateTimeOffset.TryParse(known, System.Globalization.CultureInfo.InvariantCulture, out var since))
        {
            run.GoesDown(since);
        }
        else
        {
            run.GoesDown();
            await SourceNotes.UpdateAsync(
                run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.DownSince, Run.Instant(run.DownSince!.Value)), cancellation);
        }

        if (run.HeldBack)
        {
            // What it still has to write out it writes at full speed: that is part of its downtime.
            await run.From.EnsureSlowedAsync(run.Vm.Id, run.MigrationId, null, cancellation);
            run.HeldBack = false;
        }
    }

    internal static async Task StartAgainAsync(Run run, CancellationToken cancellation)
    {
        if (run.WasRunning)
        {
            await AskedToStop.StartAgainAsync(run.From, run.Vm.Id, run, cancellation);
        }

        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.DownSince, null), cancellation);
    }
}
