using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Copies the disks of a running VM: a base copy, then rounds of what has changed, until what is left fits into the declared downtime. For goal Replicated: one round a run.</summary>
/// <remarks>
/// A round is wholly applied or not at all, as far as the note "synced" goes: it names the last checkpoint that the target's disks hold, and is written when
/// all disks have it. Whatever a killed round has written lies within what has changed since then, so the next one writes it again.
/// </remarks>
internal sealed class ReplicateRounds : Step
{
    /// <summary>However short the declared downtime, a last round of this much is worth trying.</summary>
    private static readonly TimeSpan LeastLastRound = TimeSpan.FromSeconds(1);


    public override string Name => "replicate";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override long EstimateBytes(Run run) => run.Vm.Stamp?[StampNotes.Synced] is null || run.To.Capabilities.TakesWholeDisks ? run.Vm.Disks.Sum(CopyDisks.Bytes) : 0;

    public override string Describe(Run run)
    {
        var first = run.Vm.Stamp?[StampNotes.Synced] is { } synced
            ? $"what has changed since round {synced} of {Disks(run)}"
            : $"base copy of {string.Join(", ", run.Vm.Disks.Select(disk => $"{disk.Name} {Human.Bytes(CopyDisks.Bytes(disk))} of {Human.Bytes(disk.LengthBytes.Or(0))}"))}";
        var then = run.Spec.Goal < MigrationGoal.CutOver ? "" : $", then rounds of changes until the rest fits into {Human.Duration(run.Spec.Cutover.MaxDowntime)}";
        return $"{first} from {run.From.Name} to {run.To.Name} while {run.Name} runs{then}{(then.Length > 0 ? IfTooFast(run) : "")}; {run.Spec.Digest} digests compared on both sides{(run.Spec.Cutover.Quiesce ? "; the guest is asked to freeze its file systems for the moment of each checkpoint" : "")}";
    }

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        // A killed run may have left the guest held back.
        await run.From.EnsureSlowedAsync(run.Vm.Id, run.MigrationId, null, cancellation);
        return await RoundsAsync(run, once: run.Spec.Goal < MigrationGoal.CutOver, cancellation);
    }

    /// <summary>One round more.</summary>
    internal static Task<string> FreshenAsync(Run run, CancellationToken cancellation) => RoundsAsync(run, once: true, cancellation);

    /// <summary>A guest that was held back works as before; one whose hypervisor has died amid the copy runs again. One that was switched off stays off, for that was somebody's will.</summary>
    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        await StartCrashed.AgainAsync(run, cancellation);
        await run.From.EnsureSlowedAsync(run.Vm.Id, run.MigrationId, null, cancellation);
    }

    private static async Task<string> RoundsAsync(Run run, bool once, CancellationToken cancellation)
    {
        var source = await run.From.InspectAsync(run.Vm.Id, cancellation)
            ?? throw new PlatformException(PlatformErrorKind.NotFound, run.From.Name, $"{run.Name} is gone from {run.From.Name}.");
        var checkpoints = await run.From.FindCheckpointsAsync(run.Vm.Id, run.MigrationId, cancellation);
        var synced = run.Disks.Values.Any(disk => disk.IsNew) ? null : source.Stamp?[StampNotes.Synced];
        synced = synced is not null && checkpoints.Contains(synced) ? synced : null;
        var number = int.TryParse(source.Stamp?[StampNotes.Round], CultureInfo.InvariantCulture, out var last) ? last : 0;
        if (synced is null)
        {
            // From the first byte on, the target holds no checkpoint any more.
            await NoteAsync(run, stamp => stamp.With(StampNotes.Synced, null).With(StampNotes.Replicated, null), cancellation);
        }

        var (rounds, said) = (new List<CopyRound>(), new List<string>());
        var hold = new WriteHold();
        var before = run.Time.GetTimestamp();
        while (true)
        {
            number++;
            await NoteAsync(run, stamp => stamp.With(StampNotes.Round, number.ToString(CultureInfo.InvariantCulture)).With(StampNotes.Copying, run.Now), cancellation);
            var started = run.Time.GetTimestamp();
            var (dirty, took, told) = await OneAsync(run, number, synced, checkpoints, cancellation);
            var since = run.Time.GetElapsedTime(before, started);
            before = started;
            said.Add(told);
            foreach (var old in checkpoints.Append(synced).OfType<string>().Distinct())
            {
                await run.From.EnsureCheckpointRemovedAsync(run.Vm.Id, run.MigrationId, old, cancellation);
            }

            (checkpoints, synced) = ([], NameOf(number));
            if (once)
            {
                return said[0];
            }

            // The base copy says how fast the link is, and nothing about the guest.
            if (rounds.Count > 0 && Decide(run, rounds, dirty, since, hold, said) is { } verdict && verdict != Verdict.Go)
            {
                if (verdict == Verdict.CutOver)
                {
                    return string.Join("; ", said);
                }

                run.HeldBack = true;
                await run.From.EnsureSlowedAsync(run.Vm.Id, run.MigrationId, hold.BytesPerSecond, cancellation);
                said.Add($"{run.Name} was held back to {Human.Rate(hold.BytesPerSecond!.Value)} of writes");

                // What comes of the hold shows in rounds that lie wholly within it.
                rounds.Clear();
            }

            rounds.Add(new CopyRound(dirty, took));
        }
    }

    private enum Verdict
    {
        Go,
        CutOver,
        SlowDown,
    }

    private static Verdict Decide(Run run, List<CopyRound> rounds, long dirty, TimeSpan since, WriteHold hold, List<string> said)
    {
        var declared = run.Spec.Cutover;
        var predicted = Convergence.Predict(rounds, dirty, since, Room(run), TimeSpan.Zero, declared.MaxRounds);
        if (predicted.Verdict != ConvergenceVerdict.DoesNotConverge)
        {
            return predicted.Verdict == ConvergenceVerdict.CutOver ? Verdict.CutOver : Verdict.Go;
        }

        var rates = $"{run.Name} writes {Human.Rate(predicted.DirtyBytesPerSecond)}{(hold.BytesPerSecond is { } held ? $" to its disks though it is held back to {Human.Rate(held)}" : "")}, and {Human.Rate(predicted.LinkBytesPerSecond ?? 0)} reach {run.To.Name}: "
            + $"after {rounds.Count + 1} rounds {Human.Bytes(dirty)} change between two of them, so the last one would take about {Human.Duration(predicted.PredictedLastRound)}, "
            + $"and with stopping and starting the VM more than the {Human.Duration(declared.MaxDowntime)} of cutover.maxDowntime";
        if (declared.OnNoConvergence == NoConvergence.CutOverAnyway)
        {
            said.Add($"{rates}; cut over anyway, as declared");
            run.Events.Say(Severity.Warning, $"{rates}. It is cut over anyway, as declared.");
            return Verdict.CutOver;
        }

        if (declared.OnNoConvergence == NoConvergence.SlowGuest && hold.Tighten(predicted))
        {
            run.Events.Say(Severity.Warning, $"{rates}. Its writes are held back until the cutover, as declared.");
            return Verdict.SlowDown;
        }

        throw new PlatformException(
            PlatformErrorKind.Refused, run.From.Name,
            $"{rates}. {(hold.BytesPerSecond is null ? "" : "What a guest has queued is written at each checkpoint however much it is held back. ")}Nothing was cut over, and what was copied is kept. Run again when it writes less, allow more downtime, give the link more bandwidth, or set cutover.onNoConvergence to {(declared.OnNoConvergence == NoConvergence.SlowGuest || !run.From.Capabilities.HoldsWritesBack ? "" : "SlowGuest or ")}CutOverAnyway");
    }

    private static string IfTooFast(Run run) => run.Spec.Cutover.OnNoConvergence switch
    {
        NoConvergence.SlowGuest => ", and if it writes faster than they can be sent its writes are held back until then",
        NoConvergence.CutOverAnyway => ", or it writes faster than they can be sent",
        _ => "",
    };

    /// <summary>How long the last round may take.</summary>
    internal static TimeSpan Room(Run run) => run.Spec.Cutover.MaxDowntime - Fixed(run) is var rest && rest > LeastLastRound ? rest : LeastLastRound;

    /// <summary>What the outage costs besides the last round, by the steps' own estimates.</summary>
    internal static TimeSpan Fixed(Run run) =>
        new Step[] { StopSource.For(run), new FenceSource(), new DefineTarget(), new StartTarget() }.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Estimate(run));

    private static async Task<(long Dirty, TimeSpan Took, string Told)> OneAsync(Run run, int number, string? synced, ImmutableArray<string> checkpoints, CancellationToken cancellation)
    {
        var started = run.Time.GetTimestamp();
        var name = synced is null ? "base copy" : $"round {number.ToString(CultureInfo.InvariantCulture)}";
        run.Events.Status(name, $"{name}: opening a checkpoint of {run.Name}");
        var begun = synced is null ? await BegunCopy.FindAsync(run, checkpoints, cancellation) : null;

        // To freeze is to write out first, which takes long where writes are held back; a cutover does not need it.
        var quiesce = run.Spec.Cutover.Quiesce && !run.HeldBack;
        await using var round = await run.From.OpenRoundAsync(
            new RoundRequest(run.Vm.Id, run.MigrationId, NameOf(number), synced ?? begun?.Since, quiesce), cancellation);
        var at = run.Now;
        if (synced is not null && round.Since is null)
        {
            run.Events.Say(Severity.Warning, $"{run.From.Name} has lost its record of what {run.Name} has changed since {synced}; everything is copied again.");
            run.ForgetTrees();
        }

        if (quiesce && !round.Quiesced)
        {
            run.Events.Say(Severity.Note, $"{run.Name} was not frozen for checkpoint {NameOf(number)}: {round.WhyNotQuiesced}. The checkpoint is as after a power cut; the last one, with the VM off, is whole.");
        }

        var (dirty, sent, resumed) = (0L, 0L, 0L);
        var (copied, proofs) = (new List<DiskAccess>(), new List<DiskProof>());
        try
        {
            foreach (var disk in run.Vm.Disks)
            {
                var made = run.Disks[disk.Name];
                var changed = round.Since is null ? null : await round.ChangedAsync(disk.Name, cancellation);
                await using var from = await round.OpenDiskAsync(disk.Name, cancellation);
                if (from.LengthBytes != made.LengthBytes)
                {
                    throw new PlatformException(
                        PlatformErrorKind.Refused, run.From.Name,
                        $"Disk {disk.Name} of {run.Name} has {from.LengthBytes} bytes now and had {made.LengthBytes} when its copy was made: somebody has resized it. Run again: its copy is made anew");
                }

                var to = await run.To.OpenDiskAsync(made, cancellation);
                copied.Add(to);
                if (begun is null && !run.Trees.ContainsKey(disk.Name))
                {
                    // A run that was killed just when its base copy was noted has left its map.
                    await CopyDisks.ForgetMapAsync(to, cancellation);
                }

                var ranges = begun is null ? changed : null;
                var result = await RoundSync.RunAsync(
                    run, disk.Name, from, to, ranges, targetIsZero: synced is null && made.IsNew && !run.Trees.ContainsKey(disk.Name),
                    whole: run.Spec.Goal >= MigrationGoal.Tested, name, begun?.Of(run, disk.Name, to, round.Checkpoint, changed), cancellation);
                if (run.Spec.Goal >= MigrationGoal.Tested || ranges is null)
                {
                    proofs.Add(new DiskProof(disk.Name, from.LengthBytes, result.SourceDigest!, result.TargetDigest!));
                }

                dirty += ranges?.TotalBytes ?? result.WrittenBytes;
                sent += result.WrittenBytes;
                resumed += result.ResumedBytes;
                run.Disks[disk.Name] = made with { IsNew = false };
                if (begun is null)
                {
                    copied.Remove(to);
                    await to.DisposeAsync();
                }
            }

            var counted = round.Since is null || run.HeldBack ? (long?)null : dirty;

            // Where the platform lets disks be read on after the hypervisor's death, nobody else has noticed it.
            await StartCrashed.AgainAsync(
                run, cancellation,
                stamp => Measured(stamp, stamp[StampNotes.Replicated] ?? run.Vm.Stamp?[StampNotes.Replicated], counted, at)
                    .With(StampNotes.Synced, NameOf(number)).With(StampNotes.Replicated, at).With(StampNotes.ReplicaProof, ProofNote.Write(proofs.Count == run.Vm.Disks.Length ? proofs : [])));
            foreach (var to in copied)
            {
                await CopyDisks.ForgetMapAsync(to, cancellation);
            }
        }
        finally
        {
            foreach (var to in copied)
            {
                await to.DisposeAsync();
            }
        }

        var took = run.Time.GetElapsedTime(started);
        return (dirty, took, $"{name}: {Human.Bytes(sent)} in {Human.Duration(took)}{(resumed > 0 ? $", {Human.Bytes(resumed)} done by an earlier run" : "")}{(round.Quiesced ? ", frozen for its checkpoint" : "")}");
    }

    /// <summary>How fast the guest changes its disks, from one round to the next.</summary>
    /// <param name="since">When the round before was: noted by it, or by an earlier run.</param>
    /// <param name="changed">Since the round before; null where that is not known, or not what the guest does by itself.</param>
    private static Stamp Measured(Stamp stamp, string? since, long? changed, string at) =>
        changed is { } bytes && Instant(since) is { } before && Instant(at) is { } now && now - before >= TimeSpan.FromSeconds(1)
            ? stamp.With(StampNotes.Churn, ((long)(bytes / (now - before).TotalSeconds)).ToString(CultureInfo.InvariantCulture))
            : stamp;

    private static DateTimeOffset? Instant(string? note) =>
        DateTimeOffset.TryParse(note, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static string NameOf(int number) => $"r{number.ToString(CultureInfo.InvariantCulture)}";

    private static string Disks(Run run) => string.Join(", ", run.Vm.Disks.Select(disk => disk.Name));

    private static Task NoteAsync(Run run, Func<Stamp, Stamp> change, CancellationToken cancellation) =>
        Proven.NotedAsync(run.From, run.Vm.Id, run.MigrationId, change, cancellation);
}
