using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Aws.Ebs;

namespace VmMigrate.Platforms.Aws;

// A checkpoint is one snapshot a volume, all of one moment; EBS tells the blocks that differ between two.
internal sealed partial class AwsSite
{
    public override async Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(request.VmId, cancellation).ConfigureAwait(false);
        await EnsureCheckpointRemovedAsync(request.VmId, request.MigrationId, request.Checkpoint, cancellation).ConfigureAwait(false);
        var held = await HeldAsync(instance, cancellation).ConfigureAwait(false);
        var snapshots = await TakeCheckpointAsync(instance, held, request.MigrationId, request.Checkpoint, cancellation).ConfigureAwait(false);
        foreach (var snapshot in snapshots)
        {
            await TargetLine.WaitAsync(_connection, snapshot.Value, cancellation).ConfigureAwait(false);
        }

        var since = request.Since is null ? [] : await CheckpointAsync(request.VmId, request.MigrationId, request.Since, cancellation).ConfigureAwait(false);
        var isWhole = held.TrueForAll(volume => since.ContainsKey(volume.Volume.VolumeId));
        return new Round(this, instance, held, request, snapshots, isWhole ? since : null);
    }

    public override async Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        [.. (await CheckpointSnapshotsAsync(vmId, migrationId, cancellation).ConfigureAwait(false)).OrderBy(snapshot => snapshot.StartTime).Select(snapshot => AwsTags.Read(snapshot.Tags)[AwsTags.Checkpoint]).Distinct()];

    public override async Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        foreach (var snapshot in (await CheckpointSnapshotsAsync(vmId, migrationId, cancellation).ConfigureAwait(false)).Where(snapshot => AwsTags.Read(snapshot.Tags)[AwsTags.Checkpoint] == checkpoint))
        {
            await TargetLine.DeleteAsync(_connection, snapshot.SnapshotId, cancellation).ConfigureAwait(false);
        }
    }

    public override async Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        var known = (await FindCheckpointsAsync(vmId, migrationId, cancellation).ConfigureAwait(false)).Contains(checkpoint);
        if (!known && instance.State.Name == InstanceStateName.Stopped && await FenceOfAsync(instance, cancellation).ConfigureAwait(false) is null)
        {
            // The moment is now, while it is off; EBS completes the snapshot in its own time.
            await TakeCheckpointAsync(instance, await HeldAsync(instance, cancellation).ConfigureAwait(false), migrationId, checkpoint, cancellation).ConfigureAwait(false);
            known = true;
        }

        await EnsureRunningAsync(vmId, cancellation).ConfigureAwait(false);
        return known;
    }

    /// <returns>Snapshots by volume. Of all attached volumes in one call, so at one moment; a root that a fence holds cannot change.</returns>
    private async Task<Dictionary<string, string>> TakeCheckpointAsync(Instance instance, List<HeldVolume> held, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        var tags = AwsTags.Specification("snapshot", new Dictionary<string, string>
        {
            [AwsTags.Migration] = migrationId,
            [AwsTags.Kind] = "checkpoint",
            [AwsTags.Checkpoint] = $"{checkpoint}",
            [AwsTags.Card] = instance.InstanceId,
            ["Name"] = $"{migrationId} checkpoint {checkpoint}",
        });
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        if (held.Exists(volume => (volume.Volume.Attachments ?? []).Count > 0))
        {
            var all = await _connection.AskAsync(
                $"making snapshots of the volumes of {instance.InstanceId}",
                ec2 => ec2.CreateSnapshotsAsync(
                    new CreateSnapshotsRequest { InstanceSpecification = new InstanceSpecification { InstanceId = instance.InstanceId }, Description = $"vmmigrate {migrationId} {checkpoint}", TagSpecifications = [tags] }, cancellation),
                cancellation).ConfigureAwait(false);
            foreach (var snapshot in all.Snapshots)
            {
                made[snapshot.VolumeId] = snapshot.SnapshotId;
            }
        }

        foreach (var volume in held.Where(volume => !made.ContainsKey(volume.Volume.VolumeId)))
        {
            var one = await _connection.AskAsync(
                $"making a snapshot of {volume.Volume.VolumeId}",
                ec2 => ec2.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = volume.Volume.VolumeId, Description = $"vmmigrate {migrationId} {checkpoint}", TagSpecifications = [tags] }, cancellation),
                cancellation).ConfigureAwait(false);
            made[volume.Volume.VolumeId] = one.Snapshot.SnapshotId;
        }

        await _connection.UntilAsync(
            $"checkpoint {checkpoint} to be seen", StatePatience,
            async () => made.Values.All((await CheckpointSnapshotsAsync(instance.InstanceId, migrationId, cancellation).ConfigureAwait(false)).Select(snapshot => snapshot.SnapshotId).Contains), cancellation).ConfigureAwait(false);
        return made;
    }

    private async Task<List<Snapshot>> CheckpointSnapshotsAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var request = new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, "checkpoint"), AwsTags.With(AwsTags.Card, vmId)] };
        var page = await _connection.AskAsync("listing our checkpoints", ec2 => ec2.DescribeSnapshotsAsync(request, cancellation), cancellation).ConfigureAwait(false);
        return [.. (page.Snapshots ?? []).Where(snapshot => snapshot.State != SnapshotState.Error)];
    }

    /// <remarks>Of two of one volume, by the late call of a run that was killed, the older one: what changed since then is all that changed since the other, and more.</remarks>
    private async Task<Dictionary<string, string>> CheckpointAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        (await CheckpointSnapshotsAsync(vmId, migrationId, cancellation).ConfigureAwait(false)).Where(snapshot => AwsTags.Read(snapshot.Tags)[AwsTags.Checkpoint] == checkpoint)
        .GroupBy(snapshot => snapshot.VolumeId).ToDictionary(group => group.Key, group => group.MinBy(snapshot => snapshot.StartTime)!.SnapshotId);

    private sealed class Round(AwsSite site, Instance instance, List<HeldVolume> held, RoundRequest request, Dictionary<string, string> snapshots, Dictionary<string, string>? since) : DiskRound
    {
        public override string Checkpoint => request.Checkpoint;

        public override string? Since => since is null ? null : request.Since;

        public override bool Quiesced => request.Quiesce && InstanceFacts.Power(instance) == PowerState.Off;

        public override string? WhyNotQuiesced => request.Quiesce && !Quiesced ? NoQuiesce : null;

        public override async Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation)
        {
            if (since is null)
            {
                return null;
            }

            var volume = Find(diskName);
            var (first, second) = (since[volume.Volume.VolumeId], snapshots[volume.Volume.VolumeId]);
            var length = Length(volume);
            var found = new ExtentSet.Builder();
            try
            {
                await TargetLine.WaitAsync(site._connection, first, cancellation).ConfigureAwait(false);
                for (int? from = 0; from is { } index;)
                {
                    var page = await site._ebs.ListChangedAsync(first, second, index, cancellation).ConfigureAwait(false);
                    foreach (var block in page.Blocks)
                    {
                        var start = (long)block.Index * EbsClient.BlockBytes;
                        if (start < length)
                        {
                            found.Add(start, Math.Min(EbsClient.BlockBytes, length - start));
                        }
                    }

                    from = page.NextIndex;
                }
            }
            catch (PlatformException e) when (e.Kind == PlatformErrorKind.Unsupported)
            {
                // EBS knows of no relation between the two: a volume was replaced.
                return null;
            }

            return found.Build();
        }

        public override Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation)
        {
            var volume = Find(diskName);
            return Task.FromResult<DiskAccess>(new EbsDiskAccess(
                new SnapshotDisk(site._ebs, new Sealed(snapshots[volume.Volume.VolumeId]), $"{site.Name} {InstanceFacts.NameOf(instance)} {diskName} at {Checkpoint}", Length(volume)), site._settings.BlocksInFlight, writable: false, null));
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private HeldVolume Find(string diskName) => held.Find(volume => volume.DiskName == diskName)
            ?? throw site.No(PlatformErrorKind.NotFound, $"{InstanceFacts.NameOf(instance)} at {site.Name} has no disk \"{diskName}\".");

        private static long Length(HeldVolume volume) => TargetLine.LengthOf(AwsTags.Read(volume.Volume.Tags)) is > 0 and var told ? told : (long)volume.Volume.Size!.Value << 30;
    }

    /// <summary>A snapshot that nobody writes to.</summary>
    private sealed class Sealed(string snapshot) : SnapshotLine
    {
        internal override string? Head => snapshot;

        internal override string? Open => null;

        internal override Task<string> BeginAsync(CancellationToken cancellation) => throw new InvalidOperationException("This disk was opened for reading.");

        internal override Task SealedAsync(string snapshot, CancellationToken cancellation) => throw new InvalidOperationException("This disk was opened for reading.");
    }
}
