using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Keeps the copied disks as they are now as a recovery point, and removes the oldest of ours beyond the declared number.</summary>
/// <param name="beforeGoingBack">Of a VM that was stopped where it lives, before its disks go back to an earlier point.</param>
internal sealed class KeepPoint(bool beforeGoingBack = false) : Step
{
    public override string Name => "keep recovery point";

    public override MigrationPhase Phase => beforeGoingBack ? MigrationPhase.RollingBack : MigrationPhase.Replicating;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(0.2 * Math.Max(1, run.Vm.Disks.Length));

    public override string Describe(Run run) => beforeGoingBack
        ? $"{run.Name} as it is now, at {run.To.Name}, so that going back can be taken back"
        : run.Spec.KeepPoints == 0
        ? $"none are declared any more: remove those at {run.To.Name}"
        : $"the copy at {run.To.Name} as it is then; the last {run.Spec.KeepPoints} are kept";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, id) = (run.To, await MomentAsync(run, cancellation));
        var known = PointsNote.Read((run.Seen.Home is { } home ? await run.Seen.HomeSite.InspectAsync(home.Id, cancellation) : null)?.Stamp)?.Points ?? [];
        var there = await site.FindPointsAsync(run.MigrationId, cancellation);

        // Disks go on from one moment to the next: what a killed run has begun to keep of an earlier one is not to be had any more.
        foreach (var half in there.Where(point => !point.IsWhole && point.Id != id))
        {
            await site.EnsurePointRemovedAsync(run.MigrationId, half.Id, cancellation);
        }

        run.PointBefore = beforeGoingBack ? id : null;
        var keep = beforeGoingBack ? Math.Max(1, run.Spec.KeepPoints) : run.Spec.KeepPoints;
        if (keep > 0)
        {
            try
            {
                await site.EnsurePointAsync(run.MigrationId, id, cancellation);
                if (!(await site.FindPointsAsync(run.MigrationId, cancellation)).Any(point => point.Id == id && point.IsWhole))
                {
                    throw Proven.Untrue(site, $"recovery point {id} was made, and not all disks have it");
                }
            }
            catch (PlatformException e) when (e.Kind == PlatformErrorKind.Unsupported && !beforeGoingBack)
            {
                run.Events.Say(Severity.Warning, $"No recovery point was kept: {e.Message.TrimEnd('.')}. The copy itself is whole.");
                return "none: this copy cannot keep any";
            }
        }

        var all = there.Where(point => point.IsWhole).Select(point => point.Id).Concat(keep > 0 ? [id] : []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var kept = all.Where((point, index) => index >= all.Count - keep || point == run.GoesBackTo?.Id).ToList();
        foreach (var old in all.Except(kept, StringComparer.Ordinal))
        {
            await site.EnsurePointRemovedAsync(run.MigrationId, old, cancellation);
        }

        var sent = beforeGoingBack ? run.Delta?.Bytes : run.Done.Count > 0 && run.Transferred > 0 ? run.Transferred : (long?)null;
        var note = new PointsNote(site.Name, [.. kept.Select(point => known.FirstOrDefault(one => one.Id == point) ?? new RecoveryPoint(point, point == id ? sent : null))]);
        if (run.Seen.Home is { } noted)
        {
            await Proven.NotedAsync(run.Seen.HomeSite, noted.Id, run.MigrationId, stamp => stamp.With(StampNotes.Points, note.Write()), cancellation);
        }

        return $"{(keep > 0 ? $"{id} at {site.Name}; " : "")}{kept.Count} kept{(all.Count > kept.Count ? $", {all.Count - kept.Count} older removed" : "")}{(sent is { } bytes ? $", {Human.Bytes(bytes)} since the one before" : "")}";
    }

    /// <summary>The same however often a killed run is repeated.</summary>
    private async Task<string> MomentAsync(Run run, CancellationToken cancellation)
    {
        var stamp = (beforeGoingBack
            ? await run.From.InspectAsync(run.Vm.Id, cancellation)
            : await run.Seen.HomeSite.InspectAsync(run.Seen.Home!.Id, cancellation))?.Stamp;
        return stamp?[beforeGoingBack ? StampNotes.DownSince : StampNotes.Replicated] ?? run.Now;
    }
}
