using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Gates;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Sees the guest alive at the target by every declared probe, and accepts the copy: from here on the VM lives there.</summary>
internal sealed class ProveGuest : Step
{
    public override string Name => "prove";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.WasRunning ? 15 : 0);

    public override string Describe(Run run) => run.WasRunning
        ? $"digests of {run.Vm.Disks.Length} disk{(run.Vm.Disks.Length == 1 ? "" : "s")} equal on both sides; {string.Join(", ", run.Spec.Probes.Select(GuestProbe.Describe).Concat(PlatformChecks.Of(run, run.To).Select(PlatformChecks.Describe)))}"
        : $"digests of {run.Vm.Disks.Length} disk{(run.Vm.Disks.Length == 1 ? "" : "s")} equal on both sides; the VM was off and stays off";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        if (run.Vm.Disks.FirstOrDefault(disk => !run.Proofs.Any(proof => proof.Disk == disk.Name && proof.SourceDigest == proof.TargetDigest)) is { } unproven)
        {
            throw new PlatformException(PlatformErrorKind.Refused, run.To.Name, $"Disk {unproven.Name} of {run.Name} has no equal digests of both sides, so nothing is accepted at {run.To.Name}. This is a bug, please report it");
        }

        var since = run.Time.GetTimestamp();
        if (!run.WasRunning)
        {
            run.Guest = "not started: it was off before the move";
        }
        else
        {
            run.Guest = await GuestProbe.WaitForAllAsync(run, run.To, run.CopyId!, cancellation);

            // A live move has measured its pause already.
            run.Downtime = run.DownFor ?? run.Downtime;
            run.Guest += await PlatformChecks.WaitForAllAsync(run, run.To, run.CopyId!, cancellation);
        }

        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, run.Now).With(StampNotes.DownSince, null).With(StampNotes.AskedToStop, null).With(StampNotes.Copying, null), cancellation);

        // The last write of a move: with it the VM lives at the target.
        await Proven.NotedAsync(
            run.To,
            run.CopyId!,
            run.MigrationId,
            stamp => stamp.With(StampNotes.Accepted, run.Now)
                .With(StampNotes.Tracked, run.TrackedSince)
                .With(StampNotes.Guest, run.Guest)
                .With(StampNotes.Ran, RunRecord.Of(run, TimedAs, run.Time.GetElapsedTime(since))?.Write())
                .With(StampNotes.Downtime, run.Downtime?.TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)),
            cancellation);
        return run.Downtime is { } time ? $"{run.Guest}; down {Human.Duration(time)}" : run.Guest;
    }

    /// <summary>The acceptance may have been written and its reply lost: without taking it back, two copies would count as the VM.</summary>
    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        if (run.CopyId is { } id)
        {
            await SourceNotes.UpdateAsync(run.To, id, run.MigrationId, stamp => stamp.With(StampNotes.Accepted, null), cancellation);
            await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, null), cancellation);
        }
    }
}
