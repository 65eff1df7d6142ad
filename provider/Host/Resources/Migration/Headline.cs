using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>The sentences that people read first: what will be done, what was done, what went wrong.</summary>
internal static class Headline
{
    /// <summary>What a preview comes to, in one line.</summary>
    internal static string Preview(Preflight preflight) =>
        preflight.Committed ? "committed: nothing to do" : preflight.Plan is null ? "cannot be planned" : Plan(preflight);

    /// <summary>Such as <c>cold dc1 → dc2 · 38.2 GiB · ~14 min · downtime ~9 min · 2 warnings</c>.</summary>
    internal static string Plan(Preflight preflight)
    {
        var (run, plan, estimate) = (preflight.Run!, preflight.Plan!, preflight.Estimate!);
        var warnings = preflight.Findings.Count(finding => finding.Severity == Severity.Warning);
        var what = plan.Kind switch
        {
            PlanKind.Nothing or PlanKind.Validate => $"{run.Name} is at {run.From.Name}: nothing to do",
            PlanKind.RollBack when run.Point?.Found is { } point && run.Spec.Goal >= MigrationGoal.CutOver => $"go back to {point.Id} at {run.From.Name} · {estimate}",
            PlanKind.RollBack => $"roll back {run.From.Name} → {run.Seen.HomeSite.Name} · {estimate}",
            PlanKind.Commit => $"commit at {run.From.Name}: no way back to {run.Seen.HomeSite.Name} after this",
            PlanKind.CleanUp => $"clean up; {run.Name} stays at {run.From.Name}",
            PlanKind.Resume => $"put right at {run.From.Name} · ~{Human.Duration(estimate.Duration)}",
            _ => $"{Word(run.Spec.Mode)} {run.From.Name} → {Target(run)} · {estimate}",
        };
        return warnings == 0 ? what : $"{what} · {warnings} warning{(warnings == 1 ? "" : "s")}";
    }

    internal static string Done(Plan plan, Run run, Estimate expected, (Site Site, Vm Vm)? place)
    {
        var where = place is { } at
            ? $"{at.Vm.Name} {(at.Vm.Power == PowerState.Running ? "runs" : "is off")} on {at.Site.Name}{(at.Vm.Addresses.IsEmpty ? "" : $" ({at.Vm.Addresses[0]})")}."
            : $"{run.Name} is done.";
        var moved = run.Transferred > 0 || run.CopyTime > TimeSpan.Zero ? $" Moved {Human.Bytes(run.Transferred)} in {Human.Duration(run.CopyTime)}." : "";
        var down = run.Downtime is { } time ? $" Down {Human.Duration(time)} (predicted {expected.DowntimeRange})." : "";
        var proof = run.Proofs.Count > 0 ? $" Disks identical ({run.Proofs.Count} of {run.Proofs.Count}, {run.Spec.Digest})." : "";
        var guest = run.Guest is { } seen ? $" Proof: {seen}." : "";
        var next = plan.Kind switch
        {
            PlanKind.Move when run.Spec.Goal == MigrationGoal.CutOver && plan.Steps.Any(step => step is Engine.Steps.RelocateVm) =>
                " It is the VM itself, so nothing was left behind; goal Committed ends the migration, lowering the goal moves it back.",
            PlanKind.Move when run.Spec.Goal == MigrationGoal.CutOver =>
                $" Source kept off on {run.Seen.HomeSite.Name}; goal Committed gives it up, lowering the goal brings the VM back.",
            PlanKind.Move or PlanKind.Commit => " Committed: there is no way back.",
            PlanKind.RollBack when run.Point?.Found is { } point => $" It is as it was at {point.Id}.",
            PlanKind.RollBack => " Nothing of the migration is left running at the target.",
            _ => "",
        };
        return where + moved + down + proof + guest + next;
    }

    internal static string Failure(Plan plan, Run run, RunOutcome outcome, (Site Site, Vm Vm)? place)
    {
        var at = plan.Steps.IndexOf(outcome.Failed!) + 1;
        var verb = outcome.Cancelled ? "was cancelled" : "stopped";
        var why = outcome.Cancelled ? "" : $" {outcome.Why}.";
        var now = place is { } found
            ? $" {found.Vm.Name} {(found.Vm.Power == PowerState.Running ? "runs" : $"is {(found.Vm.PowerDetail.Length > 0 ? found.Vm.PowerDetail : "off")}")} at {found.Site.Name}."
            : "";
        var trouble = outcome.TakenBack.IsEmpty ? "" : $" {string.Join(". ", outcome.TakenBack)}.";
        var next = outcome.TakenOver
            ? " That run goes on from what is there; this one changes nothing any more."
            : outcome.UndoFailed
            ? " Look at the VM by hand, then run again."
            : " What was copied is kept. Run again: finished work is not repeated.";
        return $"Migration of {run.Name} {verb} at step \"{outcome.Failed!.Name}\" ({at} of {plan.Steps.Length}).{why}{now}{trouble}{next}";
    }

    internal static string Unfinished(Run run, MigrationPhase phase) =>
        $"The migration of {run.Name} is not finished ({phase}): an earlier run was stopped. The next run goes on from there.";

    private static string Target(Run run) => run.Placement?.Host is { } host && host != run.To.Name ? $"{run.To.Name}/{host}" : run.To.Name;

    private static string Word(MigrationMode mode) => mode switch
    {
        MigrationMode.Cold => "cold",
        MigrationMode.Warm => "warm",
        MigrationMode.Live => "live",
        _ => mode.ToString(),
    };
}
