using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Driving;

/// <summary>A whole run, as every front end does it: look, take the lease, look again, go, give the lease back.</summary>
public static class Drive
{
    /// <returns>What was seen before the run, and how it ended; no end where it was blocked or could not be planned.</returns>
    public static async Task<(Preflight Before, RunOutcome? Outcome)> RunAsync(
        MigrationSpec spec, Remembered? remembered, SiteBook sites, bool removal, RunnerIdentity runner, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        try
        {
            return await RunReservedAsync(spec, remembered, sites, removal, runner, time, events, cancellation);
        }
        finally
        {
            // What it took is a fact at its site now.
            sites.Reservations.Release(MigrationId.Stamp(spec.Vm));
        }
    }

    private static async Task<(Preflight Before, RunOutcome? Outcome)> RunReservedAsync(
        MigrationSpec spec, Remembered? remembered, SiteBook sites, bool removal, RunnerIdentity runner, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        // Removal does not wait for a guest: it must not need one.
        async Task<Preflight> Look(SiteBook book) => removal
            ? await PreflightRunner.RunAsync(spec, remembered, book, removal, time, events, cancellation)
            : await PreflightRunner.RunPatientlyAsync(spec, remembered, book, removal, PreflightRunner.RunPatience, time, events, cancellation);

        var before = await Look(sites);
        if (before.IsBlocked || before.Plan is null || before.Run is not { } first)
        {
            return (before, null);
        }

        if (before.Plan.Steps.IsEmpty)
        {
            await HeldLease.SweepAsync(first.Seen.HomeSite, first.MigrationId, time, cancellation);
            return (before, new RunOutcome([], null, null, []));
        }

        if (!first.Seen.HomeSite.KeepsLeases)
        {
            return await GoAsync(before, null, () => Look(sites), cancellation);
        }

        HeldLease? lease;
        try
        {
            (lease, var theirs) = await HeldLease.TakeAsync(first.Seen.HomeSite, first.MigrationId, runner, spec.Owner, time, events, cancellation);
            if (theirs is not null)
            {
                return (before with { Findings = [Held(theirs, Severity.Error, first.Seen.HomeSite), .. before.Findings] }, null);
            }
        }
        catch (PlatformException e)
        {
            return (before with { Findings = [Finding.Error("lease.unwritable", PropertyPath.Of("vm.site"), $"The lease that keeps two runs apart could not be taken: {e.Message.TrimEnd('.')}."), .. before.Findings] }, null);
        }

        await using (lease)
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lease!.Lost);

            if (lease.TakenFrom is { } late)
            {
                await LateHolder.FenceAsync(
                    late, first.Seen.Copies.Select(copy => copy.Site).Concat(first.Seen.PlacedDisks.Select(placed => placed.Site)).Concat([first.Seen.HomeSite, first.From, first.To]).Distinct(),
                    time, events, both.Token);
            }

            // What was seen before may be another run's work half done.
            before = await Look(new LeasedSite.Book(sites, lease));
            if (before.IsBlocked || before.Plan is null || before.Run is null)
            {
                return (before, null);
            }

            return await GoAsync(before, lease, () => Look(new LeasedSite.Book(sites, lease)), both.Token);
        }
    }

    /// <summary>A start of a VM that has crashed, a live move taken back, a definition made again: more in one run is a world that changes under it.</summary>
    private const int MostLooks = 4;

    /// <summary>Runs the plan; where that only clears the ground, also the one that the goal takes from there.</summary>
    private static async Task<(Preflight Before, RunOutcome? Outcome)> GoAsync(Preflight before, HeldLease? lease, Func<Task<Preflight>> look, CancellationToken cancellation)
    {
        var (steps, done) = (ImmutableArray<Steps.Step>.Empty, ImmutableArray<StepRecord>.Empty);
        for (var looks = 1; ; looks++)
        {
            before.Run!.Lease = lease;
            var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run, cancellation);
            (steps, done) = ([.. steps, .. before.Plan!.Steps], [.. done, .. outcome.Done]);
            var told = before with { Plan = before.Plan with { Steps = steps } };
            if (!before.Plan.ThenLookAgain || outcome.Failed is not null)
            {
                return (told, outcome with { Done = done });
            }

            if (looks == MostLooks)
            {
                return (told, outcome with { Done = done, Failed = before.Plan.Steps[^1], Why = $"the ground was cleared {MostLooks} times, and something is in the way of goal {before.Run.Spec.Goal} again. Nothing was taken back; run again" });
            }

            // What is done already has to be told, whatever becomes of the rest.
            Preflight again;
            try
            {
                again = await look();
            }
            catch (OperationCanceledException)
            {
                return (told, outcome with { Done = done, Failed = before.Plan.Steps[^1], Why = "it was cancelled", Cancelled = true });
            }

            if (again.IsBlocked || again.Plan is null || again.Run is null)
            {
                var why = string.Join(" ", again.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => $"{finding.Id}: {finding.Message}"));
                return (told, outcome with { Done = done, Failed = before.Plan.Steps[^1], Why = $"its steps are done, and what was to follow is blocked: {why.TrimEnd('.')}" });
            }

            before = again;
        }
    }

    /// <summary>For preview: another run is at work on this migration just now.</summary>
    public static async Task<ImmutableArray<Finding>> FindOtherRunAsync(Preflight preflight, TimeProvider time, CancellationToken cancellation)
    {
        if (preflight.Run is not { Seen.HomeSite: { KeepsLeases: true } home } run || preflight.Plan is not { Steps.IsEmpty: false })
        {
            return [];
        }

        try
        {
            return await home.FindLeaseAsync(run.MigrationId, cancellation) is { } standing && standing.Until > time.GetUtcNow() && !RunnerIdentity.IsDead(standing.Process)
                ? [Held(standing, Severity.Warning, home)]
                : [];
        }
        catch (PlatformException)
        {
            return [];
        }
    }

    private static Finding Held(Lease lease, Severity severity, Site home) => new(
        "lease.held", severity, PropertyPath.Of("vm"),
        $"Another run drives this migration: {lease.Holder}, since {HeldLease.Say(lease.Since)}, with a lease at {home.Name} until {HeldLease.Say(lease.Until)} that it renews. "
        + (severity == Severity.Error ? "Nothing was changed by this run. " : "")
        + "Wait for that run to end. If it dies, its lease runs out and the next run takes over.");
}
