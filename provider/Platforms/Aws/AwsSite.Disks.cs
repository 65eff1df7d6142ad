using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Aws.Ebs;

namespace VmMigrate.Platforms.Aws;

internal sealed partial class AwsSite
{
    private const string LocationPrefix = "ebs:";

    /// <summary>How many values one filter of a Describe call takes.</summary>
    private const int MostFilterValues = 200;

    public override async Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation) =>
        await DisksAsync(migrationId, cancellation).ConfigureAwait(false);

    public override async Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation)
    {
        var all = (await DisksAsync(null, cancellation).ConfigureAwait(false)).ToLookup(disk => disk.MigrationId);
        return id => [.. all[id]];
    }

    public override async Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation)
    {
        if (!VolumeTypes.Contains(request.Pool))
        {
            throw No(PlatformErrorKind.NotFound, $"There is no volume type \"{request.Pool}\" at {Name} ({Where}). EBS has: {string.Join(", ", VolumeTypes)}.");
        }

        var wanted = new TargetDisk(request.MigrationId, request.DiskName, request.Pool, LocationOf(request.MigrationId, request.DiskName), request.LengthBytes, "raw", null);
        var there = (await DisksAsync(request.MigrationId, cancellation).ConfigureAwait(false)).FirstOrDefault(disk => disk.DiskName == request.DiskName);
        if (there is not null)
        {
            var line = await TargetLine.FindAsync(_connection, _ebs, wanted, cancellation).ConfigureAwait(false);
            if (there.Attached is not null || (there.LengthBytes == request.LengthBytes && there.Pool == request.Pool && line.Line.Count > 0 && line.IsKnown))
            {
                return there;
            }

            if (there.LengthBytes == request.LengthBytes && there.Pool == request.Pool && line.Head is not null)
            {
                // A run on another machine has put blocks that only it knows of; what it had sealed is there.
                await line.DropOpenAsync(cancellation).ConfigureAwait(false);
                return there;
            }

            await RemoveDiskAsync(wanted, cancellation).ConfigureAwait(false);
        }

        var begun = await TargetLine.FindAsync(_connection, _ebs, wanted, cancellation).ConfigureAwait(false);
        var snapshot = await begun.BeginAsync(cancellation).ConfigureAwait(false);
        PutJournal.Open(snapshot).Journal.Dispose();
        await SeenAsync(wanted, cancellation).ConfigureAwait(false);
        return wanted with { IsNew = true };
    }

    public override async Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation)
    {
        RequireOurs(disk);
        var there = (await DisksAsync(disk.MigrationId, cancellation).ConfigureAwait(false)).FirstOrDefault(one => one.DiskName == disk.DiskName)
            ?? throw No(PlatformErrorKind.NotFound, $"There is no disk {disk.Location} at {Name}.");
        if (there.Attached is { } vm && await FindInstanceAsync(vm, cancellation).ConfigureAwait(false) is { } instance && InstanceFacts.Power(instance) != PowerState.Off)
        {
            throw No(PlatformErrorKind.Refused, $"The disk {disk.Location} belongs to instance {vm}, which runs.");
        }

        var line = await TargetLine.FindAsync(_connection, _ebs, there, cancellation).ConfigureAwait(false);
        return new EbsDiskAccess(new SnapshotDisk(_ebs, line, $"{Name} {disk.Location}", there.LengthBytes), _settings.BlocksInFlight, writable: true, null, await MapOfAsync(there, cancellation).ConfigureAwait(false));
    }

    /// <summary>EBS has no place for a map beside a snapshot: it lies on the runner, with the journal of what was put. Another runner compares what was sealed.</summary>
    /// <remarks>Named also by the account and region: two declarations of one runner may move VMs of one name to different ones.</remarks>
    private async Task<FileResumeStore> MapOfAsync(TargetDisk disk, CancellationToken cancellation)
    {
        var place = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(await IdentityAsync(cancellation).ConfigureAwait(false))))[..12];
        Directory.CreateDirectory(PutJournal.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new FileResumeStore(Path.Combine(PutJournal.Folder, $"{disk.MigrationId}.{disk.DiskName}.{place}"));
    }

    public override async Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation)
    {
        if (!disk.Location.StartsWith(LocationPrefix, StringComparison.Ordinal))
        {
            if ((await VolumesAsync([new Filter("tag-key", [AwsTags.Disk])], cancellation).ConfigureAwait(false)).Exists(volume => volume.VolumeId == disk.Location) || await ExistsAsync(disk.Location, cancellation).ConfigureAwait(false))
            {
                throw No(PlatformErrorKind.Refused, $"{disk.Location} at {Name} was not made by us; it is left alone.");
            }

            return;
        }

        RequireOurs(disk);
        await EndedAsync(disk.MigrationId, cancellation).ConfigureAwait(false);
        if ((await DisksAsync(disk.MigrationId, cancellation).ConfigureAwait(false)).FirstOrDefault(one => one.DiskName == disk.DiskName)?.Attached is { } vm)
        {
            throw No(PlatformErrorKind.Refused, $"The disk {disk.Location} at {Name} belongs to instance {vm}.");
        }

        if ((await DisksAsync(disk.MigrationId, cancellation).ConfigureAwait(false)).All(one => one.DiskName == disk.DiskName))
        {
            // The last trace that a run finds without an instance: what else is left goes before it.
            await RemoveLeftoversAsync(disk.MigrationId, cancellation).ConfigureAwait(false);
        }

        await RemoveDiskAsync(disk, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reading goes through a snapshot of the volume. Writing (the way back) begins the next one on it, and at the end a volume of that takes the old one's place: until then nothing is changed.</summary>
    public override async Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        if (InstanceFacts.Power(instance) != PowerState.Off)
        {
            throw No(PlatformErrorKind.Refused, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} is {instance.State.Name.Value}: its disks are opened only when it is stopped.");
        }

        var held = (await HeldAsync(instance, cancellation).ConfigureAwait(false)).Find(one => one.DiskName == diskName)
            ?? throw No(PlatformErrorKind.NotFound, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} has no disk \"{diskName}\".");
        var tags = AwsTags.Read(held.Volume.Tags);
        var length = TargetLine.LengthOf(tags) is > 0 and var told ? told : (long)held.Volume.Size!.Value << 30;
        var snapshot = await SnapshotForReadingAsync(held.Volume, cancellation).ConfigureAwait(false);
        var line = new VolumeLine(this, instance, held, snapshot);
        return new EbsDiskAccess(
            new SnapshotDisk(_ebs, line, $"{Name} {InstanceFacts.NameOf(instance)} {diskName}", length), _settings.BlocksInFlight, writable,
            () => line.CloseAsync(CancellationToken.None));
    }

    /// <summary>A snapshot of what is on a volume at this moment, for reading; what a killed run left of that goes first.</summary>
    private async Task<string> SnapshotForReadingAsync(Volume volume, CancellationToken cancellation)
    {
        var left = await _connection.AskAsync(
            "looking for snapshots of earlier runs",
            ec2 => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [AwsTags.With(AwsTags.Kind, "reading"), new Filter("volume-id", [volume.VolumeId])] }, cancellation), cancellation).ConfigureAwait(false);
        foreach (var snapshot in left.Snapshots ?? [])
        {
            await TargetLine.DeleteAsync(_connection, snapshot.SnapshotId, cancellation).ConfigureAwait(false);
        }

        var made = await _connection.AskAsync(
            $"making a snapshot of {volume.VolumeId}",
            ec2 => ec2.CreateSnapshotAsync(
                new CreateSnapshotRequest
                {
                    VolumeId = volume.VolumeId,
                    Description = "vmmigrate: for reading",
                    TagSpecifications = [AwsTags.Specification("snapshot", [KeyValuePair.Create(AwsTags.Kind, "reading"), KeyValuePair.Create("Name", $"vmmigrate reading {volume.VolumeId}")])],
                },
                cancellation),
            cancellation).ConfigureAwait(false);
        await TargetLine.WaitAsync(_connection, made.Snapshot.SnapshotId, cancellation).ConfigureAwait(false);
        return made.Snapshot.SnapshotId;
    }

    private void RequireOurs(TargetDisk disk)
    {
        if (disk.Location != LocationOf(disk.MigrationId, disk.DiskName))
        {
            throw No(PlatformErrorKind.Refused, $"{disk.Location} at {Name} is not the disk \"{disk.DiskName}\" of migration {disk.MigrationId}; it is left alone.");
        }
    }

    private async Task<bool> ExistsAsync(string volumeId, CancellationToken cancellation)
    {
        try
        {
            await _connection.AskAsync($"looking for {volumeId}", ec2 => ec2.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [volumeId] }, cancellation), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (PlatformException e) when (e.Kind is PlatformErrorKind.NotFound or PlatformErrorKind.Refused)
        {
            return false;
        }
    }

    private async Task RemoveDiskAsync(TargetDisk disk, CancellationToken cancellation)
    {
        await (await MapOfAsync(disk, cancellation).ConfigureAwait(false)).DeleteAsync(cancellation).ConfigureAwait(false);
        foreach (var volume in (await VolumesAsync([AwsTags.With(AwsTags.Migration, disk.MigrationId), AwsTags.With(AwsTags.Disk, disk.DiskName)], cancellation).ConfigureAwait(false)).Where(volume => volume.State == VolumeState.Available))
        {
            await DeleteVolumeAsync(volume.VolumeId, cancellation).ConfigureAwait(false);
        }

        foreach (var snapshot in await TargetLine.SnapshotsAsync(_connection, disk.MigrationId, disk.DiskName, cancellation).ConfigureAwait(false))
        {
            await TargetLine.DeleteAsync(_connection, snapshot.SnapshotId, cancellation).ConfigureAwait(false);
        }

        await _connection.UntilAsync(
            $"the disk {disk.Location} to be gone", StatePatience,
            async () => (await DisksAsync(disk.MigrationId, cancellation).ConfigureAwait(false)).All(one => one.DiskName != disk.DiskName), cancellation).ConfigureAwait(false);
    }

    private async Task DeleteVolumeAsync(string volumeId, CancellationToken cancellation)
    {
        try
        {
            await _connection.AskAsync($"deleting {volumeId}", ec2 => ec2.DeleteVolumeAsync(new DeleteVolumeRequest(volumeId), cancellation), cancellation).ConfigureAwait(false);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            // Gone already.
        }
    }

    private async Task SeenAsync(TargetDisk disk, CancellationToken cancellation) => await _connection.UntilAsync(
        $"the disk {disk.Location} to be seen", StatePatience,
        async () => (await DisksAsync(disk.MigrationId, cancellation).ConfigureAwait(false)).Any(one => one.DiskName == disk.DiskName), cancellation).ConfigureAwait(false);

    /// <summary>Disks of a migration, by their snapshots; and whose volumes they are by now.</summary>
    private async Task<ImmutableArray<TargetDisk>> DisksAsync(string? migrationId, CancellationToken cancellation)
    {
        var volumes = await VolumesAsync(
            migrationId is null ? [new Filter("tag-key", [AwsTags.Disk])] : [AwsTags.With(AwsTags.Migration, migrationId), new Filter("tag-key", [AwsTags.Disk])], cancellation).ConfigureAwait(false);
        var held = volumes.ConvertAll(volume => (Tags: AwsTags.Read(volume.Tags), Vm: HeldVolume.ReadFence(volume)?.Instance ?? volume.Attachments?.FirstOrDefault()?.InstanceId)).FindAll(volume => volume.Vm is not null);
        // An instance that ends still holds its volumes, and is no VM any more. Asked in this order: who was seen to hold one is seen to be gone, never the other way round.
        var holders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var some in held.Select(volume => volume.Vm!).Distinct().Chunk(MostFilterValues))
        {
            holders.UnionWith((await InstancesAsync([new Filter("instance-id", [.. some])], cancellation).ConfigureAwait(false)).Select(instance => instance.InstanceId));
        }

        var attached = held.Where(volume => holders.Contains(volume.Vm!)).GroupBy(volume => (volume.Tags.GetValueOrDefault(AwsTags.Migration), volume.Tags[AwsTags.Disk])).ToDictionary(group => group.Key, group => group.First());
        var snapshots = await TargetLine.SnapshotsAsync(_connection, migrationId, null, cancellation).ConfigureAwait(false);
        var disks = snapshots.Where(snapshot => snapshot.State != SnapshotState.Error).Select(snapshot => AwsTags.Read(snapshot.Tags)).Concat(attached.Values.Select(volume => volume.Tags))
            .Where(tags => tags.ContainsKey(AwsTags.Migration) && tags.ContainsKey(AwsTags.Disk))
            .GroupBy(tags => (Migration: tags[AwsTags.Migration], Disk: tags[AwsTags.Disk]))
            .Select(group => new TargetDisk(
                group.Key.Migration, group.Key.Disk, group.Last().GetValueOrDefault(AwsTags.Pool, "gp3"), LocationOf(group.Key.Migration, group.Key.Disk), TargetLine.LengthOf(group.Last()), "raw",
                attached.TryGetValue((group.Key.Migration, group.Key.Disk), out var holder) ? holder.Vm : null));
        return [.. disks.OrderBy(disk => disk.DiskName, StringComparer.Ordinal)];
    }

    /// <summary>The disk of an instance: a snapshot of its volume for reading, and for the way back the next one, which becomes the instance's volume at the end.</summary>
    private sealed class VolumeLine(AwsSite site, Instance instance, HeldVolume held, string reading) : SnapshotLine
    {
        private readonly List<string> _begun = [];
        private string? _swapped;

        internal override string? Head => _swapped ?? reading;

        internal override string? Open => null;

        internal override async Task<string> BeginAsync(CancellationToken cancellation)
        {
            var id = await site._ebs.StartAsync(
                held.Volume.Size!.Value, Head, null,
                new Dictionary<string, string> { [AwsTags.Kind] = "reading", ["Name"] = $"vmmigrate bringing back {held.Volume.VolumeId}" },
                $"vmmigrate: what comes back to {held.Volume.VolumeId}", Guid.NewGuid().ToString("N"), cancellation).ConfigureAwait(false);
            _begun.Add(id);
            return id;
        }

        internal override async Task SealedAsync(string snapshot, CancellationToken cancellation)
        {
            await TargetLine.WaitAsync(site._connection, snapshot, cancellation).ConfigureAwait(false);
            _swapped = snapshot;
        }

        /// <summary>Puts a volume of what was written and sealed in the old one's place. What was not sealed is not kept: a copy that was not read back is not finished.</summary>
        internal async Task CloseAsync(CancellationToken cancellation)
        {
            if (_swapped is { } written)
            {
                await site.SwapVolumeAsync(instance, held, written, cancellation).ConfigureAwait(false);
            }

            foreach (var snapshot in _begun.Append(reading))
            {
                await TargetLine.DeleteAsync(site._connection, snapshot, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Another volume of the same kind and with the same tags takes a volume's place at an instance that is stopped; behind a fence it is the one that the fence keeps.</summary>
    private async Task SwapVolumeAsync(Instance instance, HeldVolume held, string snapshot, CancellationToken cancellation)
    {
        var old = held.Volume;
        var made = await CreateVolumeAsync(
            snapshot, old.AvailabilityZone, old.VolumeType.Value, old.Size!.Value, old.VolumeType == VolumeType.Gp2 ? null : old.Iops, old.VolumeType == VolumeType.Gp3 ? old.Throughput : null, old.Encrypted == true ? old.KmsKeyId : null,
            AwsTags.Read(old.Tags), $"{snapshot}-swap", cancellation).ConfigureAwait(false);
        if ((old.Attachments ?? []).Exists(attachment => attachment.InstanceId == instance.InstanceId))
        {
            await DetachAsync(old.VolumeId, instance.InstanceId, cancellation).ConfigureAwait(false);
            await AttachAsync(made, instance.InstanceId, held.Device, held.DeleteOnTermination, cancellation).ConfigureAwait(false);
        }

        await DeleteVolumeAsync(old.VolumeId, cancellation).ConfigureAwait(false);
    }

    /// <param name="token">Makes a repeat give the same volume.</param>
    private async Task<string> CreateVolumeAsync(
        string snapshot, string zone, string type, int sizeGib, int? iops, int? throughput, string? key, IReadOnlyDictionary<string, string> tags, string token, CancellationToken cancellation)
    {
        var made = await _connection.AskAsync(
            $"making a volume of {snapshot}",
            ec2 => ec2.CreateVolumeAsync(
                new CreateVolumeRequest
                {
                    SnapshotId = snapshot,
                    AvailabilityZone = zone,
                    VolumeType = type,
                    Size = sizeGib,
                    Iops = type is "gp3" or "io1" or "io2" ? iops : null,
                    Throughput = type == "gp3" ? throughput : null,
                    Encrypted = key is null ? null : true,
                    KmsKeyId = key,
                    ClientToken = token,
                    TagSpecifications = [AwsTags.Specification("volume", tags.Where(tag => !tag.Key.StartsWith("aws:", StringComparison.Ordinal)))],
                },
                cancellation),
            cancellation).ConfigureAwait(false);
        await VolumeStateAsync(made.Volume.VolumeId, VolumeState.Available, cancellation).ConfigureAwait(false);
        return made.Volume.VolumeId;
    }
}
