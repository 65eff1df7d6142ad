using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws;

// EC2 has no switch against starts. What it refuses is to start an instance without a root volume: that is the fence. docs/design/aws.md tells more.
internal sealed partial class AwsSite
{
    private sealed record Fence(string Migration, Volume Volume, string Device, bool Delete);

    /// <remarks>Order: the record on the volume, the detaching, the mark on the instance. A fence counts from the detaching on; without the mark a volume that is still attached is no fence.</remarks>
    public override async Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        var tags = AwsTags.Read(instance.Tags);
        if (await RecordAsync(instance, cancellation).ConfigureAwait(false) is { } other && other.Migration != migrationId)
        {
            throw No(PlatformErrorKind.Refused, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} is fenced by migration {other.Migration}; it is left alone.");
        }

        if (instance.State.Name != InstanceStateName.Stopped)
        {
            throw No(PlatformErrorKind.Refused, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} is {instance.State.Name.Value}; only an instance that is stopped can be fenced.");
        }

        if (await RootAsync(instance, cancellation).ConfigureAwait(false) is { } root)
        {
            if (HeldVolume.ReadFence(root.Volume) is not { } noted || noted.Migration != migrationId)
            {
                await EnsureTagsAsync(root.Volume.VolumeId, new Dictionary<string, string> { [AwsTags.FenceOf] = root.FenceNote(vmId, migrationId) }, [], cancellation).ConfigureAwait(false);
            }

            await DetachAsync(root.Volume.VolumeId, vmId, cancellation).ConfigureAwait(false);
        }

