using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The way back, while the VM still runs at the target: what it has written since the cutover goes home in rounds, and both sides' disks are read whole once, so that the outage is as long as what it writes meanwhile.</summary>
/// <remarks>
/// <code>
/// cutover ──── the VM runs at the target ────┤ round 1: whole disks read │ round 2 ┤ stop ┤ BringBack: last round ├─ start at home
/// checkpoint ▲                               back1 ▲                   back2 ▲
/// </code>
/// Where nothing tells what was written since the cutover, the first round compares whole disks. It saves downtime and is needed for nothing else: where it cannot be done, <see cref="BringBack"/> does all of it.
/// </remarks>
internal sealed class BringBackRunning : Step
{
    /// <summary>The first takes as long as reading both sides, the second as long as what was written meanwhile: a third has little left to win.</summary>
    private const int Rounds = 2;

    /// <summary>What both sides are taken to be read with while nothing is recorded.</summary>
    private const double AssumedReading = 500e6;

    public override string Name => "bring changes back while it runs";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override long EstimateBytes(Run run) => BringBack.Delta(run);

    public override TimeSpan Estimate(Run run) => Reading(run);

    public override string Describe(Run run) =>
        $"{(run.Delta is { Since: not null } delta
            ? $"what {run.Name} has written at {run.From.Name} since the cutover ({Known(delta)})"
            : $"what differs at {run.From.Name} (whole disks are compared, since {run.Delta?.WhyNot ?? "nothing tells what has changed"})")} "
        + $"of {string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))}, to {run.Seen.HomeSite.Name} while {run.Name} runs; {run.Spec.Digest} digests of the whole disks on both sides";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await HomeDisks.BeginAsync(run, cancellation);

        // So that a run that is killed here does not leave its checkpoints to a VM that stays.
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Returning, "true").With(StampNotes.Copying, run.Now), cancellation);
        run.ForgetTrees();
        run.ReturnedTo = null;
        var said = new List<string>();
        var since = run.Delta?.Since;
        try
        {
            for (var number = 1; number <= Rounds; number++)
            {
                since = await RoundAsync(run, number, since, said, cancellation);
                run.ReturnedTo = since;
            }
        }
        catch (PlatformException e) when (e.Kind is PlatformErrorKind.Busy or PlatformErrorKind.Refused or PlatformErrorKind.Unsupported or PlatformErrorKind.TimedOut)
        {
            // Another's backup, a full scratch folder: the way back must not wait for it.
            said.Add($"the rest follows when it is off: {e.Message.TrimEnd('.')}");
        }

        return string.Join("; ", said);
    }

    /// <returns>The checkpoint that home's disks hold now.</returns>
    private async Task<string> RoundAsync(Run run, int number, string? since, List<string> said, CancellationToken cancellation)
    {
        try
        {
            await using var round = await run.From.OpenRoundAsync(new RoundRequest(run.Vm.Id, run.MigrationId, $"back{number}", since, Quiesce: false), cancellation);
            if (since is not null && round.Since is null)
            {
                run.Events.Say(Severity.Warning, $"{run.From.Name} has lost its record of what {run.Name} has written since {since}; whole disks are compared while it runs.");
                run.ForgetTrees();
            }

            said.Add($"round {number}: {Human.Bytes(await BringBack.RoundAsync(run, round, Name, cancellation))}");
            return round.Checkpoint;
        }
        catch (BlockException e) when (e.Kind == BlockErrorKind.Mismatch && since is not null)
        {
            run.Events.Say(Severity.Warning, $"{e.Message.TrimEnd('.')}: something was written that the record of {run.From.Name} does not tell. Whole disks are compared while it runs.");
            run.ForgetTrees();
            return await RoundAsync(run, number, null, said, cancellation);
        }
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        await StartCrashed.AgainAsync(run, cancellation);
        await HomeDisks.GetOldAsync(run, cancellation);
        await ForgetAsync(run, cancellation);
    }

    /// <summary>The VM stays where it is: what its platform tracks for the rounds of a way back is of no use.</summary>
    internal static async Task ForgetAsync(Run run, CancellationToken cancellation)
    {
        for (var number = 1; number <= Rounds; number++)
        {
            await run.From.EnsureCheckpointRemovedAsync(run.Vm.Id, run.MigrationId, $"back{number}", cancellation);
        }

        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Returning, null).With(StampNotes.Copying, null), cancellation);
    }

    /// <summary>It runs there, and its platform tells what it writes from now on.</summary>
    internal static bool IsPossible(Observation seen) => seen.Current is { Vm.Power: PowerState.Running, Site.Capabilities.ChangedBlockTracking: true };

    internal static TimeSpan Reading(Run run) => TimeSpan.FromSeconds(1 + (run.Vm.Disks.Sum(CopyDisks.Bytes) / AssumedReading));

    internal static string Known(ReverseDelta delta) => delta.Bytes is { } bytes ? $"{Human.Bytes(bytes)} by the site's own tracking" : "the site tells how much when it is read";
}
