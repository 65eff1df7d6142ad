using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>What stands against the declared way of changing sides, or is to be known about it, as far as preview sees.</summary>
internal static class CutoverChecks
{
    internal static IEnumerable<Finding> Find(Plan plan, Run run, Estimate estimate) => [.. Stop(plan, run), .. PostCopy(plan, run), .. Window(plan, run, estimate), .. WholeDisks(plan, run), .. Rounds(plan, run, estimate), .. Downtime(plan, run)];

    private static IEnumerable<Finding> Stop(Plan plan, Run run)
    {
        if (!plan.Steps.Any(step => step is FreezeAndSwitchOff))
        {
            yield break;
        }

        var at = PropertyPath.Of("cutover.stop");
        var why = !run.From.Capabilities.SwitchesOffFrozen ? $"platform {run.From.Platform} cannot do that"
            : run.From.Capabilities.WhyNoQuiesce is { } words ? words
            : run.Vm.AgentAnswers.TryGet(out var answers) && !answers ? "its guest agent does not answer"
            : null;
        if (why is not null)
        {
            yield return Finding.Error(
                "request.cutover.stop", at,
                $"{run.Name} cannot be switched off at \"{run.From.Name}\" with its file systems frozen: {why}. Set cutover.stop to Shutdown{(run.From.Capabilities.SwitchesOffFrozen ? ", or see to its guest agent" : "")}.");
        }
    }

    private static IEnumerable<Finding> PostCopy(Plan plan, Run run)
    {
        if (run.Spec.Cutover.OnNoConvergence == NoConvergence.PostCopy && plan.Steps.Any(step => step is MoveLive))
        {
            yield return Finding.Warning(
                "cutover.post-copy", PropertyPath.Of("cutover.onNoConvergence"),
                $"If {run.Name} writes faster than its memory can be sent, it changes sides before all of it has come, as declared (post-copy). From then until the rest is there neither side has all of it: a link that fails leaves it standing until the link is back and the run goes on, "
                + $"and a host that fails loses the memory at both. Its disks at \"{run.To.Name}\" are whole then, as after a power cut, and it has to start from them. Where that is not wanted, set SlowGuest or CutOverAnyway.");
        }
    }