        if (!tags.ContainsKey(AwsTags.Fenced))
        {
            await EnsureTagsAsync(vmId, new Dictionary<string, string> { [AwsTags.Fenced] = $"by migration {migrationId}: it lives elsewhere now, so its root volume is detached" }, [], cancellation).ConfigureAwait(false);
        }
    }

    public override async Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        if (await RecordAsync(instance, cancellation).ConfigureAwait(false) is not { } fence || fence.Migration != migrationId)
        {
            return;
        }

        if (AwsTags.Read(instance.Tags).ContainsKey(AwsTags.Fenced))
        {
            await EnsureTagsAsync(vmId, new Dictionary<string, string>(), [AwsTags.Fenced], cancellation).ConfigureAwait(false);
        }

        if (await RootAsync(instance, cancellation).ConfigureAwait(false) is { } there && there.Volume.VolumeId != fence.Volume.VolumeId)
        {
            throw No(PlatformErrorKind.Refused, $"Somebody has given {InstanceFacts.NameOf(instance)} ({vmId}) at {Name} another root volume ({there.Volume.VolumeId}) while it was fenced. Detach it, so that {fence.Volume.VolumeId} can go back.");
        }

        await AttachAsync(fence.Volume.VolumeId, vmId, fence.Device, fence.Delete, cancellation).ConfigureAwait(false);
        await EnsureTagsAsync(fence.Volume.VolumeId, new Dictionary<string, string>(), [AwsTags.FenceOf], cancellation).ConfigureAwait(false);
    }

    public override async Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await FindInstanceAsync(vmId, cancellation).ConfigureAwait(false) is not { } instance
            || await RecordAsync(instance, cancellation).ConfigureAwait(false) is not { } fence || fence.Migration != migrationId)
        {
            return FenceState.None;
        }

        if (await RootAsync(instance, cancellation).ConfigureAwait(false) is { } root)
        {
            // Attached with the mark: somebody put it back. Without: the fence was never whole, or is being lifted.
            return root.Volume.VolumeId == fence.Volume.VolumeId && !AwsTags.Read(instance.Tags).ContainsKey(AwsTags.Fenced) ? FenceState.None : FenceState.Broken;
        }

        return instance.State.Name == InstanceStateName.Stopped ? FenceState.Standing : FenceState.Broken;
    }

    /// <summary>The fence that keeps the instance from starting; null where there is none, or none that holds.</summary>
    private async Task<Fence?> FenceOfAsync(Instance instance, CancellationToken cancellation) =>
        await RecordAsync(instance, cancellation).ConfigureAwait(false) is { } fence
        && (AwsTags.Read(instance.Tags).ContainsKey(AwsTags.Fenced) || await RootAsync(instance, cancellation).ConfigureAwait(false) is null)
            ? fence
            : null;

    private async Task<Fence?> RecordAsync(Instance instance, CancellationToken cancellation)
    {
        foreach (var volume in await FencedVolumesAsync(instance.InstanceId, cancellation).ConfigureAwait(false))
        {
            var note = HeldVolume.ReadFence(volume)!.Value;
            return new Fence(note.Migration, volume, note.Device, note.Delete);
        }

        return null;
    }

    private async Task<List<Volume>> FencedVolumesAsync(string instanceId, CancellationToken cancellation) =>
        [.. (await VolumesAsync([new Filter("tag-key", [AwsTags.FenceOf])], cancellation).ConfigureAwait(false)).Where(volume => HeldVolume.ReadFence(volume)?.Instance == instanceId)];

    private async Task<HeldVolume?> RootAsync(Instance instance, CancellationToken cancellation)
    {
        var volumes = await VolumesAsync([new Filter("attachment.instance-id", [instance.InstanceId])], cancellation).ConfigureAwait(false);
        foreach (var volume in volumes)
        {
            if (volume.Attachments.Find(one => one.InstanceId == instance.InstanceId && one.Device == instance.RootDeviceName) is { } attachment)
            {
                return new HeldVolume(volume, attachment.Device, attachment.DeleteOnTermination ?? false);
            }
        }

        return null;
    }

    private async Task DetachAsync(string volumeId, string vmId, CancellationToken cancellation)
    {
        await _connection.AskAsync($"detaching {volumeId} from {vmId}", ec2 => ec2.DetachVolumeAsync(new DetachVolumeRequest { VolumeId = volumeId, InstanceId = vmId }, cancellation), cancellation).ConfigureAwait(false);
        await VolumeStateAsync(volumeId, VolumeState.Available, cancellation).ConfigureAwait(false);
    }

    private async Task AttachAsync(string volumeId, string vmId, string device, bool delete, CancellationToken cancellation)
    {
        var volume = (await _connection.AskSoonAsync($"inspecting {volumeId}", ec2 => ec2.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [volumeId] }, cancellation), cancellation).ConfigureAwait(false)).Volumes[0];
        var attachment = (volume.Attachments ?? []).Find(one => one.InstanceId == vmId);
        if (attachment is null)
        {
            try
            {
                await _connection.AskAsync($"attaching {volumeId} to {vmId} as {device}", ec2 => ec2.AttachVolumeAsync(new AttachVolumeRequest(volumeId, vmId, device), cancellation), cancellation).ConfigureAwait(false);
            }
            catch (PlatformException e) when (e.Kind == PlatformErrorKind.Busy)
            {
                // By the last call of a run that was killed it is there by now.
                var now = await _connection.AskAsync($"inspecting {volumeId}", ec2 => ec2.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [volumeId] }, cancellation), cancellation).ConfigureAwait(false);
                if (!(now.Volumes[0].Attachments ?? []).Exists(one => one.InstanceId == vmId && one.Device == device))
                {
                    throw;
                }
            }

            await VolumeStateAsync(volumeId, VolumeState.InUse, cancellation).ConfigureAwait(false);
        }

        if ((attachment?.DeleteOnTermination ?? false) != delete)
        {
            await SetAttachmentsAsync(vmId, [device], delete, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether volumes go with their instance.</summary>
    private async Task SetAttachmentsAsync(string vmId, IEnumerable<string> devices, bool delete, CancellationToken cancellation) => await _connection.AskAsync(
        $"setting how volumes are attached to {vmId}",
        ec2 => ec2.ModifyInstanceAttributeAsync(
            new ModifyInstanceAttributeRequest
            {
                InstanceId = vmId,
                BlockDeviceMappings = [.. devices.Select(device => new InstanceBlockDeviceMappingSpecification { DeviceName = device, Ebs = new EbsInstanceBlockDeviceSpecification { DeleteOnTermination = delete } })],
            },
            cancellation),
        cancellation).ConfigureAwait(false);

    private async Task VolumeStateAsync(string volumeId, VolumeState state, CancellationToken cancellation) => await _connection.UntilAsync(
        $"volume {volumeId} to be {state.Value}", StatePatience,
        async () => (await _connection.AskSoonAsync($"inspecting {volumeId}", ec2 => ec2.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [volumeId] }, cancellation), cancellation).ConfigureAwait(false)).Volumes[0].State == state,
        cancellation).ConfigureAwait(false);
}
