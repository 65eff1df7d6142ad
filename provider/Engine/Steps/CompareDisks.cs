using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The proof of a live move: every block that the guest has not written since the move began is equal on both sides.</summary>
/// <remarks>
/// The source is off and fenced, so its disks stay as they were at the switch. At the target the guest writes on; a checkpoint of it holds still while it is read. What the
/// guest has written since the move began cannot be compared any more: the hypervisor's mirror wrote it on both sides until the switch. How much that is, is told.
/// </remarks>
internal sealed class CompareDisks : Step
{
    private const string Checkpoint = "proof";

    public override string Name => "compare disks";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override string Describe(Run run) =>
        $"{run.Spec.Digest} digests of {string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))} on both sides, of every block that {run.Name} has not written since the move began; it runs meanwhile";

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(1 + (run.Vm.Disks.Sum(CopyDisks.Bytes) / 500e6));

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var copy = await run.To.InspectAsync(run.CopyId!, cancellation)
            ?? throw new PlatformException(PlatformErrorKind.NotFound, run.To.Name, $"{run.Name} is gone from {run.To.Name}.");
        run.Proofs.Clear();
        var said = new List<string>();
        await using (var round = await run.To.OpenRoundAsync(new RoundRequest(copy.Id, run.MigrationId, Checkpoint, MoveLive.Checkpoint, Quiesce: false), cancellation))
        {
            if (round.Since is null)
            {
                throw new PlatformException(
                    PlatformErrorKind.Refused, run.To.Name,
                    $"{run.To.Name} cannot tell what {run.Name} has written since the move began, so nothing can be proven about its disks");
            }

            foreach (var disk in run.Vm.Disks)
            {
                var changed = await round.ChangedAsync(disk.Name, cancellation)
                    ?? throw new PlatformException(PlatformErrorKind.Unsupported, run.To.Name, $"Changes of disk {disk.Name} of {run.Name} are not tracked at {run.To.Name}, so nothing can be proven about it");
                await using var here = await run.From.OpenVmDiskAsync(run.Vm.Id, disk.Name, writable: false, cancellation);
                await using var there = await round.OpenDiskAsync(disk.Name, cancellation);
                if (here.LengthBytes != there.LengthBytes)
                {
                    throw new PlatformException(PlatformErrorKind.Refused, run.To.Name, $"Disk {disk.Name} of {run.Name} has {there.LengthBytes} bytes at {run.To.Name} and {here.LengthBytes} at {run.From.Name}");
                }

                var written = changed.RoundOut(DigestTree.LeafBytes, here.LengthBytes);
                var same = written.Complement(here.LengthBytes);
                var digests = await Task.WhenAll(
                    RoundSync.DigestAsync(run, here, same, Name, disk.Name, cancellation), RoundSync.DigestAsync(run, there, same, Name, disk.Name, cancellation));
                if (digests[0] != digests[1])
                {
                    throw new PlatformException(
                        PlatformErrorKind.Refused, run.To.Name,
                        $"Disk {disk.Name} of {run.Name} is not the same at {run.To.Name} as at {run.From.Name}, in blocks that the guest has not written since the move began: {digests[1]} instead of {digests[0]}");
                }

                run.Proofs.Add(new DiskProof(disk.Name, here.LengthBytes, digests[0], digests[1]));
                said.Add($"{disk.Name}: {Human.Bytes(same.TotalBytes)} of {Human.Bytes(here.LengthBytes)} equal on both sides ({digests[1]}), {Human.Bytes(written.TotalBytes)} written by the guest since the move began");
            }
        }

        // What may differ from home later is what it has changed since the same checkpoint.
        run.TrackedSince = run.Seen.Current is null ? MoveLive.Checkpoint : null;
        await run.To.EnsureCheckpointRemovedAsync(copy.Id, run.MigrationId, Checkpoint, cancellation);
        await SourceNotes.UpdateAsync(run.To, copy.Id, run.MigrationId, stamp => stamp.With(StampNotes.Proof, ProofNote.Write(run.Proofs)), cancellation);
        return string.Join("; ", said);
    }
}
