using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Starts the VM at the target.</summary>
internal sealed class StartTarget : Step
{
    /// <summary>The checkpoint from which on everything that the guest writes at the target is told.</summary>
    private const string Checkpoint = "cutover";

    public override string Name => "start VM";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(1);

    public override string Describe(Run run) => $"start {run.Placement!.Name} at {run.To.Name}{(run.To.Capabilities.ChangedBlockTracking ? ", its writes tracked for the way back" : "")}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        if (await run.From.InspectFenceAsync(run.Vm.Id, run.MigrationId, cancellation) != FenceState.Standing)
        {
            throw new PlatformException(
                PlatformErrorKind.Refused,
                run.From.Name,
                $"{run.Name} was started or changed by hand at {run.From.Name} in spite of the fence, so it must not start at {run.To.Name} as well. "
                + $"Shut it down at {run.From.Name} and run again: its disks will be compared and what changed will be copied.");
        }

        // From now on its guest writes there: the target's disks hold no checkpoint of the source any more.
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Synced, null), cancellation);
        if (!run.To.Capabilities.ChangedBlockTracking)
        {
            await run.To.EnsureRunningAsync(run.CopyId!, cancellation);
            return $"{run.Placement!.Name} was started at {run.To.Name}";
        }

        // A way back has to bring only what it writes from its first moment on.
        var tracked = await run.To.EnsureRunningTrackedAsync(run.CopyId!, run.MigrationId, Checkpoint, cancellation);
        run.TrackedSince = tracked && run.Seen.Current is null && run.GoesBackTo is null ? Checkpoint : null;
        return $"{run.Placement!.Name} was started at {run.To.Name}, {(tracked ? "and what it writes is tracked" : "what it writes is not tracked: a way back compares whole disks")}";
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        if (run.CopyId is { } id)
        {
            // Nobody has accepted this copy yet: nothing written in it counts, so there is no need to wait for its guest.
            await Proven.OffAsync(run.To, id, TimeSpan.Zero, cancellation);
        }
    }
}
