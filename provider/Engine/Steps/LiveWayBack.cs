using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Takes a live move back after its switch and before its acceptance: the VM is shut down at the target, what it wrote since is brought back, and it starts at the source.</summary>
/// <remarks>
/// Nothing that the guest has written is given up: it has served its clients all the time. Only what it has changed since the checkpoint before the move is
/// written at the source; everything else there is as it was, whatever became of it at the target.
/// </remarks>
internal static class LiveWayBack
{
    internal static async Task RunAsync(Run run, CancellationToken cancellation)
    {
        // Back to where it came from, which is not home when it moves on; and from wherever it went, which need not be where it is wanted now.
        var (site, home) = (run.From, run.Vm);
        foreach (var (at, copy) in await FindAsync(run, cancellation))
        {
            await BackAsync(run, site, home, at, copy, cancellation);
        }

        // Where the switch never came about there is nothing more to do: the VM has run on.
        var now = await site.InspectAsync(home.Id, cancellation);
        if (now is { Power: PowerState.Off })
        {
            foreach (var at in run.Seen.Copies.Select(copy => copy.Site).Append(run.To).Distinct())
            {
                if ((await at.FindStampedAsync(run.MigrationId, cancellation)).FirstOrDefault(copy => copy is { Power: not PowerState.Off, Stamp.Role: StampRole.Target } && (at != site || copy.Id != home.Id)) is { } alive)
                {
                    throw new PlatformException(PlatformErrorKind.Refused, at.Name, $"{alive.Name} runs at {at.Name} and counts as accepted there, so {home.Name} must not start at {site.Name} as well. Run again: it stays where it runs");
                }
            }

            await site.EnsureUnfencedAsync(home.Id, run.MigrationId, cancellation);
            await Proven.RunningAsync(site, home.Id, home.Name, cancellation);
        }

        await SourceNotes.UpdateAsync(site, home.Id, run.MigrationId, stamp => stamp.With(StampNotes.BringBack, null).With(StampNotes.Moved, null).With(StampNotes.DownSince, null).With(StampNotes.Copying, null), cancellation);
    }

    /// <summary>It could not be brought back. It starts where it ran, unproven as it was, so that it is not down; its source stays fenced, and the next run goes on from there.</summary>
    internal static async Task RunOnAsync(Run run)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3), run.Time);
        if (await run.From.InspectFenceAsync(run.Vm.Id, run.MigrationId, limit.Token) != FenceState.Standing)
        {
            return;
        }

        foreach (var (at, copy) in await FindAsync(run, limit.Token))
        {
            await at.EnsureRunningAsync(copy.Id, limit.Token);
            run.Events.Say(Checks.Severity.Warning, $"{run.Name} could not be brought back to {run.From.Name}. It runs on at {at.Name}, where its live move has brought it and where it is not proven yet.");
        }
    }

    private static async Task<List<(Site At, Vm Copy)>> FindAsync(Run run, CancellationToken cancellation)
    {
        var found = new List<(Site At, Vm Copy)>();
        foreach (var at in run.Seen.Copies.Select(copy => copy.Site).Append(run.To).Distinct())
        {
            found.AddRange((await at.FindStampedAsync(run.MigrationId, cancellation))
                .Where(copy => copy.Stamp is { Role: StampRole.Target } stamp && stamp[StampNotes.Live] is not null && stamp[StampNotes.Accepted] is null)
                .Select(copy => (at, copy)));
        }

        return found;
    }

    private static async Task BackAsync(Run run, Site site, Vm home, Site at, Vm copy, CancellationToken cancellation)
    {
        var now = await site.InspectAsync(home.Id, cancellation);
        if (now is { IsSplit: true })
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name,
                $"{home.Name} is {now.PowerDetail}: neither {site.Name} nor {at.Name} has all of its memory, so nothing is taken back. Set the goal to CutOver and run again once the link is back: the rest of its memory is sent then. "
                + $"If a host is lost for good, switch it off at both (its memory is lost then) and run again: it starts from its disks at {at.Name}, as after a power cut");
        }

        if (now is not { Power: PowerState.Off })
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name,
                $"{home.Name} runs at {site.Name} and at {at.Name}: somebody has started it in spite of the fence. Nothing is taken back; shut down the one that is not to stay");
        }

        await site.EnsureFencedAsync(home.Id, run.MigrationId, cancellation);
        await SourceNotes.UpdateAsync(
            site, home.Id, run.MigrationId, stamp => stamp.With(StampNotes.DownSince, stamp[StampNotes.DownSince] ?? run.Now).With(StampNotes.BringBack, "started"), cancellation);
        run.Events.Status("take back", $"waiting for {run.Name} to shut down at {at.Name}");
        await Proven.OffAsync(at, copy.Id, run.Spec.ShutdownTimeout, cancellation);
        await using (var round = await at.OpenRoundAsync(new RoundRequest(copy.Id, run.MigrationId, "back", MoveLive.Checkpoint, Quiesce: false), cancellation))
        {
            foreach (var disk in copy.Disks)
            {
                var changed = round.Since is null ? null : await round.ChangedAsync(disk.Name, cancellation);
                await using var from = await round.OpenDiskAsync(disk.Name, cancellation);
                await using var to = await site.OpenVmDiskAsync(home.Id, disk.Name, writable: true, cancellation);
                await RoundSync.RunAsync(run, disk.Name, from, to, changed, targetIsZero: false, whole: false, "bring back", resume: null, cancellation);
            }
        }

        await at.EnsureTrackingRemovedAsync(copy.Id, run.MigrationId, cancellation);
        await at.EnsureUndefinedAsync(copy.Id, run.MigrationId, cancellation);
        run.CopyId = null;
    }
}
