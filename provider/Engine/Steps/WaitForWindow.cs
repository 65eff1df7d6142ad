using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Waits until the declared window is open, before anything takes the VM down. A warm copy is kept fresh meanwhile by a round now and then.</summary>
/// <remarks>A VM that is down already is not made to wait. A run that is stopped while it waits has changed nothing that the next one does not go on from.</remarks>
internal sealed class WaitForWindow : Step
{
    /// <summary>Between two rounds of a copy that waits: what the guest has changed stays small, and its checkpoints stay rare.</summary>
    internal static readonly TimeSpan Pace = TimeSpan.FromMinutes(5);

    public override string Name => "wait for window";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    /// <remarks>The clock says how long it takes, not earlier runs.</remarks>
    public override string TimedAs => "";

    public override TimeSpan Estimate(Run run) => Left(run);

    /// <summary>The step, where the plan takes a running VM down within a declared window.</summary>
    internal static Step[] For(Run run) => run.Spec.Cutover.Window is not null && run.Vm.Power == PowerState.Running ? [new WaitForWindow()] : [];

    public override string Describe(Run run)
    {
        var window = run.Spec.Cutover.Window!;
        var (from, to) = window.Next(run.Time.GetUtcNow());
        return Left(run) is var left && left == TimeSpan.Zero
            ? $"the window {window} is open until {window.Say(to)}"
            : $"until {window.Say(from)}, in {Human.Duration(left)}: {run.Name} is taken down within {window} only, and the run lasts until then"
                + (Freshens(run) ? $"; a round of changes every {Human.Duration(Pace)} meanwhile" : "");
    }

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var window = run.Spec.Cutover.Window!;
        var waited = false;
        while (Left(run) is var left && left > TimeSpan.Zero)
        {
            waited = true;
            run.Events.Status(Name, $"{run.Name} waits until {window.Say(window.Next(run.Time.GetUtcNow()).From)}, {Human.Duration(left)} more");
            await Task.Delay(left < Pace ? left : Pace, run.Time, cancellation);
            if (Freshens(run))
            {
                await ReplicateRounds.FreshenAsync(run, cancellation);
            }
        }

        if (waited && Freshens(run))
        {
            // What is left is small again, and whether it converges is judged by the guest as it is now.
            await new ReplicateRounds().DoAsync(run, cancellation);
        }

        if (Left(run) > TimeSpan.Zero)
        {
            throw new PlatformException(
                PlatformErrorKind.TimedOut, run.From.Name,
                $"the window {window} closed before {run.Name} was ready to be taken down; nothing was, and what was copied is kept. The next run waits for {window.Say(window.Next(run.Time.GetUtcNow()).From)}");
        }

        return $"the window {window} is open until {window.Say(window.Next(run.Time.GetUtcNow()).To)}";
    }

    /// <summary>There is a copy to be kept fresh; a VM that is only put back where it lives has none.</summary>
    private static bool Freshens(Run run) => run.Spec.Mode == MigrationMode.Warm && run.From != run.To;

    private static TimeSpan Left(Run run)
    {
        var now = run.Time.GetUtcNow();
        var from = run.Spec.Cutover.Window!.Next(now).From;
        return from > now ? from - now : TimeSpan.Zero;
    }
}
