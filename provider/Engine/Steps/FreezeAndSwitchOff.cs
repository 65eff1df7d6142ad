using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Switches the VM off where it lives now, with its file systems frozen: in place of <see cref="StopSource"/> where that is declared.</summary>
/// <remarks>
/// A freeze writes all that the guest has buffered and lets nothing more through, so what the disks hold is what the file systems say they hold; the guest's own shutdown, which is
/// most of what a short cutover costs, falls away. Its applications see a loss of power. What fails leaves the guest running and thawed.
/// </remarks>
internal sealed class FreezeAndSwitchOff : Step
{
    public override string Name => "freeze and switch off";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override bool? Down => true;

    public override string Describe(Run run) =>
        $"freeze the file systems of {run.Name} at {run.From.Name} by its guest agent, which writes them out, and switch it off at that moment: its applications see a loss of power";

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.WasRunning ? 0.5 : 0);

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await StopSource.BeginAsync(run, cancellation);
        run.Events.Status("stop", $"freezing {run.Name} and switching it off");
        await run.From.EnsureOffFrozenAsync(run.Vm.Id, run.MigrationId, cancellation);
        return $"{run.Name} was switched off at {run.From.Name} with its file systems frozen";
    }

    public override Task UndoAsync(Run run, CancellationToken cancellation) => StopSource.StartAgainAsync(run, cancellation);
}
