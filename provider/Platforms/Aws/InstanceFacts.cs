using System.Text.Json.Nodes;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Aws;

/// <summary>From an instance as EC2 tells it to the neutral facts. Pure.</summary>
internal static class InstanceFacts
{
    internal const string NoIdentity = "EC2 gives every instance an identity of its own and does not tell it";

    /// <param name="volumes">Of the instance, and its root that a fence has taken away.</param>
    internal static Vm Read(Instance instance, InstanceTypeInfo? type, IReadOnlyList<HeldVolume> volumes, string region, Fact<bool> agent)
    {
        var tags = AwsTags.Read(instance.Tags);
        return new Vm
        {
            Id = instance.InstanceId,
            Name = NameOf(instance),
            Power = Power(instance),
            PowerDetail = instance.State.Name.Value,
            Uuid = Fact<string>.Unknown(NoIdentity),
            Host = Fact.Known(region),
            Cpus = type?.VCpuInfo?.DefaultVCpus is { } cpus ? Fact.Known(cpus) : Fact<int>.Unknown($"the type {instance.InstanceType} was not described"),
            MemoryBytes = type?.MemoryInfo?.SizeInMiB is { } memory ? Fact.Known(memory << 20) : Fact<long>.Unknown($"the type {instance.InstanceType} was not described"),
            Firmware = Fact.Known(instance.CurrentInstanceBootMode == InstanceBootModeValues.Uefi ? FirmwareKind.Uefi : FirmwareKind.Bios),
            SecureBoot = Fact<bool>.Unknown("EC2 does not tell"),
            Tpm = Fact.Known(!string.IsNullOrEmpty(instance.TpmSupport)),
            Machine = Fact.Known(instance.InstanceType.Value),
            Architecture = Fact.Known(instance.Architecture == ArchitectureValues.Arm64 ? "aarch64" : instance.Architecture == ArchitectureValues.I386 ? "i686" : "x86_64"),
            Hypervisor = Fact.Known("nitro"),
            Disks = [.. volumes.Select(volume => Read(volume))],
            Nics = [.. (instance.NetworkInterfaces ?? []).OrderBy(nic => nic.Attachment?.DeviceIndex).Select(nic => new Nic
            {
                Mac = nic.MacAddress,
                Model = Fact.Known("ena"),
                Network = Fact.Known(nic.SubnetId),
                Attachment = "eni",
            })],
            Snapshots = Fact.Known(0),
            Autostart = Fact.Known(instance.MaintenanceOptions?.AutoRecovery != InstanceAutoRecoveryState.Disabled),
            AgentAnswers = agent,
            GuestOs = Fact.Known(instance.PlatformDetails ?? "Linux/UNIX"),
            Addresses = [.. (instance.NetworkInterfaces ?? []).Select(nic => nic.PrivateIpAddress).Where(address => !string.IsNullOrEmpty(address))],
            Stamp = AwsTags.ReadStamp(tags) ?? (tags.TryGetValue(AwsTags.Migration, out var making) && tags.ContainsKey(AwsTags.Kind) ? new Stamp(making, StampRole.Target) : null),
            BusyWith = Fact.Known(instance.State.Name == InstanceStateName.Stopping || instance.State.Name == InstanceStateName.ShuttingDown ? instance.State.Name.Value : ""),
            NativeDefinition = Definition(instance, volumes),
        };
    }

    internal static string NameOf(Instance instance) =>
        (instance.Tags ?? []).Find(tag => tag.Key == "Name")?.Value is { Length: > 0 } name ? name : instance.InstanceId;

    internal static bool Exists(Instance instance) => instance.State.Name != InstanceStateName.Terminated && instance.State.Name != InstanceStateName.ShuttingDown;

    internal static PowerState Power(Instance instance) => instance.State.Name.Value switch
    {
        "running" or "pending" => PowerState.Running,
        "stopped" => PowerState.Off,
        _ => PowerState.Other,
    };

