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

    internal static Task DoneAsync(Run run, CancellationToken cancellation) => SourceNotes.UpdateAsync(
        run.Seen.HomeSite, run.Seen.Home!.Id, run.MigrationId, stamp => stamp.With(StampNotes.BringBack, "done").With(StampNotes.Epoch, null), cancellation);

    /// <summary>The VM runs on at the target after a failure, so what was brought back gets old.</summary>
    internal static Task GetOldAsync(Run run, CancellationToken cancellation) => SourceNotes.UpdateAsync(
        run.Seen.HomeSite, run.Seen.Home!.Id, run.MigrationId,
        stamp => stamp[StampNotes.BringBack] is null ? stamp : stamp.With(StampNotes.BringBack, "started"), cancellation);
}
