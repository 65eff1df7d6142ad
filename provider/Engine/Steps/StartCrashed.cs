using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>The VM's hypervisor died while a run read from it, and that run could not start it again: starts it where it lives, before anything else.</summary>
internal sealed class StartCrashed : Step
{
    public override string Name => "start crashed VM";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(1);

    public override string Describe(Run run) =>
        $"start {run.Name} at {run.From.Name}: its hypervisor died while a run copied from it, and that run has not started it again";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation) => await AgainAsync(run, cancellation)
        ? $"{run.Name} runs at {run.From.Name} again, as after a power cut"
        : $"{run.Name} is not down by a crash at {run.From.Name} any more";

    /// <summary>
    /// A VM whose hypervisor has died under this run or one before runs again; one that was switched off stays off, for that was somebody's will. The note goes last: while it stands, every run knows that a VM
    /// which has crashed has to run.
    /// </summary>
    /// <param name="note">What else is to be noted by then.</param>
    internal static async Task<bool> AgainAsync(Run run, CancellationToken cancellation, Func<Stamp, Stamp>? note = null)
    {
        var crashed = run.WasRunning && await run.From.InspectAsync(run.Vm.Id, cancellation) is { Crashed: true };
        if (crashed)
        {
            if (run.From != run.Seen.HomeSite && run.Seen.Home is { } home && await run.Seen.HomeSite.InspectFenceAsync(home.Id, run.MigrationId, cancellation) != FenceState.Standing)
            {
                throw new PlatformException(
                    PlatformErrorKind.Refused, run.Seen.HomeSite.Name,
                    $"{home.Name} was started or changed by hand at {run.Seen.HomeSite.Name} in spite of the fence, so {run.Name}, whose hypervisor has died, must not start at {run.From.Name} as well. Shut it down at {run.Seen.HomeSite.Name}");
            }

            run.Events.Say(Severity.Warning, $"The hypervisor of {run.Name} at {run.From.Name} died amid the copy: {run.Name} is started again, as after a power cut.");
            await Proven.RunningAsync(run.From, run.Vm.Id, run.Name, cancellation);
        }

        await Proven.NotedAsync(run.From, run.Vm.Id, run.MigrationId, stamp => (note?.Invoke(stamp) ?? stamp).With(StampNotes.Copying, null), cancellation);
        return crashed;
    }

    /// <summary>There is such a VM, and nothing else of the migration runs that may be the VM.</summary>
    internal static bool IsDue(Observation seen) => seen.CrashedUnderRun && seen.StrayCopies.All(copy => copy.Vm.Power == PowerState.Off);
}
