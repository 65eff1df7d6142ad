using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Home's disks while the way back writes them: neither old nor new until it is done.</summary>
internal static class HomeDisks
{
    /// <summary>They may be written now, and a note says from here on that a rollback must not discard.</summary>
    internal static async Task BeginAsync(Run run, CancellationToken cancellation)
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
    }

    /// <summary>Every disk becomes what another holds. What it holds already is compared, not sent: also what a run that was killed had brought back.</summary>
    /// <param name="openFrom">Opens what a disk is to become.</param>
    /// <returns>What was done, for people; the proofs are the run's.</returns>
    internal static async Task<string> MakeEqualAsync(Run run, Func<Disk, CancellationToken, Task<DiskAccess>> openFrom, CancellationToken cancellation)
    {
        var (site, home) = (run.Seen.HomeSite, run.Seen.Home!);
        run.Proofs.Clear();
        var said = await DisksAtOnce.RunAsync(run, site, async (disk, meter, stop) =>
        {
            await using var from = await openFrom(disk, stop);
            await using var to = await site.OpenVmDiskAsync(home.Id, disk.Name, writable: true, stop);
            var result = await DiskSync.RunAsync(run, new DiskSyncRequest(disk.Name, from, to, TargetIsZero: false), meter, stop);
            return (new DiskProof(disk.Name, from.LengthBytes, result.SourceDigest!, result.TargetDigest!), DisksAtOnce.Say(disk, from, to, result));
        }, cancellation);
        return string.Join("; ", said);
    }

    internal static Task DoneAsync(Run run, CancellationToken cancellation) => SourceNotes.UpdateAsync(
        run.Seen.HomeSite, run.Seen.Home!.Id, run.MigrationId, stamp => stamp.With(StampNotes.BringBack, "done").With(StampNotes.Epoch, null), cancellation);

    /// <summary>The VM runs on at the target after a failure, so what was brought back gets old.</summary>
    internal static Task GetOldAsync(Run run, CancellationToken cancellation) => SourceNotes.UpdateAsync(
        run.Seen.HomeSite, run.Seen.Home!.Id, run.MigrationId,
        stamp => stamp[StampNotes.BringBack] is null ? stamp : stamp.With(StampNotes.BringBack, "started"), cancellation);
}
