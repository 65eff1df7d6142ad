using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>The way back: what the VM wrote at the target is copied to the source's disks before the VM starts there.</summary>
/// <remarks>
/// While it runs, the source's disks are neither old nor new: a note says so, and a rollback that discards is refused until it is done. The copy at
/// the target stays whole, so a failure brings the VM up there again.
/// </remarks>
internal sealed class BringBack : Step
{
    public override string Name => "bring changes back";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override long EstimateBytes(Run run) =>
        run.Vm.Disks.Sum(disk => disk.AllocatedBytes.TryGet(out var allocated) ? allocated : disk.LengthBytes.Or(0));

    public override string Describe(Run run) =>
        $"{string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))} from {run.From.Name} to {run.Seen.HomeSite.Name}, only what differs, digests compared on both sides{DisksAtOnce.Ways(run.From, run.Seen.HomeSite, run.Vm.Disks)}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, home) = (run.Seen.HomeSite, run.Seen.Home!);
        var now = await site.InspectAsync(home.Id, cancellation);
        if (now is null || now.Power != PowerState.Off || await site.InspectFenceAsync(home.Id, run.MigrationId, cancellation) != FenceState.Standing)
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name,
                $"{home.Name} at {site.Name} is not off and fenced any more, so its disks must not be written. Shut it down there and look at what was changed.");
        }

        await SourceNotes.UpdateAsync(site, home.Id, run.MigrationId, stamp => stamp.With(StampNotes.BringBack, "started"), cancellation);
        // What the source holds already is compared, not sent: also what a run that was killed had brought back.
        var said = await DisksAtOnce.RunAsync(run, site, async (disk, meter, stop) =>
        {
            await using var from = await run.From.OpenVmDiskAsync(run.Vm.Id, disk.Name, writable: false, stop);
            await using var to = await site.OpenVmDiskAsync(home.Id, disk.Name, writable: true, stop);
            var result = await DiskSync.RunAsync(run, new DiskSyncRequest(disk.Name, from, to, TargetIsZero: false), meter, stop);
            return (new DiskProof(disk.Name, from.LengthBytes, result.SourceDigest!, result.TargetDigest!), DisksAtOnce.Say(disk, from, to, result));
        }, cancellation);

        await SourceNotes.UpdateAsync(site, home.Id, run.MigrationId, stamp => stamp.With(StampNotes.BringBack, "done").With(StampNotes.Epoch, null), cancellation);
        return string.Join("; ", said);
    }

    /// <summary>The VM runs on at the target after a failure, so what was brought back gets old.</summary>
    public override Task UndoAsync(Run run, CancellationToken cancellation) => SourceNotes.UpdateAsync(
        run.Seen.HomeSite, run.Seen.Home!.Id, run.MigrationId,
        stamp => stamp[StampNotes.BringBack] is null ? stamp : stamp.With(StampNotes.BringBack, "started"), cancellation);
}
