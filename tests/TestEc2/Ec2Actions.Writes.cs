using System.Net;
using System.Xml.Linq;

namespace VmMigrate.TestEc2;

internal sealed partial class Ec2Actions
{
    private void AddWrites()
    {
        _writes["CreateTags"] = call =>
        {
            var things = call.List("ResourceId").ConvertAll(Anything);
            var tags = call.Tags("");
            call.Done();
            foreach (var thing in things)
            {
                if (thing.Tags.Keys.Union(tags.Keys).Count() > 50)
                {
                    throw new Ec2Error(400, "TagLimitExceeded", "The maximum number of tags for a resource is 50.");
                }

                foreach (var (key, value) in tags)
                {
                    thing.Tags[key] = value;
                }
            }

            return [E("return", true)];
        };
        _writes["DeleteTags"] = call =>
        {
            var things = call.List("ResourceId").ConvertAll(Anything);
            var keys = call.Prefixes("Tag").ConvertAll(tag => (Key: call.Need(tag + ".Key"), Value: call.Text(tag + ".Value")));
            call.Done();
            foreach (var (key, value) in keys)
            {
                things.Where(thing => value is null || thing.Tags.GetValueOrDefault(key) == value).ToList().ForEach(thing => thing.Tags.Remove(key));
            }

            return [E("return", true)];
        };
        _writes["CreateSnapshot"] = call =>
        {
            var volume = world.FindVolume(call.Need("VolumeId"));
            var tags = call.TagSpecifications("snapshot").GetValueOrDefault("snapshot") ?? [];
            var description = call.Text("Description");
            call.Done();
            return SnapshotOf(world.Take(volume, tags, description));
        };
        _writes["CreateSnapshots"] = call =>
        {
            var instance = world.FindInstance(call.Need("InstanceSpecification.InstanceId"));
            var excluded = call.List("InstanceSpecification.ExcludeDataVolumeId");
            var withoutRoot = call.Flag("InstanceSpecification.ExcludeBootVolume") ?? false;
            var tags = call.TagSpecifications("snapshot").GetValueOrDefault("snapshot") ?? [];
            var description = call.Text("Description");
            var fromSource = call.Text("CopyTagsFromSource");
            call.Done();
            var volumes = world.DisksOf(instance).Where(v => !excluded.Contains(v.Id) && !(withoutRoot && v.Device == instance.Image.RootDevice)).ToList();
            if (volumes.Count == 0)
            {
                throw new Ec2Error(400, "InvalidParameterCombination", "There are no volumes to snapshot.");
            }

            return [Set("snapshotSet", volumes.ConvertAll(v => world.Take(v, new(fromSource == "volume" ? v.Tags.Concat(tags).GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.Last().Value) : tags), description)), s =>
                [E("snapshotId", s.Id), E("volumeId", s.Volume), E("state", s.State), E("volumeSize", s.SizeGib), E("ownerId", World.Owner), TagSet(s)])];
        };
        _writes["DeleteSnapshot"] = call =>
        {
            var snapshot = world.FindSnapshot(call.Need("SnapshotId"));
            call.Done();
            if (world.Images.Find(image => image.Disks.Exists(disk => disk.Snapshot == snapshot.Id)) is { } image)
            {
                throw new Ec2Error(400, "InvalidSnapshot.InUse", $"The snapshot {snapshot.Id} is currently in use by {image.Id}");
            }

            world.Snapshots.Remove(snapshot);
            return [E("return", true)];
        };
        _writes["CreateVolume"] = CreateVolume;
        _writes["DeleteVolume"] = call =>
        {
            var volume = world.FindVolume(call.Need("VolumeId"));
            call.Done();
            if (volume.State != "available")
            {
                throw new Ec2Error(400, volume.State == "in-use" ? "VolumeInUse" : "IncorrectState", $"Volume {volume.Id} is currently attached to {volume.Instance}");
            }

            world.Volumes.Remove(volume);
            return [E("return", true)];
        };
        _writes["AttachVolume"] = call =>
        {
            var volume = world.FindVolume(call.Need("VolumeId"));
            var instance = world.FindInstance(call.Need("InstanceId"));
            var device = call.Need("Device");
            call.Done();
            if (volume.State != "available")
            {
                throw new Ec2Error(400, volume.State == "in-use" ? "VolumeInUse" : "IncorrectState", $"{volume.Id} is not 'available'.");
            }

            if (volume.Zone != instance.Zone)
            {
                throw new Ec2Error(400, "InvalidVolume.ZoneMismatch", $"The volume '{volume.Id}' is not in the same availability zone as instance '{instance.Id}'");
            }

            if (instance.State is not ("running" or "stopped"))
            {
                throw new Ec2Error(400, "IncorrectState", $"Instance '{instance.Id}' is not 'running' or 'stopped'.");
            }

            if (world.DisksOf(instance).Any(v => v.Device == device))
            {
                throw new Ec2Error(400, "InvalidParameterValue", $"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use");
            }

            (volume.Instance, volume.Device, volume.State, volume.DeleteOnTermination) = (instance.Id, device, "in-use", false);
            return [E("volumeId", volume.Id), E("instanceId", instance.Id), E("device", device), E("status", "attached"), E("attachTime", At(world.Now)), E("deleteOnTermination", false)];
        };
        _writes["DetachVolume"] = call =>
        {
            var volume = world.FindVolume(call.Need("VolumeId"));
            var from = call.Text("InstanceId");
            call.Text("Device");
            call.Flag("Force");
            call.Done();
            if (volume.Instance is not { } id || (from is not null && from != id))
            {
                throw new Ec2Error(400, "IncorrectState", $"Volume '{volume.Id}' is in the '{volume.State}' state.");
            }

            var instance = world.FindInstance(id);
            if (instance.State != "stopped" && volume.Device == instance.Image.RootDevice)
            {
                throw new Ec2Error(400, "OperationNotPermitted", $"Unable to detach root volume '{volume.Id}' from instance '{id}'");
            }

            (volume.Instance, volume.Device, volume.State, volume.DeleteOnTermination) = (null, null, "available", false);
            return [E("volumeId", volume.Id), E("instanceId", id), E("status", "detached")];
        };
        _writes["RegisterImage"] = RegisterImage;
        _writes["DeregisterImage"] = call =>
        {
            var image = World.Find(world.Images, call.Need("ImageId"), () => new Ec2Error(400, "InvalidAMIID.NotFound", "The image id does not exist"));
            call.Done();
            world.Images.Remove(image);
            return [E("return", true)];
        };
        _writes["CreateNetworkInterface"] = CreateNetworkInterface;
        _writes["DeleteNetworkInterface"] = call =>
        {
            var nic = World.Find(world.Nics, call.Need("NetworkInterfaceId"), () => new Ec2Error(400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID does not exist"));
            call.Done();
            if (nic.Instance is { } holder)
            {
                throw new Ec2Error(400, "InvalidNetworkInterface.InUse", $"Network interface '{nic.Id}' is currently in use by {holder}.");
            }

            world.Nics.Remove(nic);
            return [E("return", true)];
        };
        _writes["RunInstances"] = RunInstances;
        _writes["StartInstances"] = call =>
        {
            var instance = world.FindInstance(call.List("InstanceId").Single());
            call.Done();
            if (instance.State is not ("running" or "pending"))
            {
                Require(instance, "stopped");
                if (!world.DisksOf(instance).Any(v => v.Device == instance.Image.RootDevice))
                {
                    throw new Ec2Error(400, "InvalidParameterValue", $"Invalid value '{instance.Id}' for instanceId. Instance does not have a volume attached at root ({instance.Image.RootDevice})");
                }

                world.Boot(instance);
            }

            return [States([instance])];
        };
        _writes["StopInstances"] = call =>
        {
            var instance = world.FindInstance(call.List("InstanceId").Single());
            var force = (call.Flag("Force") ?? false) | (call.Flag("SkipOsShutdown") ?? false);
            call.Done();
            if (instance.StopProtected)
            {
                throw new Ec2Error(400, "OperationNotPermitted", $"The instance '{instance.Id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.");
            }

            if (instance.State is "shutting-down" or "terminated")
            {
                throw new Ec2Error(400, "IncorrectInstanceState", $"This instance '{instance.Id}' is not in a state from which it can be stopped.");
            }

            world.AskToStop(instance, force);
            return [States([instance])];
        };
        _writes["TerminateInstances"] = call =>
        {
            var instance = world.FindInstance(call.List("InstanceId").Single());
            call.Flag("Force");
            call.Flag("SkipOsShutdown");
            call.Done();
            if (instance.TerminationProtected)
            {
                throw new Ec2Error(400, "OperationNotPermitted", $"The instance '{instance.Id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.");
            }

            if (instance.State is not ("shutting-down" or "terminated"))
            {
                (instance.State, instance.SettlesAt) = ("shutting-down", world.Now + world.Work);
            }

            return [States([instance])];
        };
        _writes["ModifyInstanceAttribute"] = call =>
        {
            var instance = world.FindInstance(call.Need("InstanceId"));
            var terminate = call.Flag("DisableApiTermination.Value");
            var stop = call.Flag("DisableApiStop.Value");
            var type = call.Text("InstanceType.Value");
            var devices = call.Prefixes("BlockDeviceMapping").ConvertAll(p => (Device: call.Need(p + ".DeviceName"), Delete: call.Flag(p + ".Ebs.DeleteOnTermination")));
            call.Done();
            if (instance.State is "shutting-down" or "terminated")
            {
                throw new Ec2Error(400, "IncorrectInstanceState", $"The instance '{instance.Id}' is not in a state in which its attributes can be modified.");
            }

            instance.TerminationProtected = terminate ?? instance.TerminationProtected;
            instance.StopProtected = stop ?? instance.StopProtected;
            if (type is not null)
            {
                Require(instance, "stopped");
                instance.Type = Type(type);
            }

            foreach (var (device, delete) in devices)
            {
                var volume = world.DisksOf(instance).FirstOrDefault(v => v.Device == device)
                    ?? throw new Ec2Error(400, "InvalidInstanceAttributeValue", $"No device is currently mapped at {device}");
                volume.DeleteOnTermination = delete ?? volume.DeleteOnTermination;
            }

            return [E("return", true)];
        };
        _writes["ModifyInstanceMaintenanceOptions"] = call =>
        {
            var instance = world.FindInstance(call.Need("InstanceId"));
            instance.AutoRecovery = call.Need("AutoRecovery");
            return [E("instanceId", instance.Id), E("autoRecovery", instance.AutoRecovery)];
        };
    }

    private IEnumerable<object?> CreateVolume(QueryParameters call)
    {
        var zone = call.Need("AvailabilityZone");
        var from = call.Text("SnapshotId");
        var size = call.Number("Size");
        var type = call.Text("VolumeType") ?? "gp2";
        var iops = call.Number("Iops");
        var rate = call.Number("Throughput");
        var encrypted = call.Flag("Encrypted");
        var key = call.Text("KmsKeyId");
        var token = call.Text("ClientToken");
        var tags = call.TagSpecifications("volume").GetValueOrDefault("volume") ?? [];
        call.Done();
        if (token is not null && world.Volumes.Find(v => v.ClientToken == token) is { } made)
        {
            return VolumeOf(made);
        }

        var snapshot = from is null ? null : world.FindSnapshot(from);
        if (snapshot is { State: not "completed" })
        {
            throw new Ec2Error(400, "IncorrectState", $"Snapshot '{snapshot.Id}' is not 'completed'.");
        }

        if ((size ?? snapshot?.SizeGib) is not { } gib || gib < (snapshot?.SizeGib ?? 1) || gib > 16384)
        {
            throw new Ec2Error(400, "InvalidParameterValue", "Volume size is smaller than the snapshot, or out of range.");
        }

        if (type is not ("gp2" or "gp3" or "io1" or "io2" or "st1" or "sc1" or "standard") || (iops is not null && type is not ("gp3" or "io1" or "io2")) || (rate is not null && type != "gp3"))
        {
            throw new Ec2Error(400, "InvalidParameterCombination", $"The parameters iops and throughput do not go with {type} volumes.");
        }

        CheckKey(key, encrypted);
        return VolumeOf(world.Add(world.Volumes, new Volume
        {
            Id = world.NewId("vol"),
            Made = world.Now,
            SizeGib = gib,
            Zone = zone,
            Type = type,
            Iops = iops ?? (type == "gp3" ? 3000 : null),
            Throughput = rate ?? (type == "gp3" ? 125 : null),
            Snapshot = from,
            KmsKey = key ?? snapshot?.KmsKey,
            State = "creating",
            ReadyAt = world.Now + world.Work,
            Lineage = snapshot?.Lineage ?? world.NewId("line"),
            Last = snapshot,
            Blocks = snapshot is null ? [] : new(snapshot.Blocks),
            Tags = tags,
            ClientToken = token,
        }));
    }

    private IEnumerable<object?> RegisterImage(QueryParameters call)
    {
        var name = call.Need("Name");
        var architecture = call.Text("Architecture") ?? "i386";
        var root = call.Need("RootDeviceName");
        var boot = call.Text("BootMode") ?? "legacy-bios";
        var ena = call.Flag("EnaSupport") ?? false;
        var tpm = call.Text("TpmSupport");
        call.Text("Description");
        call.Text("VirtualizationType");
        call.Text("ImdsSupport");
        var disks = call.Prefixes("BlockDeviceMapping").ConvertAll(p =>
        {
            call.Flag(p + ".Ebs.DeleteOnTermination");
            return (Device: call.Need(p + ".DeviceName"), Snapshot: call.Text(p + ".Ebs.SnapshotId"), SizeGib: call.Number(p + ".Ebs.VolumeSize"), Type: call.Text(p + ".Ebs.VolumeType") ?? "gp2");
        });
        var tags = call.TagSpecifications("image", "snapshot").GetValueOrDefault("image") ?? [];
        call.Done();
        if (world.Images.Exists(i => i.ImageName == name))
        {
            throw new Ec2Error(400, "InvalidAMIName.Duplicate", $"AMI name {name} is already in use by AMI {world.Images.Find(i => i.ImageName == name)!.Id}");
        }

        if (tpm is not (null or "v2.0") || boot is not ("legacy-bios" or "uefi" or "uefi-preferred") || (tpm is not null && boot == "legacy-bios") || architecture is not ("x86_64" or "arm64" or "i386"))
        {
            throw new Ec2Error(400, "InvalidParameterValue", "TPM support requires the boot mode uefi.");
        }

        foreach (var disk in disks)
        {
            if (disk.Snapshot is { } id && world.FindSnapshot(id).State != "completed")
            {
                throw new Ec2Error(400, "InvalidParameter", $"Snapshot {id} is not completed");
            }
        }

        if (!disks.Exists(disk => disk.Device == root && disk.Snapshot is not null))
        {
            throw new Ec2Error(400, "InvalidBlockDeviceMapping", $"The root device {root} has no snapshot.");
        }

        var image = world.Add(world.Images, new Image
        {
            Id = world.NewId("ami"),
            Made = world.Now,
            ImageName = name,
            Architecture = architecture,
            RootDevice = root,
            BootMode = boot,
            Ena = ena,
            Tpm = tpm,
            Disks = disks,
            Tags = tags,
        });
        return [E("imageId", image.Id)];
    }

    private IEnumerable<object?> CreateNetworkInterface(QueryParameters call)
    {
        var subnet = World.Find(world.Subnets, call.Need("SubnetId"), () => new Ec2Error(400, "InvalidSubnetID.NotFound", "The subnet ID does not exist"));
        var wanted = call.Text("PrivateIpAddress");
        var description = call.Text("Description") ?? "";
        var groups = call.List("SecurityGroupId");
        var tags = call.TagSpecifications("network-interface").GetValueOrDefault("network-interface") ?? [];
        call.Text("ClientToken");
        call.Done();
        foreach (var group in groups)
        {
            if (World.Find(world.Groups, group, () => new Ec2Error(400, "InvalidGroup.NotFound", $"The security group '{group}' does not exist")).Vpc != subnet.Vpc)
            {
                throw new Ec2Error(400, "InvalidGroup.NotFound", $"You have specified two resources that belong to different networks.");
            }
        }

        var nic = world.Add(world.Nics, new Nic
        {
            Id = world.NewId("eni"),
            Made = world.Now,
            Subnet = subnet,
            Address = Address(subnet, wanted),
            Mac = world.NewMac(),
            Description = description,
            Tags = tags,
            Groups = groups.Count > 0 ? groups : [world.Groups.First(group => group.Vpc == subnet.Vpc).Id],
        });
        return [E("networkInterface", [.. NicOf(nic)])];
    }

    private string Address(Subnet subnet, string? wanted)
    {
        var network = IPNetwork.Parse(subnet.Cidr);
        var start = Number(network.BaseAddress);
        var count = 1L << (32 - network.PrefixLength);
        var used = world.Nics.Where(nic => nic.Subnet == subnet).Select(nic => Number(IPAddress.Parse(nic.Address))).ToHashSet();
        if (wanted is null)
        {
            for (var at = start + 4; at < start + count - 1; at++)
            {
                if (!used.Contains(at))
                {
                    return Text(at);
                }
            }

            throw new Ec2Error(400, "InsufficientFreeAddressesInSubnet", $"The subnet '{subnet.Id}' does not have enough free addresses.");
        }

        var number = Number(IPAddress.Parse(wanted));
        if (number < start + 4 || number >= start + count - 1)
        {
            throw new Ec2Error(400, "InvalidParameterValue", $"Address {wanted} does not fall within the subnet's address range, or is in its reserved range");
        }

        return used.Contains(number) ? throw new Ec2Error(400, "InvalidIPAddress.InUse", $"Address {wanted} is in use.") : wanted;
    }

    private static long Number(IPAddress address) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static string Text(long number) => new IPAddress([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]).ToString();

    private IEnumerable<object?> RunInstances(QueryParameters call)
    {
        var image = World.Find(world.Images, call.Need("ImageId"), () => new Ec2Error(400, "InvalidAMIID.NotFound", $"The image id does not exist"));
        var type = Type(call.Text("InstanceType") ?? "m1.small");
        if (call.Number("MinCount") != 1 || call.Number("MaxCount") != 1)
        {
            throw new Ec2Error(400, "InvalidParameterValue", "This service starts one at a time.");
        }

        var token = call.Text("ClientToken");
        if (call.Text("KeyName") is { } pair && !world.KeyPairs.Contains(pair))
        {
            throw new Ec2Error(400, "InvalidKeyPair.NotFound", $"The key pair '{pair}' does not exist");
        }

        var profile = call.Text("IamInstanceProfile.Name") ?? call.Text("IamInstanceProfile.Arn")?.Split('/')[^1];
        var tokens = call.Text("MetadataOptions.HttpTokens") ?? "optional";
        call.Text("MetadataOptions.HttpEndpoint");
        call.Text("MetadataOptions.HttpPutResponseHopLimit");
        var protection = call.Flag("DisableApiTermination") ?? false;
        call.Flag("DisableApiStop");
        call.Text("InstanceInitiatedShutdownBehavior");
        call.Text("MaintenanceOptions.AutoRecovery");
        call.Flag("EbsOptimized");
        call.Text("Placement.AvailabilityZone");
        call.Text("UserData");
        var subnetId = call.Text("SubnetId");
        var groups = call.List("SecurityGroupId");
        var cards = call.Prefixes("NetworkInterface").ConvertAll(p => (Index: call.Number(p + ".DeviceIndex") ?? throw Ec2Error.Missing(p + ".DeviceIndex"), Id: call.Need(p + ".NetworkInterfaceId")));
        var disks = call.Prefixes("BlockDeviceMapping").ConvertAll(p => (Device: call.Need(p + ".DeviceName"), Delete: call.Flag(p + ".Ebs.DeleteOnTermination"), Size: call.Number(p + ".Ebs.VolumeSize"), Type: call.Text(p + ".Ebs.VolumeType"), Snapshot: call.Text(p + ".Ebs.SnapshotId")));
        var tags = call.TagSpecifications("instance", "volume", "network-interface");
        call.Done();
        if (token is not null && world.Instances.Find(i => i.ClientToken == token) is { } made)
        {
            return Reservation(made);
        }

        if (type.Architecture != image.Architecture)
        {
            throw new Ec2Error(400, "InvalidParameterValue", $"The architecture '{type.Architecture}' of the specified instance type does not match the architecture '{image.Architecture}' of the specified AMI.");
        }

        if (!type.Tpm && image.Tpm is not null)
        {
            throw new Ec2Error(400, "Unsupported", $"The instance type {type.Name} does not support NitroTPM.");
        }

        if (type.Nitro && !image.Ena)
        {
            throw new Ec2Error(400, "InvalidParameterCombination", $"Enhanced networking with the Elastic Network Adapter (ENA) is required for the '{type.Name}' instance type.");
        }

        if (profile is not null && !world.Profiles.Contains(profile))
        {
            throw new Ec2Error(400, "InvalidParameterValue", $"Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name");
        }

        if (world.Instances.Where(i => i.State is "running" or "pending").Sum(i => i.Type.Cpus) + type.Cpus > world.VcpuQuota)
        {
            throw new Ec2Error(400, "VcpuLimitExceeded", $"You have requested more vCPU capacity than your current vCPU limit of {world.VcpuQuota} allows for the instance bucket that the specified instance type belongs to.");
        }

        var nics = cards.OrderBy(card => card.Index).Select(card => (card.Index, Nic: World.Find(world.Nics, card.Id, () => new Ec2Error(400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID does not exist")))).ToList();
        if (nics.Count > type.MostNics)
        {
            throw new Ec2Error(400, "AttachmentLimitExceeded", $"Number of network interfaces exceeds the limit {type.MostNics} of {type.Name}.");
        }

        if (nics.Find(n => n.Nic.Instance is not null) is { Nic: { } taken })
        {
            throw new Ec2Error(400, "InvalidNetworkInterface.InUse", $"Network interface '{taken.Id}' is currently in use.");
        }

        if (nics.Select(n => n.Nic.Subnet.Zone).Distinct().Count() > 1)
        {
            throw new Ec2Error(400, "InvalidParameterCombination", "You may only specify network interfaces of one availability zone.");
        }

        var subnet = nics.Count > 0 ? nics[0].Nic.Subnet : World.Find(world.Subnets, subnetId ?? throw Ec2Error.Missing("SubnetId"), () => new Ec2Error(400, "InvalidSubnetID.NotFound", "The subnet ID does not exist"));
        var instance = world.Add(world.Instances, new Instance
        {
            Id = world.NewId("i"),
            Made = world.Now,
            Type = type,
            Image = image,
            Zone = subnet.Zone,
            Vpc = subnet.Vpc,
            State = "pending",
            ClientToken = token,
            Profile = profile,
            HttpTokens = tokens,
            TerminationProtected = protection,
            Tags = tags.GetValueOrDefault("instance") ?? [],
        });
        if (nics.Count == 0)
        {
            var own = new Nic { Id = world.NewId("eni"), Subnet = subnet, Address = Address(subnet, null), Mac = world.NewMac(), Groups = groups.Count > 0 ? groups : [world.Groups[0].Id], DeleteOnTermination = true };
            world.Nics.Add(own);
            nics.Add((0, own));
        }

        foreach (var (index, nic) in nics)
        {
            (nic.Instance, nic.DeviceIndex) = (instance.Id, index);
        }

        foreach (var disk in image.Disks)
        {
            var change = disks.Find(d => d.Device == disk.Device);
            var snapshot = disk.Snapshot is null ? null : world.FindSnapshot(disk.Snapshot);
            world.Volumes.Add(new Volume
            {
                Id = world.NewId("vol"),
                Made = world.Now,
                SizeGib = change.Size ?? disk.SizeGib ?? snapshot?.SizeGib ?? 8,
                Zone = instance.Zone,
                Type = change.Type ?? disk.Type,
                State = "in-use",
                Lineage = snapshot?.Lineage ?? world.NewId("line"),
                Blocks = snapshot is null ? [] : new(snapshot.Blocks),
                Last = snapshot,
                Snapshot = snapshot?.Id,
                KmsKey = snapshot?.KmsKey,
                Instance = instance.Id,
                Device = disk.Device,
                DeleteOnTermination = change.Delete ?? true,
                Tags = new(tags.GetValueOrDefault("volume") ?? []),
            });
        }

        world.Boot(instance);
        return Reservation(instance);
    }

    private IEnumerable<object?> Reservation(Instance instance) =>
        [E("reservationId", "r-" + instance.Id[2..]), E("ownerId", World.Owner), E("groupSet"), E("instancesSet", E("item", [.. InstanceOf(instance)]))];

    private static XElement States(IEnumerable<Instance> instances) => Set("instancesSet", instances, i =>
        [E("instanceId", i.Id), E("currentState", E("code", Code(i.State)), E("name", i.State)), E("previousState", E("code", Code(i.State)), E("name", i.State))]);

    private static void Require(Instance instance, string state)
    {
        if (instance.State != state)
        {
            throw new Ec2Error(400, "IncorrectInstanceState", $"The instance '{instance.Id}' is not in a state from which it can be started or changed: {instance.State}.");
        }
    }

    private InstanceType Type(string name) => world.Types.GetValueOrDefault(name) ?? throw new Ec2Error(400, "InvalidParameterValue", $"Invalid value '{name}' for InstanceType.");

    private void CheckKey(string? key, bool? encrypted)
    {
        if (key is not null && (encrypted != true || !world.KmsKeys.Contains(key)))
        {
            throw new Ec2Error(400, "InvalidParameterValue", $"The parameter KmsKeyId {key} is invalid, or encrypted is not set.");
        }
    }

    private Thing Anything(string id) =>
        new IEnumerable<Thing>[] { world.Instances, world.Volumes, world.Snapshots, world.Images, world.Nics, world.Subnets, world.Groups, world.Templates }.SelectMany(all => all).FirstOrDefault(thing => thing.Id == id)
            is { } found
            ? found.Hidden > 0 ? throw NotYet(found) : found
            : throw new Ec2Error(400, "InvalidID", $"The ID '{id}' is not valid");

    private static Ec2Error NotYet(Thing thing)
    {
        thing.Hidden--;
        return new Ec2Error(400, "InvalidID", $"The ID '{thing.Id}' is not valid");
    }
}
