using System.Net;
using System.Xml.Linq;

namespace VmMigrate.TestEc2;

/// <summary>EC2's query API, as far as the driver and its users need it, in the order of the alphabet in two files.</summary>
internal sealed partial class Ec2Actions(World world)
{
    private static readonly XNamespace Ns = "http://ec2.amazonaws.com/doc/2016-11-15/";

    private readonly Dictionary<string, Func<QueryParameters, IEnumerable<object?>>> _reads = [];
    private readonly Dictionary<string, Func<QueryParameters, IEnumerable<object?>>> _writes = [];

    internal string Answer(QueryParameters call, Account who)
    {
        if (_reads.Count == 0)
        {
            AddReads();
            AddWrites();
            AddTemplates();
            AddNetworks();
        }

        var isWrite = _writes.TryGetValue(call.Action, out var handler);
        if (!isWrite && !_reads.TryGetValue(call.Action, out handler))
        {
            throw new Ec2Error(400, "InvalidAction", $"The action {call.Action} is not valid for this web service.");
        }

        if (who.Denied.Contains("ec2:" + call.Action))
        {
            throw new Ec2Error(403, "UnauthorizedOperation", $"You are not authorized to perform this operation. User: {who.Arn} is not authorized to perform: ec2:{call.Action}");
        }

        world.Settle();
        if (call.DryRun)
        {
            throw new Ec2Error(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        }

        var content = handler!(call).ToList();
        call.Done();
        return new XElement(Ns + (call.Action + "Response"), E("requestId", Guid.NewGuid()), content).ToString();
    }

    private static XElement E(string name, params object?[] content) => new(Ns + name, content);

    private static XElement Set<T>(string name, IEnumerable<T> items, Func<T, IEnumerable<object?>> write) => E(name, items.Select(item => E("item", write(item).ToArray())).ToArray<object?>());

    private static XElement TagSet(Thing thing) => Set("tagSet", thing.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal), tag => [E("key", tag.Key), E("value", tag.Value)]);

    private static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What is visible, asked for by id or all, and passes the filters.</summary>
    private static List<T> Select<T>(List<T> all, QueryParameters call, string idName, Func<string, Ec2Error> missing, Dictionary<string, Func<T, IEnumerable<string?>>> filters)
        where T : Thing
    {
        var ids = call.List(idName);
        var wanted = call.Filters([.. filters.Keys]);
        call.Number("MaxResults");
        call.Text("NextToken");
        call.Done();
        List<T> found = ids.Count > 0 ? [.. ids.Select(id => World.Find(all, id, () => missing(id)))] : [.. all.Where(thing => thing.Hidden == 0 || thing.Hidden-- < 0)];
        return [.. found.Where(thing => wanted.All(filter => (filter.Key.StartsWith("tag:", StringComparison.Ordinal)
            ? [thing.Tags.GetValueOrDefault(filter.Key[4..])]
            : filter.Key == "tag-key" ? thing.Tags.Keys : filters[filter.Key](thing))
            .Any(value => value is not null && filter.Value.Any(pattern => Matches(pattern, value)))))];
    }

    private static bool Matches(string pattern, string value) => pattern.EndsWith('*') ? value.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == value;

