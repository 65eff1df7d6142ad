using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>Recovery points in plans: where they are made, and what going back to one takes.</summary>
/// <remarks>docs/design/recovery-points.md</remarks>
internal static class RecoveryPoints
{
    /// <summary>A replica that is made, or kept of a VM that came home, is a point; so is one that a killed run has made and not kept.</summary>
    internal static Plan After(Run run, Plan plan) => plan.Kind switch
    {
        PlanKind.Replicate or PlanKind.RollBack => IsWanted(run) ? plan with { Steps = [.. plan.Steps, new KeepPoint()] } : plan,
        PlanKind.Nothing or PlanKind.Resume when IsWanted(run) && IsDue(run) => new Plan(PlanKind.Resume, [.. plan.Steps, new KeepPoint()]),
        _ => plan,
    };

    /// <summary>A point that is not declared any more can be declared, and gone back to, again.</summary>
    internal static Plan WithoutOldReturn(Run run, Plan plan) =>
        run.Spec.RollbackTo is null && run.Vm.Stamp?[StampNotes.WentBack] is not null && plan.Kind is PlanKind.Nothing or PlanKind.Resume or PlanKind.Replicate
            ? plan with { Kind = plan.Kind == PlanKind.Nothing ? PlanKind.Resume : plan.Kind, Steps = [new ForgetReturn(), .. plan.Steps] }
            : plan;

    /// <summary>The VM stays where it lives, and its disks go back there.</summary>
    internal static ImmutableArray<Step> InPlace() => [new StopCopy(), new KeepPoint(beforeGoingBack: true), new RestoreCopy(), new ResumeCopy()];

    /// <summary>Why no points can be kept of this copy; null where they can.</summary>
    internal static string? WhyNot(Run run)
    {
        foreach (var disk in run.Vm.Disks)
        {
            var format = run.Seen.PlacedDisks.Where(placed => placed.Site == run.To && placed.Disk.DiskName == disk.Name).Select(placed => placed.Disk.Format).FirstOrDefault()
                ?? (run.From.Platform == run.To.Platform ? disk.Format.Or(null!) : null);
            if (run.To.WhyNoPoints(format) is { } why)
            {
                return why;
            }
        }

        return null;
    }