    private static Disk Read(HeldVolume held)
    {
        var volume = held.Volume;
        var tags = AwsTags.Read(volume.Tags);
        var made = TargetLine.LengthOf(tags);
        return new Disk
        {
            Name = held.DiskName,
            Location = made > 0 && tags.TryGetValue(AwsTags.Migration, out var id) ? AwsSite.LocationOf(id, tags[AwsTags.Disk]) : volume.VolumeId,
            Bus = Fact.Known("nvme"),
            Format = Fact.Known("raw"),
            Pool = Fact.Known(volume.VolumeType.Value),
            LengthBytes = Fact.Known(made > 0 ? made : (long)volume.Size!.Value << 30),
            // A volume takes all of its size, whatever is on it.
            AllocatedBytes = Fact.Known((long)volume.Size!.Value << 30),
            Shared = volume.MultiAttachEnabled ?? false,
            // EBS decrypts for whoever may use the key: what we read is plain.
            Encrypted = Fact.Known(false),
        };
    }

    /// <summary>The shape that another EC2 site makes again: no stamp, no state, nothing that a fence changes.</summary>
    private static string Definition(Instance instance, IReadOnlyList<HeldVolume> volumes) => new JsonObject
    {
        ["instanceType"] = instance.InstanceType.Value,
        ["bootMode"] = instance.BootMode?.Value ?? "legacy-bios",
        ["ena"] = instance.EnaSupport ?? false,
        ["tpm"] = instance.TpmSupport,
        ["architecture"] = instance.Architecture.Value,
        ["rootDevice"] = instance.RootDeviceName,
        ["profile"] = instance.IamInstanceProfile?.Arn,
        ["cards"] = new JsonArray([.. (instance.NetworkInterfaces ?? []).OrderBy(nic => nic.Attachment?.DeviceIndex).Select(nic => new JsonObject
        {
            ["subnet"] = nic.SubnetId,
            ["address"] = nic.PrivateIpAddress,
            ["groups"] = new JsonArray([.. (nic.Groups ?? []).Select(group => JsonValue.Create(group.GroupId))]),
        })]),
        ["disks"] = new JsonArray([.. volumes.Select(held => new JsonObject
        {
            ["device"] = held.Device,
            ["type"] = held.Volume.VolumeType.Value,
            ["size"] = held.Volume.Size,
            ["iops"] = held.Volume.Iops,
            ["throughput"] = held.Volume.Throughput,
        })]),
    }.ToJsonString();
}

/// <summary>A volume and how an instance holds it, or held it before a fence.</summary>
internal sealed record HeldVolume(Volume Volume, string Device, bool DeleteOnTermination)
{
    /// <summary>As the disk was called where it came from; one of an image's own by its device with <c>image-</c> before, so that no disk from elsewhere has its name; else by the device's letters, as everybody else calls a disk: <c>/dev/sda1</c> and <c>/dev/xvda</c> are <c>vda</c>.</summary>
    internal string DiskName =>
        (Volume.Tags ?? []).Find(tag => tag.Key == AwsTags.Disk)?.Value is { Length: > 0 } name ? name
        : (AwsTags.Read(Volume.Tags).GetValueOrDefault(AwsTags.Kind) == AwsTags.OfImage ? "image-" : "") + "vd" + Device.Replace("/dev/", "", StringComparison.Ordinal).TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').Replace("xvd", "", StringComparison.Ordinal).Replace("sd", "", StringComparison.Ordinal);

    internal bool IsRootOf(Instance instance) => Device == instance.RootDeviceName;

    /// <summary>What a fence writes on the volume that it takes away.</summary>
    internal string FenceNote(string instanceId, string migrationId) =>
        string.Join(' ', instanceId, migrationId, Device, DeleteOnTermination ? "delete" : "keep");

    /// <summary>Reads the note; null where it is none.</summary>
    internal static (string Instance, string Migration, string Device, bool Delete)? ReadFence(Volume volume) =>
        (volume.Tags ?? []).Find(tag => tag.Key == AwsTags.FenceOf)?.Value.Split(' ') is [var instance, var migration, var device, var end]
            ? (instance, migration, device, end == "delete")
            : null;
}
