using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Gates;

namespace VmMigrate.Engine.Steps;

/// <summary>The VM lives at the target but does not run there: an interrupted way back, or a stop by hand.</summary>
internal sealed class ResumeCopy : Step
{
    public override string Name => "start VM at target";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(10);

    public override string Describe(Run run) => run.Vm.Power == PowerState.Running
        ? $"start {run.Name} at {run.From.Name} again and see it alive"
        : $"{run.Name} is {(run.Vm.PowerDetail.Length > 0 ? run.Vm.PowerDetail : "off")} at {run.From.Name} and has to run: start it and see it alive";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, home) = (run.Seen.HomeSite, run.Seen.Home);
        if (home is not null && await site.InspectFenceAsync(home.Id, run.MigrationId, cancellation) != FenceState.Standing)
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name,
                $"{home.Name} was started or changed by hand at {site.Name} in spite of the fence, so {run.Name} must not start at {run.From.Name} as well. "
                + $"Shut down the one at {site.Name} and run again, or remove it there to keep the one at {run.From.Name}");
        }

        // It will write again, so what an interrupted way back had brought home gets old.
        if (home is not null)
        {
            await SourceNotes.UpdateAsync(
                site, home.Id, run.MigrationId, stamp => stamp[StampNotes.BringBack] is null ? stamp : stamp.With(StampNotes.BringBack, "started"), cancellation);
        }

        // It may be one that the VM had moved on from, to what is gone.
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, null), cancellation);
        await run.From.EnsureUnfencedAsync(run.Vm.Id, run.MigrationId, cancellation);
        if (!run.WasRunning)
        {
            return $"{run.Name} is off at {run.From.Name} as it was";
        }

        await run.From.EnsureRunningAsync(run.Vm.Id, cancellation);
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.DownSince, null).With(StampNotes.AskedToStop, null).With(StampNotes.Copying, null), cancellation);
        return await GuestProbe.WaitForAllAsync(run, run.From, run.Vm.Id, cancellation);
    }
}