    /// <summary>What a preview says of the declared point, and of points that are not kept.</summary>
    internal static IEnumerable<Finding> Find(Run run, Plan plan, bool removal)
    {
        if (!removal && plan.Kind == PlanKind.Replicate && run.Spec.KeepPoints > 0 && WhyNot(run) is { } none)
        {
            yield return Finding.Note("rollback.no-points", PropertyPath.Of("rollback.keep"), $"No recovery points are kept at \"{run.To.Name}\" ({run.To.Platform}): {none}. The copy itself is kept up to date.");
        }

        if (run.Point is not { } point)
        {
            yield break;
        }

        var at = PropertyPath.Of("rollback.to");
        if (point.IsDone)
        {
            yield return Finding.Note(
                "rollback.went-back", at,
                $"{run.Name} has gone back to {point.Declared} already and has worked since, so that is not done again. Take rollback.to out; to go back to the same moment again, declare it anew after a run without it.");
        }
        else if (point.Waits)
        {
            if (!removal && run.Seen.Current is null)
            {
                yield return Finding.Note(
                    "rollback.waits", at,
                    $"{run.Name} lives at \"{run.From.Name}\" and stays there with goal {run.Spec.Goal}, so nothing goes back to {point.Declared}. With goal CutOver it runs at \"{run.To.Name}\" from that point, and its disks at \"{run.From.Name}\" stay as they are.");
            }
        }
        else if (point.Found is not { } found)
        {
            yield return Finding.Error(
                "rollback.no-such-point", at,
                point.Existing.IsEmpty
                    ? $"\"{point.Site!.Name}\" keeps no recovery point of {run.Name}{(point.WhyNone is { } why ? $": {why}" : "")}. Take rollback.to out."
                    : $"\"{point.Site!.Name}\" keeps no recovery point of {run.Name} at or before {point.Declared}. It keeps: {string.Join(", ", point.Existing.Select(one => one.Id))}. Name one of them, or a later moment.");
        }
        else
        {
            foreach (var finding in GoingBack(run, point, found, removal))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<Finding> GoingBack(Run run, PointChoice point, RecoveryPoint found, bool removal)
    {
        var at = PropertyPath.Of("rollback.to");
        var (current, home) = (run.Seen.Current, !removal && run.Spec.Goal >= MigrationGoal.CutOver ? null : run.Seen.HomeSite);
        if (!removal && run.Spec.Goal == MigrationGoal.Committed)
        {
            yield return Finding.Error("rollback.commits", at, $"Going back to {found.Id} and giving up the source in one run would leave no way out. Set goal to CutOver, look at {run.Name}, and commit then.");
        }
        else if (home is null && current is not null && current.Site != run.To)
        {
            yield return Finding.Error(
                "rollback.moves-on", at, $"{run.Name} lives at \"{current.Site.Name}\", where its recovery points are, and is declared to move on to \"{run.To.Name}\". Go back first with target.site \"{current.Site.Name}\", then move on.");
        }
        else if (home is null && current?.Vm.Stamp?[StampNotes.Converted] is { } tool)
        {
            yield return Finding.Error(
                "rollback.converted", at,
                $"The recovery points of {run.Name} hold its guest as it was before {tool} fitted it to \"{run.From.Name}\", so it cannot go back to one there. Lower the goal to Replicated: then it goes back to {found.Id} at \"{run.Seen.HomeSite.Name}\".");
        }
        else
        {
            var ago = Human.Duration(run.Time.GetUtcNow() - found.At);
            yield return Finding.Warning(
                "rollback.goes-back", at,
                $"{run.Name} goes back to {found.Id}, {ago} ago, {(home is null ? $"and runs at \"{run.To.Name}\"" : $"and runs at \"{home.Name}\"")}. "
                + (current is null
                    ? $"What it has written since is not in it; it stays on its disks at \"{run.From.Name}\", which are kept, and comes back with rollback.changes: Discard."
                    : home is null
                    ? $"What it has written since is no longer in it; it is kept as a further recovery point before, named by the moment at which {run.Name} stops."
                    : $"What it has written since is lost{(removal || run.Spec.Goal == MigrationGoal.Validated ? " with the copy" : " to it, and kept as a recovery point of the copy")}"
                        + $"{(run.Delta?.Bytes is { } bytes ? $", among it {Human.Bytes(bytes)} of changed blocks since the cutover" : "")}.")
                + (current is not null && home is null ? " The site's record of changed blocks ends with it: a later way back compares whole disks." : "")
                + (run.Spec.Mode == MigrationMode.Live && current is null ? " A point holds no memory: it is started anew." : ""));
        }
    }

    private static bool IsWanted(Run run) => run.Spec.KeepPoints > 0 ? WhyNot(run) is null : Noted(run) is { Points.IsEmpty: false };

    /// <summary>The replica that is there is not among what is kept, or more is kept than declared.</summary>
    private static bool IsDue(Run run)
    {
        var kept = Noted(run)?.Points ?? [];
        return kept.Length > run.Spec.KeepPoints
            || (run.Spec.KeepPoints > 0 && run.Seen.Home?.Stamp is { } stamp && stamp[StampNotes.Replicated] is { } replica && HoldsIt(stamp)
                && kept.All(point => point.Id != replica) && (kept.Length < run.Spec.KeepPoints || string.CompareOrdinal(replica, kept[0].Id) > 0));
    }

    /// <summary>No round has begun to write since.</summary>
    private static bool HoldsIt(Stamp stamp) => stamp[StampNotes.Synced] is not { } synced || synced == $"r{stamp[StampNotes.Round]}";

    private static PointsNote? Noted(Run run) => PointsNote.Read(run.Seen.Home?.Stamp) is { } note && note.Site == run.To.Name ? note : null;
}
