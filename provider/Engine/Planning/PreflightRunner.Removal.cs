using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <content>The way back: the declaration was taken away or its goal lowered.</content>
public static partial class PreflightRunner
{
    /// <summary>The VM was deleted at home by hand, and only disks of ours are left of it, which no VM has ever used.</summary>
    private static Preflight RemoveDisks(MigrationSpec spec, Observation seen, Site to, TimeProvider time, RunEvents events)
    {
        var gone = new Vm { Id = "", Name = spec.Vm.Label, Power = PowerState.Off };
        var run = NewRun(spec, null, seen, (seen.HomeSite, gone), to, null, null, removal: true, time, events);
        return new Preflight
        {
            Findings =
            [
                Finding.Warning(
                    "rollback.source-gone", PropertyPath.Of("vm"),
                    $"{spec.Vm.Label} is gone from \"{seen.HomeSite.Name}\". What was copied of it ({seen.PlacedDisks.Length} disks at \"{to.Name}\") is removed with the declaration."),
            ],
            Run = run,
            Plan = Planner.PlanRemoval(run),
            Estimate = Estimate.Of(Planner.PlanRemoval(run), run, new Forecast(RunHistory.None, spec.Mode, null)),
        };
    }

    private static async Task<Preflight> RemoveAsync(
        MigrationSpec spec, RecordedVm? recorded, Observation seen, (Site Site, Vm Vm) place, Site to, SiteBook sites, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var run = NewRun(spec, recorded, seen, place, to, null, null, removal: true, time, events, await ReverseDelta.ReadAsync(seen, cancellation),
            await PointChoice.ReadAsync(spec, seen, to, removal: true, cancellation));
        var plan = Planner.PlanRemoval(run);
        ImmutableArray<Finding> findings = [.. WayBack(run, removal: true), .. RecoveryPoints.Find(run, plan, removal: true)];
        return new Preflight
        {
            Findings = findings,
            Run = run,
            Plan = plan,
            Estimate = await EstimateAsync(plan, run, await HistoryAsync(plan, run, sites, cancellation), sites, cancellation),
        };
    }

    private static IEnumerable<Finding> WayBack(Run run, bool removal)
    {
        var seen = run.Seen;
        if (seen.LostTo is { } lost)
        {
            if (seen.DisksAreLeft && run.Spec.Rollback == RollbackChanges.BringBack)
            {
                yield return Finding.Error(
                    "rollback.copy-undefined", PropertyPath.Of("goal"),
                    $"{run.Name} was undefined by hand at \"{seen.LeftAt!.Name}\", and its disks there hold what it has written since the cutover. Run with goal CutOver first, which defines it again; then go back. "
                    + "To give up what it wrote, set rollback.changes to Discard.");
            }
            else
            {
                yield return Finding.Warning(
                    "rollback.copy-gone", PropertyPath.Of("goal"),
                    $"The copy of {run.Name} at \"{lost}\" was {(seen.DisksAreLeft ? "undefined" : "deleted")} by hand: {run.Name} starts at \"{seen.HomeSite.Name}\" as it was at {(seen.Current is null ? "the cutover" : $"its last cutover, from \"{run.From.Name}\"")}, and what it has written since is lost.");
            }
        }

        // A VM that its platform has moved goes back by the same means, with all that it has written.
        if (seen.Current is null or { IsRelocated: true })
        {
            foreach (var half in HalfBroughtBack(run))
            {
                yield return half;
            }

            yield break;
        }

        if (seen.Home is { } original && seen.Current.Vm.Disks.Where(disk => original.Disks.All(own => own.Name != disk.Name)).Select(disk => disk.Name).ToList() is { Count: > 0 } added)
        {
            yield return Finding.Error(
                "rollback.disk-added", PropertyPath.Of("vm"),
                $"{run.Name} has {(added.Count == 1 ? "a disk" : "disks")} at \"{run.From.Name}\" that it had not at \"{seen.HomeSite.Name}\" ({string.Join(", ", added)}). A way back would remove {(added.Count == 1 ? "it" : "them")} with the copy. "
                + "Detach what is to be kept, then go back.");
        }

