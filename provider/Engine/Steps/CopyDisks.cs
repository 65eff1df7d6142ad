using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Copies every disk and compares digests. Disks that an earlier run copied whole, while the source could not change, are not sent again.</summary>
internal sealed class CopyDisks : Step
{
    public override string Name => "copy disks";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override long EstimateBytes(Run run) => run.Vm.Disks.Sum(Bytes);

    public override string Describe(Run run) =>
        $"{string.Join(", ", run.Vm.Disks.Select(disk => $"{disk.Name} {Human.Bytes(Bytes(disk))} of {Human.Bytes(disk.LengthBytes.Or(0))}"))} from {run.From.Name} to {run.To.Name}, "
        + $"{run.Spec.Digest} digests compared on both sides{DisksAtOnce.Ways(run.From, run.To, run.Vm.Disks)}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var source = await run.From.InspectAsync(run.Vm.Id, cancellation)
            ?? throw new PlatformException(PlatformErrorKind.NotFound, run.From.Name, $"{run.Name} is gone from {run.From.Name}.");
        if (source.Power != PowerState.Off)
        {
            throw new PlatformException(PlatformErrorKind.Busy, run.From.Name, $"{run.Name} runs at {run.From.Name} while its disks are to be copied: somebody has started it.");
        }

        var epoch = source.Stamp?[StampNotes.Epoch];
        run.Proofs.Clear();
        using var noting = new SemaphoreSlim(1);
        var said = await DisksAtOnce.RunAsync(run, run.To, async (disk, meter, stop) =>
        {
            var made = run.Disks[disk.Name];
            var length = disk.LengthBytes.Value;
            var note = made.IsNew ? null : CopiedNote.Read(source.Stamp, disk.Name);
            if (note is not null && epoch is not null && note.Epoch == epoch && await IsStillWholeAsync(run, made, note, stop))
            {
                meter.Skip(disk.Name);
                return (new DiskProof(disk.Name, length, note.Digest, note.Digest), $"{disk.Name} was copied by an earlier run, digest {note.Digest}");
            }

            await using var from = await run.From.OpenVmDiskAsync(run.Vm.Id, disk.Name, writable: false, stop);
            await using var to = await run.To.OpenDiskAsync(made, stop);
            // While the fence stands, an epoch names content that cannot change. Without one the VM is only off, and a repeat compares.
            var request = new DiskSyncRequest(disk.Name, from, to, made.IsNew) { SourceState = epoch };
            var result = await DiskSync.RunAsync(run, request, meter, stop);
            if (epoch is not null)
            {
                await noting.WaitAsync(stop);
                try
                {
                    await SourceNotes.UpdateAsync(
                        run.From, run.Vm.Id, run.MigrationId, stamp => new CopiedNote(epoch, result.TargetDigest!).Write(stamp, disk.Name), stop);
                }
                finally
                {
                    noting.Release();
                }

                // The note tells what the map told, for as long as it counts.
                await ForgetMapAsync(to, stop);
            }

            return (new DiskProof(disk.Name, length, result.SourceDigest!, result.TargetDigest!), DisksAtOnce.Say(disk, from, to, result));
        }, cancellation);

        // Nothing but its being off has kept it from writing.
        if (epoch is null && await run.From.InspectAsync(run.Vm.Id, cancellation) is not { Power: PowerState.Off })
        {
            throw new PlatformException(PlatformErrorKind.Busy, run.From.Name, $"{run.Name} does not stay off at {run.From.Name} while its disks are copied: somebody has started it, so the copy is of no one moment.");
        }

        return string.Join("; ", said);
    }

    internal static long Bytes(Disk disk) => disk.AllocatedBytes.TryGet(out var allocated) ? Math.Min(allocated, disk.LengthBytes.Or(allocated)) : disk.LengthBytes.Or(0);

    /// <summary>When the copy is a VM already, its guest may have run: what was proven before its start counts. Else the disk is read again.</summary>
    internal static async Task<bool> IsStillWholeAsync(Run run, TargetDisk made, CopiedNote note, CancellationToken cancellation)
    {
        if (made.Attached is not null)
        {
            return true;
        }

        await using var disk = await run.To.OpenDiskAsync(made, cancellation);
        if (await DiskSync.DigestAsync(run, disk, cancellation) != note.Digest)
        {
            return false;
        }

        await ForgetMapAsync(disk, cancellation);
        return true;
    }

    internal static ValueTask ForgetMapAsync(DiskAccess disk, CancellationToken cancellation) => disk.Resume?.DeleteAsync(cancellation) ?? ValueTask.CompletedTask;
}