    private void AddReads()
    {
        _reads["DescribeInstances"] = call => [E("reservationSet", Select(
            world.Instances, call, "InstanceId", id => Ec2Error.NotFound("Instance", id),
            new() { ["instance-id"] = i => [i.Id], ["instance-state-name"] = i => [i.State], ["vpc-id"] = i => [i.Vpc] })
            .Select(instance => E("item", E("reservationId", "r-" + instance.Id[2..]), E("ownerId", World.Owner), E("groupSet"), E("instancesSet", E("item", [.. InstanceOf(instance)])))).ToArray<object?>())];
        _reads["DescribeInstanceStatus"] = call =>
        {
            var all = call.Flag("IncludeAllInstances") ?? false;
            return [Set("instanceStatusSet", Select(world.Instances, call, "InstanceId", id => Ec2Error.NotFound("Instance", id), []).Where(i => all || i.State == "running"), i =>
            {
                var (system, instance) = world.ChecksOf(i);
                return [
                    E("instanceId", i.Id), E("availabilityZone", i.Zone), E("instanceState", E("code", Code(i.State)), E("name", i.State)),
                    E("systemStatus", E("status", system)),
                    E("instanceStatus", E("status", instance))];
            })];
        };
        _reads["DescribeInstanceAttribute"] = call =>
        {
            var instance = world.FindInstance(call.Need("InstanceId"));
            return call.Need("Attribute") switch
            {
                "disableApiTermination" => [E("instanceId", instance.Id), E("disableApiTermination", E("value", instance.TerminationProtected))],
                "disableApiStop" => [E("instanceId", instance.Id), E("disableApiStop", E("value", instance.StopProtected))],
                var other => throw new Ec2Error(400, "InvalidParameterValue", $"Value ({other}) for parameter attribute is invalid."),
            };
        };
        _reads["DescribeInstanceTypes"] = call =>
        {
            var names = call.List("InstanceType");
            var filters = call.Filters("processor-info.supported-architecture", "current-generation", "instance-type");
            call.Number("MaxResults");
            call.Text("NextToken");
            call.Done();
            foreach (var name in names.Where(name => !world.Types.ContainsKey(name)))
            {
                throw new Ec2Error(400, "InvalidInstanceType", $"The following supplied instance types do not exist: [{name}]");
            }

            return [Set("instanceTypeSet", world.Types.Values
                .Where(type => names.Count == 0 || names.Contains(type.Name))
                .Where(type => !filters.TryGetValue("processor-info.supported-architecture", out var wanted) || wanted.Contains(type.Architecture)), TypeOf)];
        };
        _reads["DescribeInstanceTypeOfferings"] = call =>
        {
            call.Text("LocationType");
            var filters = call.Filters("location", "instance-type");
            call.Number("MaxResults");
            call.Text("NextToken");
            return [Set("instanceTypeOfferingSet", world.Types.Keys.Where(name => !filters.TryGetValue("instance-type", out var wanted) || wanted.Contains(name)), name =>
                [E("instanceType", name), E("locationType", "availability-zone"), E("location", filters.GetValueOrDefault("location")?[0] ?? "xx-test-1a")])];
        };
        _reads["DescribeVolumes"] = call => [Set("volumeSet", Select(
            world.Volumes, call, "VolumeId", id => new Ec2Error(400, "InvalidVolume.NotFound", $"The volume '{id}' does not exist."),
            new() { ["status"] = v => [v.State], ["attachment.instance-id"] = v => [v.Instance] }), VolumeOf)];
        _reads["DescribeSnapshots"] = call =>
        {
            var owners = call.List("Owner");
            return [Set("snapshotSet", Select(
                world.Snapshots, call, "SnapshotId", id => new Ec2Error(400, "InvalidSnapshot.NotFound", $"The snapshot '{id}' does not exist."),
                new() { ["status"] = s => [s.State], ["volume-id"] = s => [s.Volume] })
                .Where(_ => owners.Count == 0 || owners.Contains("self")), SnapshotOf)];
        };
        _reads["DescribeImages"] = call =>
        {
            var owners = call.List("Owner");
            return [Set("imagesSet", Select(world.Images, call, "ImageId", id => new Ec2Error(400, "InvalidAMIID.NotFound", $"The image id '[{id}]' does not exist"), new() { ["name"] = i => [i.ImageName], ["state"] = _ => ["available"] })
                .Where(_ => owners.Count == 0 || owners.Contains("self")), ImageOf)];
        };
        _reads["DescribeSubnets"] = call => [Set("subnetSet", Select(
            world.Subnets, call, "SubnetId", id => new Ec2Error(400, "InvalidSubnetID.NotFound", $"The subnet ID '{id}' does not exist"),
            new() { ["vpc-id"] = s => [s.Vpc], ["availability-zone"] = s => [s.Zone] }), SubnetOf)];
        _reads["DescribeSecurityGroups"] = call => [Set("securityGroupInfo", Select(
            world.Groups, call, "GroupId", id => new Ec2Error(400, "InvalidGroup.NotFound", $"The security group '{id}' does not exist"),
            new() { ["vpc-id"] = g => [g.Vpc], ["group-name"] = g => [g.Name] }),
            g => [E("ownerId", World.Owner), E("groupId", g.Id), E("groupName", g.Name ?? g.Id), E("groupDescription", "test"), E("vpcId", g.Vpc), E("ipPermissions"), E("ipPermissionsEgress"), TagSet(g)])];
        _reads["DescribeNetworkInterfaces"] = call => [Set("networkInterfaceSet", Select(
            world.Nics, call, "NetworkInterfaceId", id => new Ec2Error(400, "InvalidNetworkInterfaceID.NotFound", $"The networkInterface ID '{id}' does not exist"),
            new() { ["subnet-id"] = n => [n.Subnet.Id], ["attachment.instance-id"] = n => [n.Instance], ["private-ip-address"] = n => [n.Address] }), NicOf)];
        _reads["DescribeKeyPairs"] = call =>
        {
            var names = call.List("KeyName");
            call.Done();
            return names.Find(name => !world.KeyPairs.Contains(name)) is { } unknown
                ? throw new Ec2Error(400, "InvalidKeyPair.NotFound", $"The key pair '{unknown}' does not exist")
                : [Set("keySet", names.Count > 0 ? names : [.. world.KeyPairs], name => [E("keyName", name), E("keyFingerprint", "00:00")])];
        };
        _reads["DescribeAvailabilityZones"] = call =>
        {
            call.Flag("AllAvailabilityZones");
            call.Filters("opt-in-status", "region-name", "state", "zone-type");
            return [Set("availabilityZoneInfo", world.Subnets.Select(s => s.Zone).Distinct(), zone => [E("zoneName", zone), E("zoneState", "available"), E("zoneId", zone), E("regionName", "xx-test-1"), E("zoneType", "availability-zone"), E("optInStatus", "opt-in-not-required")])];
        };
        _reads["GetConsoleOutput"] = call =>
        {
            var instance = world.FindInstance(call.Need("InstanceId"));
            call.Flag("Latest");
            var text = instance.Running?.Console ?? instance.LastConsole;
            return [E("instanceId", instance.Id), E("timestamp", At(world.Now)), E("output", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text)))];
        };
    }

    private IEnumerable<object?> InstanceOf(Instance i)
    {
        yield return E("instanceId", i.Id);
        yield return E("imageId", i.Image.Id);
        yield return E("instanceState", E("code", Code(i.State)), E("name", i.State));
        yield return E("instanceType", i.Type.Name);
        yield return E("launchTime", At(i.LaunchedAt));
        yield return E("placement", E("availabilityZone", i.Zone), E("tenancy", "default"));
        yield return E("architecture", i.Type.Architecture);
        yield return E("rootDeviceType", "ebs");
        yield return E("rootDeviceName", i.Image.RootDevice);
        yield return E("virtualizationType", "hvm");
        yield return E("hypervisor", "xen");
        yield return E("platformDetails", "Linux/UNIX");
        yield return E("enaSupport", i.Image.Ena);
        yield return E("bootMode", i.Image.BootMode);
        yield return E("currentInstanceBootMode", i.Image.BootMode == "uefi" ? "uefi" : "legacy-bios");
        if (i.Image.Tpm is { } tpm)
        {
            yield return E("tpmSupport", tpm);
        }

        yield return E("maintenanceOptions", E("autoRecovery", i.AutoRecovery));
        yield return E("metadataOptions", E("state", "applied"), E("httpTokens", i.HttpTokens), E("httpEndpoint", "enabled"));
        yield return E("monitoring", E("state", "disabled"));
        yield return E("cpuOptions", E("coreCount", Math.Max(1, i.Type.Cpus / 2)), E("threadsPerCore", i.Type.Cpus > 1 ? 2 : 1));
        if (i.Profile is { } profile)
        {
            yield return E("iamInstanceProfile", E("arn", $"arn:aws:iam::{World.Owner}:instance-profile/{profile}"), E("id", "AIPATEST"));
        }

        if (i.State != "terminated")
        {
            yield return E("vpcId", i.Vpc);
            yield return E("subnetId", world.Nics.Find(n => n.Instance == i.Id)?.Subnet.Id);
            yield return Set("networkInterfaceSet", world.Nics.Where(n => n.Instance == i.Id).OrderBy(n => n.DeviceIndex), n =>
            [
                E("networkInterfaceId", n.Id), E("subnetId", n.Subnet.Id), E("vpcId", n.Subnet.Vpc), E("description", n.Description), E("ownerId", World.Owner), E("status", "in-use"),
                E("macAddress", n.Mac), E("privateIpAddress", n.Address), GroupSet(n),
                E("attachment", E("attachmentId", "eni-attach-" + n.Id[4..]), E("deviceIndex", n.DeviceIndex), E("status", "attached"), E("deleteOnTermination", n.DeleteOnTermination)),
            ]);
            yield return Set("blockDeviceMapping", world.DisksOf(i), v =>
                [E("deviceName", v.Device), E("ebs", E("volumeId", v.Id), E("status", "attached"), E("deleteOnTermination", v.DeleteOnTermination))]);
        }

        yield return TagSet(i);
    }

    private static IEnumerable<object?> TypeOf(InstanceType t) =>
    [
        E("instanceType", t.Name), E("currentGeneration", t.Nitro), E("bareMetal", false), E("hypervisor", t.Nitro ? "nitro" : "xen"), E("burstablePerformanceSupported", t.Name[0] == 't'),
        E("processorInfo", E("supportedArchitectures", E("item", t.Architecture))),
        E("vCpuInfo", E("defaultVCpus", t.Cpus), E("defaultCores", Math.Max(1, t.Cpus / 2))),
        E("memoryInfo", E("sizeInMiB", t.MemoryMib)),
        E("ebsInfo", E("nvmeSupport", t.Nitro ? "required" : "unsupported"), E("ebsOptimizedInfo", E("maximumBandwidthInMbps", t.EbsMbit), E("baselineBandwidthInMbps", t.EbsMbit))),
        E("networkInfo", E("networkPerformance", $"Up to {t.NetworkGbit} Gigabit"), E("maximumNetworkInterfaces", t.MostNics), E("enaSupport", t.Nitro ? "required" : "unsupported")),
        E("supportedBootModes", E("item", "legacy-bios"), E("item", "uefi")),
        E("nitroTpmSupport", t.Tpm ? "supported" : "unsupported"),
    ];

    private IEnumerable<object?> VolumeOf(Volume v) =>
    [
        E("volumeId", v.Id), E("size", v.SizeGib), E("snapshotId", v.Snapshot), E("availabilityZone", v.Zone), E("status", v.State), E("createTime", At(v.Made)),
        E("volumeType", v.Type), v.Iops is { } iops ? E("iops", iops) : null, v.Throughput is { } rate ? E("throughput", rate) : null,
        E("encrypted", v.KmsKey is not null), v.KmsKey is null ? null : E("kmsKeyId", v.KmsKey), E("multiAttachEnabled", false),
        Set("attachmentSet", v.Instance is null ? [] : new[] { v }, a =>
            [E("volumeId", a.Id), E("instanceId", a.Instance), E("device", a.Device), E("status", "attached"), E("attachTime", At(world.Now)), E("deleteOnTermination", a.DeleteOnTermination)]),
        TagSet(v),
    ];

    private static IEnumerable<object?> SnapshotOf(Snapshot s) =>
    [
        E("snapshotId", s.Id), E("volumeId", s.Volume ?? "vol-ffffffff"), E("status", s.State), E("startTime", At(s.Made)), E("progress", s.State == "completed" ? "100%" : "0%"),
        E("ownerId", World.Owner), E("volumeSize", s.SizeGib), E("description", s.Description), E("encrypted", s.KmsKey is not null), s.KmsKey is null ? null : E("kmsKeyId", s.KmsKey), TagSet(s),
    ];

    private static IEnumerable<object?> ImageOf(Image i) =>
    [
        E("imageId", i.Id), E("imageState", "available"), E("imageOwnerId", World.Owner), E("isPublic", false), E("architecture", i.Architecture), E("imageType", "machine"), E("name", i.ImageName),
        E("rootDeviceType", "ebs"), E("rootDeviceName", i.RootDevice), E("virtualizationType", "hvm"), E("enaSupport", i.Ena), E("bootMode", i.BootMode), i.Tpm is null ? null : E("tpmSupport", i.Tpm),
        Set("blockDeviceMapping", i.Disks, d => [E("deviceName", d.Device), E("ebs", E("snapshotId", d.Snapshot), E("volumeType", d.Type))]), TagSet(i),
    ];

    private IEnumerable<object?> SubnetOf(Subnet s) =>
    [
        E("subnetId", s.Id), E("subnetArn", $"arn:aws:ec2:xx-test-1:{World.Owner}:subnet/{s.Id}"), E("state", "available"), E("ownerId", World.Owner), E("vpcId", s.Vpc), E("cidrBlock", s.Cidr), E("ipv6CidrBlockAssociationSet"),
        E("availableIpAddressCount", Free(s)), E("availabilityZone", s.Zone), E("availabilityZoneId", s.Zone), E("defaultForAz", false), E("mapPublicIpOnLaunch", false), E("assignIpv6AddressOnCreation", false), TagSet(s),
    ];

    private IEnumerable<object?> NicOf(Nic n) =>
    [
        E("networkInterfaceId", n.Id), E("subnetId", n.Subnet.Id), E("vpcId", n.Subnet.Vpc), E("availabilityZone", n.Subnet.Zone), E("description", n.Description), E("ownerId", World.Owner), E("requesterManaged", false),
        E("status", n.Instance is null ? "available" : "in-use"), E("macAddress", n.Mac), E("privateIpAddress", n.Address), GroupSet(n),
        n.Instance is null ? null : E("attachment", E("attachmentId", "eni-attach-" + n.Id[4..]), E("instanceId", n.Instance), E("deviceIndex", n.DeviceIndex), E("status", "attached"), E("deleteOnTermination", n.DeleteOnTermination)),
        E("tagSet", n.Tags.Select(tag => E("item", E("key", tag.Key), E("value", tag.Value))).ToArray<object?>()),
    ];

    private XElement GroupSet(Nic n) => Set("groupSet", n.Groups, id => [E("groupId", id), E("groupName", world.Groups.Find(group => group.Id == id)?.Name ?? id)]);

    private int Free(Subnet subnet) => (1 << (32 - IPNetwork.Parse(subnet.Cidr).PrefixLength)) - 5 - world.Nics.Count(nic => nic.Subnet == subnet);

    private static int Code(string state) => state switch { "pending" => 0, "running" => 16, "shutting-down" => 32, "terminated" => 48, "stopping" => 64, _ => 80 };
}
