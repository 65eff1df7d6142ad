using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>The copied disks become what a recovery point holds, and are proven to: for a VM that lives in them, or for one that is to run from them while its source keeps what it holds.</summary>
internal sealed class RestoreCopy : Step
{
    public override string Name => "restore recovery point";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(0.5) + (2 * BringBackRunning.Reading(run));

    public override string Describe(Run run) =>
        $"{string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))} at {run.To.Name} as they were at {run.GoesBackTo!.Id}; {run.Spec.Digest} digests of the point and of the disks compared";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, point) = (run.To, run.GoesBackTo!);
        run.Proofs.Clear();
        var lives = run.Seen.Current is not null;
        if (lives)
        {
            // What was tracked ends here: it tells nothing of a leap.
            await site.EnsureTrackingRemovedAsync(run.Vm.Id, run.MigrationId, cancellation);
            await SourceNotes.UpdateAsync(site, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Tracked, null), cancellation);
        }
        else
        {
            // They are no copy of the source as it is any more, and no round can go on from them.
            await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => run.Vm.Disks.Aggregate(
                stamp.With(StampNotes.Synced, null).With(StampNotes.Replicated, null), (left, disk) => left.With(StampNotes.CopiedPrefix + disk.Name, null)), cancellation);
        }

        var wanted = new List<DiskProof>();
        foreach (var disk in run.Vm.Disks)
        {
            await using var kept = await site.OpenPointDiskAsync(run.MigrationId, point.Id, disk.Name, cancellation);
            var digest = await DiskSync.DigestAsync(run, kept, cancellation);
            wanted.Add(new DiskProof(disk.Name, kept.LengthBytes, digest, digest));
        }

        await site.EnsurePointRestoredAsync(run.MigrationId, point.Id, cancellation);
        foreach (var disk in wanted)
        {
            await using var now = lives
                ? await site.OpenVmDiskAsync(run.Vm.Id, disk.Disk, writable: false, cancellation)
                : await site.OpenDiskAsync(run.Disks[disk.Disk], cancellation);
            var proof = disk with { TargetDigest = await DiskSync.DigestAsync(run, now, cancellation) };
            if (proof.SourceDigest != proof.TargetDigest)
            {
                throw new BlockException(
                    BlockErrorKind.Mismatch, $"{disk.Disk} at {site.Name} went back to {point.Id} and is not what that point holds: {proof.TargetDigest} instead of {proof.SourceDigest}.", canRetry: false);
            }

            run.Proofs.Add(proof);
        }

        if (lives)
        {
            await SourceNotes.UpdateAsync(site, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.WentBack, run.WentBack).With(StampNotes.Proof, ProofNote.Write(run.Proofs)), cancellation);
        }

        return $"as at {point.Id}; digests equal ({string.Join(", ", run.Proofs.Select(proof => proof.TargetDigest))})";
    }

    /// <summary>A VM that lives in them has what it had before, which the step before has kept. A copy that nobody lives in yet may stay as it is: the next run copies it anew.</summary>
    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        if (run.Seen.Current is null || run.PointBefore is not { } before)
        {
            return;
        }

        await Proven.OffAsync(run.To, run.Vm.Id, TimeSpan.Zero, cancellation);
        await run.To.EnsurePointRestoredAsync(run.MigrationId, before, cancellation);
        await SourceNotes.UpdateAsync(
            run.To, run.Vm.Id, run.MigrationId,
            now => now.With(StampNotes.WentBack, run.Vm.Stamp?[StampNotes.WentBack]).With(StampNotes.Proof, run.Vm.Stamp?[StampNotes.Proof]), cancellation);
    }
}
