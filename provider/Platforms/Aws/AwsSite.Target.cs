using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Aws.Ebs;

namespace VmMigrate.Platforms.Aws;

// How a VM is defined where nothing can be defined: an instance is launched from an image with an empty root, so that nothing boots, and stopped; then its disks are put in place.
internal sealed partial class AwsSite
{
    private const string RootDevice = "/dev/xvda";

    public override async Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation)
    {
        var id = request.Stamp.MigrationId;
        await EndedAsync(id, cancellation).ConfigureAwait(false);
        var ours = await InstancesAsync([AwsTags.With(AwsTags.Migration, id)], cancellation).ConfigureAwait(false);
        if (ours.Find(instance => AwsTags.Read(instance.Tags).ContainsKey(AwsTags.Defined)) is { } defined)
        {
            return defined.InstanceId;
        }

        var options = AwsTarget.Read(request.Options);
        var subnets = await SubnetsAsync(cancellation).ConfigureAwait(false);
        var cards = request.Source.Nics.Select(nic => SubnetOf(request, nic, subnets)).ToList();
        if ((await InstancesAsync([AwsTags.With("Name", request.Name)], cancellation).ConfigureAwait(false)).Find(instance => AwsTags.Read(instance.Tags).GetValueOrDefault(AwsTags.Migration) != id || AwsTags.Read(instance.Tags).GetValueOrDefault(AwsTags.Role) == "source") is { } taken)
        {
            throw No(PlatformErrorKind.Refused, $"An instance named {request.Name} is at {Name} already ({taken.InstanceId}) and is not ours. Rename it, or give target.name another name.");
        }

        var shape = await ShapeOfAsync(request, options, cards.Count, cancellation).ConfigureAwait(false);
        var volumes = new List<(TargetDisk Disk, string Snapshot)>();
        foreach (var disk in request.Disks)
        {
            volumes.Add((disk, await SealedAsync(disk, cancellation).ConfigureAwait(false)));
        }

        var shell = ours.FirstOrDefault() ?? await LaunchShellAsync(request, options, shape, cards, cancellation).ConfigureAwait(false);
        await StateOfShellAsync(shell.InstanceId, request.Image is not null, cancellation).ConfigureAwait(false);
        shell = await NeedInstanceAsync(shell.InstanceId, cancellation).ConfigureAwait(false);
        if (request.Image is null && await RootAsync(shell, cancellation).ConfigureAwait(false) is { } blank && !AwsTags.Read(blank.Volume.Tags).ContainsKey(AwsTags.Disk))
        {
            await DetachAsync(blank.Volume.VolumeId, shell.InstanceId, cancellation).ConfigureAwait(false);
            await DeleteVolumeAsync(blank.Volume.VolumeId, cancellation).ConfigureAwait(false);
        }

        for (var i = 0; i < volumes.Count; i++)
        {
            var (disk, snapshot) = volumes[i];
            var device = request.Image is { } start ? start.Devices[disk.DiskName] : i == 0 ? RootDevice : $"/dev/sd{(char)('a' + i)}";
            await EnsureVolumeAsync(disk, snapshot, shell, device, options, cancellation).ConfigureAwait(false);
        }

        await RemoveImageAsync(id, cancellation).ConfigureAwait(false);
        await _connection.AskAsync(
            $"protecting {shell.InstanceId} from termination",
            ec2 => ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = shell.InstanceId, DisableApiTermination = true }, cancellation), cancellation).ConfigureAwait(false);

        // The last write: from here on the definition is whole.
        var tags = AwsTags.WriteStamp(request.Stamp, Name);
        tags[AwsTags.Defined] = "true";
        await EnsureTagsAsync(shell.InstanceId, tags, [AwsTags.Kind], cancellation).ConfigureAwait(false);
        return shell.InstanceId;
    }

    public override async Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await RequireOursOffAsync(vmId, migrationId, cancellation).ConfigureAwait(false) is { } instance)
        {
            await TerminateAsync(instance, migrationId, [], cancellation).ConfigureAwait(false);
        }

        await RemoveCardsAsync(migrationId, cancellation).ConfigureAwait(false);
        await RemoveImageAsync(migrationId, cancellation).ConfigureAwait(false);
    }

    public override async Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await RequireOursOffAsync(vmId, migrationId, cancellation).ConfigureAwait(false) is { } instance)
        {
            // Who comes after a run that was killed finds them by the instance alone: what hangs on it goes before it or with it.
            await EnsureTrackingRemovedAsync(vmId, migrationId, cancellation).ConfigureAwait(false);
            var held = await HeldAsync(instance, cancellation).ConfigureAwait(false);
            var fenced = held.FindAll(volume => (volume.Volume.Attachments ?? []).Count == 0);
            foreach (var volume in fenced)
            {
                await EnsureTagsAsync(volume.Volume.VolumeId, new Dictionary<string, string> { [AwsTags.Migration] = migrationId, [AwsTags.Kind] = AwsTags.Leaving }, [], cancellation).ConfigureAwait(false);
            }

            await TerminateAsync(instance, migrationId, held.Except(fenced).Select(volume => volume.Device), cancellation).ConfigureAwait(false);
            foreach (var volume in fenced)
            {
                await DeleteVolumeAsync(volume.Volume.VolumeId, cancellation).ConfigureAwait(false);
            }
        }

        await RemoveLeftoversAsync(migrationId, cancellation).ConfigureAwait(false);
        foreach (var disk in await DisksAsync(migrationId, cancellation).ConfigureAwait(false))
        {
            if (disk.Attached is null)
            {
                await RemoveDiskAsync(disk, cancellation).ConfigureAwait(false);
            }
        }

        await EnsureTrackingRemovedAsync(vmId, migrationId, cancellation).ConfigureAwait(false);
    }

    public override Task EnsureNothingLeftAsync(string migrationId, CancellationToken cancellation) => RemoveLeftoversAsync(migrationId, cancellation);

    /// <summary>What runs that were killed have left of instances that are gone: cards, images, checkpoints, and volumes of an image.</summary>
    private async Task RemoveLeftoversAsync(string migrationId, CancellationToken cancellation)
    {
        await EndedAsync(migrationId, cancellation).ConfigureAwait(false);
        foreach (var root in await VolumesAsync([AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, AwsTags.Leaving), new Filter("status", ["available"])], cancellation).ConfigureAwait(false))
        {
            // Of a source that was removed, when it was behind its fence.
            if (HeldVolume.ReadFence(root) is not { } fence || await FindInstanceAsync(fence.Instance, cancellation).ConfigureAwait(false) is null)
            {
                await DeleteVolumeAsync(root.VolumeId, cancellation).ConfigureAwait(false);
            }
        }

        if ((await InstancesAsync([AwsTags.With(AwsTags.Migration, migrationId)], cancellation).ConfigureAwait(false)).Exists(instance => AwsTags.Read(instance.Tags).GetValueOrDefault(AwsTags.Role) != "source"))
        {
            return;
        }

        await RemoveCardsAsync(migrationId, cancellation).ConfigureAwait(false);
        await RemoveImageAsync(migrationId, cancellation).ConfigureAwait(false);
        foreach (var volume in await VolumesAsync([AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, AwsTags.OfImage), new Filter("status", ["available"])], cancellation).ConfigureAwait(false))
        {
            await DeleteVolumeAsync(volume.VolumeId, cancellation).ConfigureAwait(false);
        }

        var checkpoints = await _connection.AskAsync(
            "listing our checkpoints",
            ec2 => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, "checkpoint")] }, cancellation), cancellation).ConfigureAwait(false);
        foreach (var of in (checkpoints.Snapshots ?? []).GroupBy(snapshot => AwsTags.Read(snapshot.Tags).GetValueOrDefault(AwsTags.Card, "")))
        {
            if (await FindInstanceAsync(of.Key, cancellation).ConfigureAwait(false) is null)
            {
                foreach (var snapshot in of)
                {
                    await TargetLine.DeleteAsync(_connection, snapshot.SnapshotId, cancellation).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Waits for an instance of ours that a killed run has terminated: while it goes, it still has its volumes and cards.</summary>
    private async Task EndedAsync(string migrationId, CancellationToken cancellation) => await _connection.UntilAsync(
        $"instances of migration {migrationId} to be gone", StatePatience,
        async () =>
        {
            var going = await _connection.AskAsync(
                "looking for instances that end",
                ec2 => ec2.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [AwsTags.With(AwsTags.Migration, migrationId), new Filter("instance-state-name", ["shutting-down"])] }, cancellation), cancellation).ConfigureAwait(false);
            return (going.Reservations ?? []).TrueForAll(reservation => (reservation.Instances ?? []).Count == 0);
        },
        cancellation).ConfigureAwait(false);

    /// <summary>Null when it is gone already.</summary>
    private async Task<Instance?> RequireOursOffAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await FindInstanceAsync(vmId, cancellation).ConfigureAwait(false) is not { } instance)
        {
            return null;
        }

        var tags = AwsTags.Read(instance.Tags);
        if (tags.GetValueOrDefault(AwsTags.Migration) != migrationId || !(tags.ContainsKey(AwsTags.Role) || tags.ContainsKey(AwsTags.Kind)))
        {
            throw No(PlatformErrorKind.Refused, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} does not carry the stamp of migration {migrationId}; it is left alone.");
        }

        return instance.State.Name == InstanceStateName.Stopped
            ? instance
            : throw No(PlatformErrorKind.Refused, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} is {instance.State.Name.Value}; it must be stopped before it is removed.");
    }

    /// <summary>The instance is gone, and the volumes that we made for it. What others attached to it stays.</summary>
    /// <param name="with">Devices whose volumes go with it, whoever made them.</param>
    private async Task TerminateAsync(Instance instance, string migrationId, IEnumerable<string> with, CancellationToken cancellation)
    {
        var id = instance.InstanceId;
        var working = (await HeldAsync(instance, cancellation).ConfigureAwait(false)).FindAll(volume =>
            AwsTags.Read(volume.Volume.Tags) is var tags && tags.GetValueOrDefault(AwsTags.Migration) == migrationId && (tags.ContainsKey(AwsTags.Disk) || tags.GetValueOrDefault(AwsTags.Kind) == AwsTags.OfImage));
        try
        {
            if (with.Any())
            {
                await SetAttachmentsAsync(id, with, delete: true, cancellation).ConfigureAwait(false);
            }

            await _connection.AskAsync(
                $"lifting the protection of {id}",
                ec2 => ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = id, DisableApiTermination = false }, cancellation), cancellation).ConfigureAwait(false);
            await _connection.AskAsync($"terminating {id}", ec2 => ec2.TerminateInstancesAsync(new TerminateInstancesRequest([id]), cancellation), cancellation).ConfigureAwait(false);
        }
        catch (PlatformException e) when (e.Kind is PlatformErrorKind.NotFound or PlatformErrorKind.Refused or PlatformErrorKind.Busy)
        {
            if (await FindInstanceAsync(id, cancellation).ConfigureAwait(false) is not null)
            {
                throw;
            }

            // It ends already, by the last call of a run that was killed.
        }

        await _connection.UntilAsync($"instance {id} to be gone", StatePatience, () => IsGoneAsync(id, cancellation), cancellation).ConfigureAwait(false);
        foreach (var volume in working)
        {
            await DeleteVolumeAsync(volume.Volume.VolumeId, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Terminated, which EC2 tells for about an hour, or not known any more.</summary>
    private async Task<bool> IsGoneAsync(string id, CancellationToken cancellation)
    {
        try
        {
            var found = await _connection.AskAsync($"inspecting {id}", ec2 => ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [id] }, cancellation), cancellation).ConfigureAwait(false);
            return (found.Reservations ?? []).SelectMany(reservation => reservation.Instances ?? []).All(one => one.State.Name == InstanceStateName.Terminated);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            return true;
        }
    }

    /// <summary>The committed VM is nobody's copy any more: its volumes and cards lose our marks, its termination is allowed, and the snapshots that it was made of go.</summary>
    private async Task ReleaseAsync(Instance instance, string migrationId, CancellationToken cancellation)
    {
        foreach (var volume in await VolumesAsync([AwsTags.With(AwsTags.Migration, migrationId)], cancellation).ConfigureAwait(false))
        {
            await EnsureTagsAsync(volume.VolumeId, new Dictionary<string, string>(), [AwsTags.Migration, AwsTags.Disk, AwsTags.Kind, AwsTags.Pool], cancellation).ConfigureAwait(false);
        }

        foreach (var snapshot in await TargetLine.SnapshotsAsync(_connection, migrationId, null, cancellation).ConfigureAwait(false))
        {
            await TargetLine.DeleteAsync(_connection, snapshot.SnapshotId, cancellation).ConfigureAwait(false);
        }

        await EnsureTrackingRemovedAsync(instance.InstanceId, migrationId, cancellation).ConfigureAwait(false);
        await _connection.AskAsync(
            $"lifting the protection of {instance.InstanceId}",
            ec2 => ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = instance.InstanceId, DisableApiTermination = false }, cancellation), cancellation).ConfigureAwait(false);
        await EnsureTagsAsync(instance.InstanceId, new Dictionary<string, string>(), [AwsTags.Defined], cancellation).ConfigureAwait(false);
    }

    // --- The parts of a definition ---

    private Subnet SubnetOf(VmRequest request, Engine.Facts.Nic nic, List<Subnet> subnets)
    {
        var wanted = request.Networks.GetValueOrDefault(nic.Network.Or("")) ?? nic.Network.Or("");
        var found = subnets.FindAll(subnet => subnet.SubnetId == wanted || (subnet.Tags ?? []).Exists(tag => tag.Key == "Name" && tag.Value == wanted));
        return found is [var one]
            ? one
            : throw No(PlatformErrorKind.NotFound, $"{(found.Count == 0 ? "There is no subnet" : $"{found.Count} subnets are called")} \"{wanted}\" at {Name} ({Where}), for the card {nic.Mac}. Name a subnet by its id in target.networks.");
    }

    private async Task<string> SealedAsync(TargetDisk disk, CancellationToken cancellation)
    {
        var line = await TargetLine.FindAsync(_connection, _ebs, disk, cancellation).ConfigureAwait(false);
        using var opened = new SnapshotDisk(_ebs, line, disk.Location, disk.LengthBytes);
        await opened.SealAsync(cancellation).ConfigureAwait(false);
        return line.Head ?? throw No(PlatformErrorKind.NotFound, $"Nothing was ever written to the disk {disk.Location} at {Name}.");
    }

    private async Task EnsureVolumeAsync(TargetDisk disk, string snapshot, Instance shell, string device, AwsTarget options, CancellationToken cancellation)
    {
        var tags = new Dictionary<string, string>(options.Tags)
        {
            [AwsTags.Migration] = disk.MigrationId,
            [AwsTags.Disk] = disk.DiskName,
            [AwsTags.Kind] = "working",
            [AwsTags.Pool] = disk.Pool,
            [AwsTags.Length] = disk.LengthBytes.ToString(CultureInfo.InvariantCulture),
            ["Name"] = $"{InstanceFacts.NameOf(shell)} {disk.DiskName}",
        };
        var there = (await VolumesAsync([AwsTags.With(AwsTags.Migration, disk.MigrationId), AwsTags.With(AwsTags.Disk, disk.DiskName)], cancellation).ConfigureAwait(false))
            .Find(volume => volume.SnapshotId == snapshot && volume.AvailabilityZone == shell.Placement.AvailabilityZone);
        var volume = there?.VolumeId ?? await CreateVolumeAsync(
            snapshot, shell.Placement.AvailabilityZone, disk.Pool, TargetLine.Gibibytes(disk.LengthBytes), options.Iops, options.Throughput, _settings.KmsKeyArn, tags, $"{shell.InstanceId}-{snapshot}", cancellation).ConfigureAwait(false);
        await AttachAsync(volume, shell.InstanceId, device, delete: false, cancellation).ConfigureAwait(false);
    }

    private async Task<Instance> LaunchShellAsync(VmRequest request, AwsTarget options, InstanceShape shape, List<Subnet> subnets, CancellationToken cancellation)
    {
        var id = request.Stamp.MigrationId;
        var image = request.Image?.Image ?? await EnsureImageAsync(id, shape, cancellation).ConfigureAwait(false);
        var cards = new List<string>();
        for (var i = 0; i < subnets.Count; i++)
        {
            cards.Add(await EnsureCardAsync(id, i, subnets[i], request, options, cancellation).ConfigureAwait(false));
        }

        var tags = new Dictionary<string, string>(options.Tags) { ["Name"] = request.Name, [AwsTags.Migration] = id, [AwsTags.Kind] = "shell" };
        // A token stands for one instance for ever, also after its end. Cards are made anew with each.
        var token = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{id}/{image}/{string.Join('/', cards)}")))[..60];
        var launched = await _connection.AskSoonAsync(
            $"launching the instance for {request.Name} ({shape.Type})",
            ec2 => ec2.RunInstancesAsync(
                new RunInstancesRequest
                {
                    ImageId = image,
                    InstanceType = shape.Type,
                    MinCount = 1,
                    MaxCount = 1,
                    ClientToken = token,
                    NetworkInterfaces = [.. cards.Select((card, i) => new InstanceNetworkInterfaceSpecification { DeviceIndex = i, NetworkInterfaceId = card })],
                    IamInstanceProfile = options.InstanceProfile is { } profile
                        ? profile.StartsWith("arn:", StringComparison.Ordinal) ? new IamInstanceProfileSpecification { Arn = profile } : new IamInstanceProfileSpecification { Name = profile }
                        : null,
                    KeyName = request.Image is null ? null : options.KeyPair,
                    MetadataOptions = new InstanceMetadataOptionsRequest { HttpTokens = HttpTokensState.Required, HttpEndpoint = InstanceMetadataEndpointState.Enabled },
                    InstanceInitiatedShutdownBehavior = ShutdownBehavior.Stop,
                    TagSpecifications =
                    [
                        AwsTags.Specification("instance", tags),
                        AwsTags.Specification("volume", request.Image is null
                            ? [KeyValuePair.Create(AwsTags.Migration, id), KeyValuePair.Create(AwsTags.Kind, "blank")]
                            : new Dictionary<string, string>(options.Tags) { [AwsTags.Migration] = id, [AwsTags.Kind] = AwsTags.OfImage, ["Name"] = $"{request.Name} system" }),
                    ],
                },
                cancellation),
            cancellation).ConfigureAwait(false);
        return launched.Reservation.Instances[0];
    }

    /// <summary>Launched with nothing to boot, then stopped: there is no guest in it that could mind. One of an image boots, and is asked to stop.</summary>
    private async Task StateOfShellAsync(string vmId, bool boots, CancellationToken cancellation)
    {
        var state = await _connection.UntilAsync(
            $"instance {vmId} to be launched", StatePatience,
            async () =>
            {
                var now = (await FindInstanceAsync(vmId, cancellation).ConfigureAwait(false))?.State.Name.Value;
                return (now is "running" or "stopped" or "stopping", now);
            },
            cancellation).ConfigureAwait(false);
        if (state == "running" && boots)
        {
            await FirstBootAsync(vmId, cancellation).ConfigureAwait(false);
        }

        if (state == "running")
        {
            await _connection.AskAsync($"stopping {vmId}", ec2 => ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [vmId], Force = boots ? null : true }, cancellation), cancellation).ConfigureAwait(false);
        }

        await StateAsync(vmId, "stopped", cancellation).ConfigureAwait(false);
    }

    private async Task<string> EnsureCardAsync(string migrationId, int index, Subnet subnet, VmRequest request, AwsTarget options, CancellationToken cancellation)
    {
        var mine = await _connection.AskAsync(
            "looking for network interfaces of ours",
            ec2 => ec2.DescribeNetworkInterfacesAsync(new DescribeNetworkInterfacesRequest { Filters = [AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Card, index.ToString(CultureInfo.InvariantCulture))] }, cancellation), cancellation).ConfigureAwait(false);
        if ((mine.NetworkInterfaces ?? []).Find(card => card.SubnetId == subnet.SubnetId) is { } there)
        {
            // One that an instance has belongs to a launch whose reply was lost and which EC2 does not show yet: the same launch again gives that one.
            return there.NetworkInterfaceId;
        }

        var address = AddressPlan.For(request.Source, index, subnet.CidrBlock, options);
        var made = await _connection.AskAsync(
            $"making a network interface in {subnet.SubnetId}{(address is null ? "" : $" with {address}")}",
            ec2 => ec2.CreateNetworkInterfaceAsync(
                new CreateNetworkInterfaceRequest
                {
                    SubnetId = subnet.SubnetId,
                    PrivateIpAddress = address,
                    Description = $"vmmigrate {migrationId}: {request.Name}",
                    Groups = options.SecurityGroups.IsEmpty ? null : [.. options.SecurityGroups],
                    TagSpecifications = [AwsTags.Specification("network-interface", new Dictionary<string, string>(options.Tags)
                    {
                        [AwsTags.Migration] = migrationId, [AwsTags.Kind] = "card", [AwsTags.Card] = index.ToString(CultureInfo.InvariantCulture), ["Name"] = $"{request.Name} {index}",
                    })],
                },
                cancellation),
            cancellation).ConfigureAwait(false);
        return made.NetworkInterface.NetworkInterfaceId;
    }

    private async Task RemoveCardsAsync(string migrationId, CancellationToken cancellation)
    {
        var mine = await _connection.AskAsync(
            "looking for network interfaces of ours",
            ec2 => ec2.DescribeNetworkInterfacesAsync(new DescribeNetworkInterfacesRequest { Filters = [AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, "card")] }, cancellation), cancellation).ConfigureAwait(false);
        foreach (var card in (mine.NetworkInterfaces ?? []).Where(card => card.Attachment is null))
        {
            try
            {
                await _connection.AskAsync($"deleting {card.NetworkInterfaceId}", ec2 => ec2.DeleteNetworkInterfaceAsync(new DeleteNetworkInterfaceRequest { NetworkInterfaceId = card.NetworkInterfaceId }, cancellation), cancellation).ConfigureAwait(false);
            }
            catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
            {
                // Gone already.
            }
        }
    }

    /// <summary>An image with an empty root and the guest's firmware: boot mode, ENA and TPM of an instance come from its image and stay.</summary>
    private async Task<string> EnsureImageAsync(string migrationId, InstanceShape shape, CancellationToken cancellation)
    {
        var images = await ImagesAsync(migrationId, cancellation).ConfigureAwait(false);
        var name = $"vmmigrate-{migrationId}-{shape.Architecture}-{shape.BootMode}{(shape.Tpm ? "-tpm" : "")}";
        if (images.Find(image => image.Name == name) is { } there)
        {
            return there.ImageId;
        }

        var blank = await _ebs.StartAsync(
            1, null, null, new Dictionary<string, string> { [AwsTags.Migration] = migrationId, [AwsTags.Kind] = "blank", ["Name"] = name }, $"vmmigrate {migrationId}: nothing to boot", Guid.NewGuid().ToString("N"), cancellation).ConfigureAwait(false);
        await _ebs.CompleteAsync(blank, 0, [], cancellation).ConfigureAwait(false);
        await TargetLine.WaitAsync(_connection, blank, cancellation).ConfigureAwait(false);
        var made = await _connection.AskSoonAsync(
            "registering an image with an empty root",
            ec2 => ec2.RegisterImageAsync(
                new RegisterImageRequest
                {
                    Name = name,
                    Description = $"vmmigrate {migrationId}: nothing to boot",
                    Architecture = shape.Architecture == "aarch64" ? ArchitectureValues.Arm64 : ArchitectureValues.X86_64,
                    BootMode = shape.BootMode,
                    EnaSupport = true,
                    TpmSupport = shape.Tpm ? TpmSupportValues.V20 : null,
                    VirtualizationType = "hvm",
                    RootDeviceName = RootDevice,
                    BlockDeviceMappings = [new BlockDeviceMapping { DeviceName = RootDevice, Ebs = new EbsBlockDevice { SnapshotId = blank, VolumeType = VolumeType.Gp3, DeleteOnTermination = true } }],
                    TagSpecifications = [AwsTags.Specification("image", [KeyValuePair.Create(AwsTags.Migration, migrationId), KeyValuePair.Create(AwsTags.Kind, "image")])],
                },
                cancellation),
            cancellation).ConfigureAwait(false);
        await _connection.UntilAsync(
            $"image {made.ImageId} to be available", StatePatience,
            async () => (await ImagesAsync(migrationId, cancellation).ConfigureAwait(false)).Exists(image => image.ImageId == made.ImageId && image.State == ImageState.Available), cancellation).ConfigureAwait(false);
        return made.ImageId;
    }

    private async Task RemoveImageAsync(string migrationId, CancellationToken cancellation)
    {
        foreach (var image in await ImagesAsync(migrationId, cancellation).ConfigureAwait(false))
        {
            await _connection.AskAsync($"deregistering {image.ImageId}", ec2 => ec2.DeregisterImageAsync(new DeregisterImageRequest { ImageId = image.ImageId }, cancellation), cancellation).ConfigureAwait(false);
        }

        foreach (var root in await VolumesAsync([AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, "blank"), new Filter("status", ["available"])], cancellation).ConfigureAwait(false))
        {
            // A run was lost between taking an empty root off its instance and deleting it.
            await DeleteVolumeAsync(root.VolumeId, cancellation).ConfigureAwait(false);
        }

        var blanks = await _connection.AskAsync(
            "looking for empty snapshots of ours",
            ec2 => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, "blank")] }, cancellation), cancellation).ConfigureAwait(false);
        foreach (var blank in blanks.Snapshots ?? [])
        {
            await TargetLine.DeleteAsync(_connection, blank.SnapshotId, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<List<Image>> ImagesAsync(string migrationId, CancellationToken cancellation) =>
        (await _connection.AskAsync(
            "looking for images of ours",
            ec2 => ec2.DescribeImagesAsync(new DescribeImagesRequest { Owners = ["self"], Filters = [AwsTags.With(AwsTags.Migration, migrationId), AwsTags.With(AwsTags.Kind, "image")] }, cancellation), cancellation).ConfigureAwait(false)).Images ?? [];
}
