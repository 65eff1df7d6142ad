using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The way back: what the VM wrote at the target is copied to the source's disks before the VM starts there.</summary>
/// <remarks>
/// Where the target's platform tells what was written since the cutover, only that is sent; else whole disks are compared. Either way the digests of the whole disks are equal on
/// both sides at the end. While it runs, the source's disks are neither old nor new: a note says so, and a rollback that discards is refused until it is done. The copy at
/// the target stays whole, so a failure brings the VM up there again.
/// </remarks>
internal sealed class BringBack : Step
{
    /// <summary>What has changed is taken to be this much where only a round tells.</summary>
    private const long Guess = 32 << 20;

    public override string Name => "bring changes back";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override long EstimateBytes(Run run) => HasBegun(run) ? 0 : Delta(run);

    public override TimeSpan Estimate(Run run) => HasBegun(run) ? TimeSpan.FromSeconds(2) : run.Delta?.Since is null ? TimeSpan.FromSeconds(0.2) : BringBackRunning.Reading(run);

    public override string Describe(Run run)
    {
        var which = $"{string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))} from {run.From.Name} to {run.Seen.HomeSite.Name}";
        return HasBegun(run) ? $"what {run.Name} has written since the last round, {which}; {run.Spec.Digest} digests of the whole disks compared on both sides"
            : run.Delta is { Since: not null } delta
                ? $"what {run.Name} has written since the cutover ({BringBackRunning.Known(delta)}), {which}; {run.Spec.Digest} digests of the whole disks compared on both sides"
                : $"{which}, only what differs: whole disks are compared, since {run.Delta?.WhyNot ?? "nothing tells what has changed"}; digests compared on both sides{DisksAtOnce.Ways(run.From, run.Seen.HomeSite, run.Vm.Disks)}";
    }

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await HomeDisks.BeginAsync(run, cancellation);
        var said = await ChangedAsync(run, cancellation) ?? await HomeDisks.MakeEqualAsync(run, (disk, stop) => run.From.OpenVmDiskAsync(run.Vm.Id, disk.Name, writable: false, stop), cancellation);
        await HomeDisks.DoneAsync(run, cancellation);
        return said;
    }

    public override Task UndoAsync(Run run, CancellationToken cancellation) => HomeDisks.GetOldAsync(run, cancellation);

    /// <summary>Brings home's disks to the state of one round, and proves it by the digests of the whole disks.</summary>
    /// <returns>Bytes that were sent.</returns>
    internal static async Task<long> RoundAsync(Run run, DiskRound round, string phase, CancellationToken cancellation)
    {
        run.Proofs.Clear();
        var sent = 0L;
        foreach (var disk in run.Vm.Disks)
        {
            var changed = await round.ChangedAsync(disk.Name, cancellation);
            await using var from = await round.OpenDiskAsync(disk.Name, cancellation);
            await using var to = await run.Seen.HomeSite.OpenVmDiskAsync(run.Seen.Home!.Id, disk.Name, writable: true, cancellation);
            var result = await RoundSync.RunAsync(run, disk.Name, from, to, changed, targetIsZero: false, whole: true, phase, resume: null, cancellation);
            run.Proofs.Add(new DiskProof(disk.Name, from.LengthBytes, result.SourceDigest!, result.TargetDigest!));
            sent += result.WrittenBytes;
        }

        return sent;
    }

    /// <summary>What is to go back, at most.</summary>
    internal static long Delta(Run run)
    {
        var all = run.Vm.Disks.Sum(CopyDisks.Bytes);
        return run.Delta is { Since: not null } delta && !run.Seen.HomeSite.Capabilities.TakesWholeDisks ? delta.Bytes ?? Math.Min(Guess, all) : all;
    }

    /// <summary>A step before this one has brought the most of it.</summary>
    private static bool HasBegun(Run run) => BringBackRunning.IsPossible(run.Seen);

    /// <returns>What was done; null where the changes are not known, and whole disks have to be compared.</returns>
    private static async Task<string?> ChangedAsync(Run run, CancellationToken cancellation)
    {
        if ((run.ReturnedTo ?? run.Delta?.Since) is not { } since)
        {
            return null;
        }

        try
        {
            await using var round = await run.From.OpenRoundAsync(new RoundRequest(run.Vm.Id, run.MigrationId, "back", since, Quiesce: false), cancellation);
            if (round.Since is not null)
            {
                var sent = await RoundAsync(run, round, "bring changes back", cancellation);
                return $"{Human.Bytes(sent)} of {Placement.Names(run.Vm.Disks.Select(disk => disk.Name))} since {since}; "
                    + $"digests of the whole disks equal ({string.Join(", ", run.Proofs.Select(proof => proof.TargetDigest))})";
            }

            run.Events.Say(Checks.Severity.Warning, $"{run.From.Name} has lost its record of what {run.Name} has written since the cutover; whole disks are compared.");
        }
        catch (BlockException e) when (e.Kind == BlockErrorKind.Mismatch)
        {
            run.Events.Say(Checks.Severity.Warning, $"{e.Message.TrimEnd('.')}: something was written that the record of {run.From.Name} does not tell. Whole disks are compared.");
        }
        catch (PlatformException e) when (e.Kind is PlatformErrorKind.Busy or PlatformErrorKind.Refused or PlatformErrorKind.Unsupported or PlatformErrorKind.NotFound)
        {
            run.Events.Say(Checks.Severity.Warning, $"What {run.Name} has written since the cutover cannot be read: {e.Message.TrimEnd('.')}. Whole disks are compared.");
        }

        run.ForgetTrees();
        return null;
    }
}