    private static IEnumerable<Finding> Window(Plan plan, Run run, Estimate estimate)
    {
        if (plan.Steps.FirstOrDefault(step => step is WaitForWindow) is not { } wait)
        {
            yield break;
        }

        var window = run.Spec.Cutover.Window!;
        var (from, to) = window.Next(run.Time.GetUtcNow());
        var at = PropertyPath.Of("cutover.window");
        if (wait.Estimate(run) > TimeSpan.Zero)
        {
            yield return Finding.Note("cutover.window", at, $"{run.Name} is taken down within {window} only: the run waits until {window.Say(from)}, {Human.Duration(wait.Estimate(run))} from now, and must be let run until then.");
        }

        // A live move is within it from its first byte, anything else while the VM is down.
        var needed = plan.Steps.Any(step => step is MoveLive) ? estimate.Steps.Where(step => step.Name == new MoveLive().Name).Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Duration) : estimate.Downtime;
        var now = run.Time.GetUtcNow();
        var room = to - (from > now ? from : now);
        if (needed > room)
        {
            yield return Finding.Warning(
                "cutover.window", at,
                $"The window {window} has {Human.Duration(room)} left until {window.Say(to)}, and {(plan.Steps.Any(step => step is MoveLive) ? "the move" : $"the time in which {run.Name} is down")} is expected to take {Human.Duration(needed)}: it would end after the window. "
                + "Declare a longer one, or mode Warm, which is down for the last changes only.");
        }
    }

    /// <summary>A target that takes no parts of disks gets all of them in every round, the last one too, for which the VM is off.</summary>
    private static IEnumerable<Finding> WholeDisks(Plan plan, Run run)
    {
        if (run.To.Capabilities.TakesWholeDisks && plan.Steps.Any(step => step is ReplicateRounds))
        {
            var bytes = Human.Bytes(run.Vm.Disks.Sum(CopyDisks.Bytes));
            yield return Finding.Warning(
                "cutover.whole-disks", PropertyPath.Of("mode"),
                $"Site \"{run.To.Name}\" ({run.To.Platform}) takes the content of a disk only whole: every round after the first sends each disk of {run.Name} that has changed again, up to {bytes} a round. "
                + (run.Spec.Goal >= MigrationGoal.CutOver
                    ? $"So does the last one, for which {run.Name} is off: Warm is down for about as long as Cold here, and sends more."
                    : "Where the replica is to be renewed often, allow for it."));
        }
    }

    /// <summary>How many rounds it will take, where it is known how fast the guest changes its disks.</summary>
    private static IEnumerable<Finding> Rounds(Plan plan, Run run, Estimate estimate)
    {
        if (!plan.Steps.Any(step => step is ReplicateRounds) || run.Spec.Goal < MigrationGoal.CutOver || run.To.Capabilities.TakesWholeDisks || Churn(run) is not var (churn, source))
        {
            yield break;
        }

        var (link, rest) = (estimate.LinkBytesPerSecond, ReplicateRounds.Room(run).TotalSeconds);
        var rates = $"{run.Name} changes {Human.Rate(churn)} of its disks ({source}), and {Human.Rate(link)} are expected to reach {run.To.Name} ({estimate.Basis})";
        var (bytes, rounds) = ((double)run.Vm.Disks.Sum(CopyDisks.Bytes), 1);
        for (; bytes / link > rest && rounds <= run.Spec.Cutover.MaxRounds && churn < link; rounds++)
        {
            bytes *= churn / link;
        }

        yield return bytes / link <= rest
            ? Finding.Note("cutover.rounds", PropertyPath.Of("cutover.maxDowntime"), $"{rates}: about {rounds} round{(rounds == 1 ? "" : "s")} with the base copy, and a last one of about {Human.Bytes((long)(churn * Math.Max(1, bytes / link)))}.")
            : Finding.Warning(
                "cutover.rounds", PropertyPath.Of("cutover.onNoConvergence"),
                $"{rates}: the rest will not fit into {Human.Duration(run.Spec.Cutover.MaxDowntime)} after {run.Spec.Cutover.MaxRounds} rounds. "
                + run.Spec.Cutover.OnNoConvergence switch
                {
                    NoConvergence.CutOverAnyway => "It is cut over anyway, as declared, and is down for longer.",
                    NoConvergence.SlowGuest => "Its writes are held back then, as declared.",
                    _ => "The run will stop then. Move it when it writes less, allow more downtime, give the link more bandwidth, or set cutover.onNoConvergence.",
                });
    }

    /// <summary>What is declared, else what the last rounds of this migration have measured, else what the platform tells; and which of these.</summary>
    private static (double BytesPerSecond, string Source)? Churn(Run run) =>
        run.Spec.Facts.Get(VmFact.Churn).TryGet(out var declared) ? (declared, "declared")
        : long.TryParse(run.Vm.Stamp?[StampNotes.Churn], CultureInfo.InvariantCulture, out var measured) ? (measured, $"measured between its last two rounds, until {run.Vm.Stamp![StampNotes.Replicated] ?? "the last run"}")
        : run.Vm.Observed.Get(VmFact.Churn).TryGet(out var observed) ? (observed, "as its platform tells")
        : null;

    private static IEnumerable<Finding> Downtime(Plan plan, Run run)
    {
        if (plan.Steps.Any(step => step is ReplicateRounds) && run.Spec.Goal >= MigrationGoal.CutOver && ReplicateRounds.Fixed(run) > run.Spec.Cutover.MaxDowntime)
        {
            yield return Finding.Warning(
                "downtime.max", PropertyPath.Of("cutover.maxDowntime"),
                $"Stopping {run.Name} and starting it takes about {Human.Duration(ReplicateRounds.Fixed(run))} by itself, more than the {Human.Duration(run.Spec.Cutover.MaxDowntime)} of cutover.maxDowntime. "
                + "The last round is kept short all the same; "
                + (run.Spec.Cutover.Stop == CutoverStop.Shutdown && run.From.Capabilities.SwitchesOffFrozen ? "cutover.stop FreezeAndSwitchOff saves the shutdown, and " : "") + "mode Live would only pause it.");
        }
    }
}
