using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The last changes, with the source off and fenced; then both sides' digests of the whole disks are equal. Where nothing tells the changes, everything is copied.</summary>
internal sealed class FinalRound : Step
{
    /// <summary>What a last round is taken to send while nothing is known of the guest.</summary>
    private const long Guess = 32 << 20;

    public override string Name => "last round";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override long EstimateBytes(Run run) => run.To.Capabilities.TakesWholeDisks ? run.Vm.Disks.Sum(CopyDisks.Bytes) : Math.Min(Guess, run.Vm.Disks.Sum(CopyDisks.Bytes));

    public override string Describe(Run run) =>
        $"what {run.Name} has changed since the last checkpoint, with it off; {run.Spec.Digest} digests of {string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))} compared on both sides";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var source = await run.From.InspectAsync(run.Vm.Id, cancellation)
            ?? throw new PlatformException(PlatformErrorKind.NotFound, run.From.Name, $"{run.Name} is gone from {run.From.Name}.");
        var (synced, epoch) = (source.Stamp?[StampNotes.Synced], source.Stamp?[StampNotes.Epoch]);
        if (synced is null || run.Disks.Values.Any(disk => disk.IsNew) || source.Power != PowerState.Off
            || run.Vm.Disks.Any(disk => epoch is not null && CopiedNote.Read(source.Stamp, disk.Name)?.Epoch == epoch))
        {
            return await new CopyDisks().DoAsync(run, cancellation);
        }

        await using var round = await run.From.OpenRoundAsync(new RoundRequest(run.Vm.Id, run.MigrationId, "last", synced, Quiesce: false), cancellation);
        if (round.Since is null)
        {
            return await new CopyDisks().DoAsync(run, cancellation);
        }

        run.Proofs.Clear();
        var said = new List<string>();
        foreach (var disk in run.Vm.Disks)
        {
            var changed = await round.ChangedAsync(disk.Name, cancellation);
            await using var from = await round.OpenDiskAsync(disk.Name, cancellation);
            await using var to = await run.To.OpenDiskAsync(run.Disks[disk.Name], cancellation);
            var result = await RoundSync.RunAsync(run, disk.Name, from, to, changed, targetIsZero: false, whole: true, Name, resume: null, cancellation);
            run.Proofs.Add(new DiskProof(disk.Name, from.LengthBytes, result.SourceDigest!, result.TargetDigest!));
            said.Add($"{disk.Name}: {Human.Bytes(result.WrittenBytes)} in {Human.Duration(result.Duration)}, digests equal ({result.TargetDigest})");
            if (epoch is not null)
            {
                await SourceNotes.UpdateAsync(
                    run.From, run.Vm.Id, run.MigrationId, stamp => new CopiedNote(epoch, result.TargetDigest!).Write(stamp, disk.Name), cancellation);
            }
        }

        return string.Join("; ", said);
    }
}