        foreach (var disk in seen.Current.Vm.Disks)
        {
            if (seen.Home?.Disks.FirstOrDefault(own => own.Name == disk.Name) is { } own && own.LengthBytes.TryGet(out var had) && disk.LengthBytes.TryGet(out var has) && has > had)
            {
                yield return Finding.Error(
                    "rollback.disk-grown", PropertyPath.Of("vm"),
                    $"Disk {disk.Name} of {run.Name} was grown to {Text.Human.Bytes(has)} at \"{run.From.Name}\"; at \"{seen.HomeSite.Name}\" it has {Text.Human.Bytes(had)}, so what it holds does not fit there. Grow it there as well, then go back.");
            }
        }

        if (!removal && run.Spec.Goal is (MigrationGoal.Replicated or MigrationGoal.Tested) && seen.Current.Site != run.To)
        {
            yield return Finding.Error(
                "rollback.other-target", PropertyPath.Of("target.site"),
                $"{run.Name} lives at \"{seen.Current.Site.Name}\", and goal Replicated keeps its copy where it lives. Set target.site to \"{seen.Current.Site.Name}\", "
                + $"or lower the goal to Validated first and replicate to \"{run.To.Name}\" then.");
        }
        else if (seen.Home is null)
        {
            yield return Finding.Error(
                "rollback.source-gone", PropertyPath.Of("vm"),
                $"{run.Name} runs at \"{run.From.Name}\", and its source at \"{seen.HomeSite.Name}\" is gone, so there is no way back. "
                + (removal ? "Set goal to Committed before taking the declaration away." : "Set goal to CutOver or Committed."));
        }
        else if (seen.HomeFence == FenceState.Broken)
        {
            yield return Finding.Error(
                "rollback.source-touched", PropertyPath.Of("vm"),
                $"{seen.Home.Name} at \"{seen.HomeSite.Name}\" was started or changed by hand in spite of the fence, so its disks are not the ones that were copied. "
                + "Shut it down there, decide which of the two is right, and set goal to CutOver or Committed to keep the one at the target.");
        }
        else if (run.GoesBackTo is not null)
        {
            // What that does is told with the point.
            yield break;
        }
        else if (run.Spec.Rollback == RollbackChanges.BringBack && run.Delta?.WhyNot is { } why)
        {
            yield return Finding.Note(
                "rollback.compares", PropertyPath.Of("rollback.changes"),
                $"What {run.Name} has written at \"{run.From.Name}\" comes back by comparing whole disks, since {why}. It is as safe and takes as long as both sides take to be read"
                + $"{(Steps.BringBackRunning.IsPossible(seen) ? ", while the VM runs" : ", with the VM off")}.");
        }
        else if (run.Spec.Rollback == RollbackChanges.BringBack && seen.Current.Vm.Stamp?[StampNotes.Converted] is { } tool)
        {
            yield return Finding.Error(
                "rollback.converted", PropertyPath.Of("rollback.changes"),
                $"The guest of {run.Name} was converted by {tool} before it first started at \"{run.From.Name}\", so what it has written there cannot be brought back to \"{seen.HomeSite.Name}\". "
                + "Set rollback.changes to Discard to go back to the VM as it was before the move, or goal to Committed.");
        }
        else if (run.Spec.Rollback == RollbackChanges.Discard)
        {
            if (seen.Home.Stamp?[StampNotes.BringBack] == "started")
            {
                yield return Finding.Error(
                    "rollback.half-brought-back", PropertyPath.Of("rollback.changes"),
                    $"The disks of {seen.Home.Name} at \"{seen.HomeSite.Name}\" hold a half of what was to be brought back, so they cannot be started as they are. Set rollback.changes to BringBack.");
            }
            else
            {
                yield return Finding.Warning(
                    "rollback.discards", PropertyPath.Of("rollback.changes"),
                    $"Everything that {run.Name} has written at \"{run.From.Name}\" since {seen.Current.AcceptedAt:yyyy-MM-dd HH:mm} UTC will be lost, as declared: "
                    + $"{(seen.Current.AcceptedAt is { } at ? $"{Text.Human.Duration(run.Time.GetUtcNow() - at)} of work, " : "")}"
                    + (run.Delta?.Bytes is { } bytes ? $"{Text.Human.Bytes(bytes)} of changed blocks." : $"and nothing tells how many bytes that is{(run.Delta?.WhyNot is { } unknown ? $": {unknown}" : "")}."));
            }
        }
    }
}
