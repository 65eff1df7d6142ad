using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Aws.Ebs;

namespace VmMigrate.Platforms.Aws;

/// <summary>EC2 in one region of one account. This file: what there is. Power, fence, disks, rounds and the target's role are in the other parts.</summary>
/// <remarks>A VM is an instance, a host the region, a storage pool a volume type, a network a subnet. Stamps, fences and marks are tags.</remarks>
internal sealed partial class AwsSite : Site
{
    internal const string Key = "aws";

    /// <summary>The volume types that a VM can lie on: EBS's name for each.</summary>
    private static readonly ImmutableArray<string> VolumeTypes = ["gp3", "gp2", "io2", "io1", "st1", "sc1"];

    private readonly AwsConnection _connection;
    private readonly AwsSettings _settings;
    private readonly TimeProvider _time;
    private readonly EbsClient _ebs;
    private readonly ConcurrentDictionary<string, InstanceTypeInfo> _types = new(StringComparer.Ordinal);

    internal AwsSite(string name, AwsSettings settings, TimeProvider time)
        : base(name)
    {
        (_settings, _time) = (settings, time);
        _connection = new AwsConnection(name, settings, time);
        _ebs = new EbsClient(_connection, new EbsPace(settings.BlocksPerSecond, time), time);
    }

    public override string Platform => Key;

    public override string Where => $"EC2 {_settings.Region}{(_settings.Endpoint is { } endpoint ? $" at {endpoint}" : "")}";

    public override Capabilities Capabilities { get; } = new()
    {
        ChangedBlockTracking = true,
        StartsFromImages = true,
        TakesFrom = ["libvirt", "vsphere", "simulator"],
        WhyNoQuiesce = NoQuiesce,
        WhyNoHardwareAddresses = "EC2 gives every network interface an address of its own",
    };

    internal const string NoQuiesce = "EC2's snapshots of a running instance are crash-consistent: all volumes at one moment, the guest is not asked";

    /// <summary>A disk that is made here, in words of ours: its snapshots change with each round, and it has a volume only when it belongs to an instance.</summary>
    internal static string LocationOf(string migrationId, string disk) => $"ebs:{migrationId}/{disk}";

    public override async Task<SiteFacts> DescribeAsync(CancellationToken cancellation)
    {
        var identity = await IdentityAsync(cancellation).ConfigureAwait(false);
        var instances = await InstancesAsync([], cancellation).ConfigureAwait(false);
        var subnets = await SubnetsAsync(cancellation).ConfigureAwait(false);
        var volumes = await VolumesAsync([], cancellation).ConfigureAwait(false);
        var used = volumes.Where(volume => volume.VolumeType == "gp3").Sum(volume => (long)(volume.Size ?? 0) << 30);
        return new SiteFacts
        {
            Site = Name,
            Platform = Key,
            Identity = identity,
            Version = Fact.Known("2016-11-15"),
            Hosts = [new Hypervisor
            {
                Name = _settings.Region,
                Architecture = Fact<string>.Unknown("EC2 has hosts of several kinds; the type is chosen for the VM"),
                Cpus = Fact<int>.Unknown("EC2 shows no hosts"),
                MemoryBytes = Fact<long>.Unknown("EC2 shows no hosts"),
                FreeMemoryBytes = Fact<long>.Unknown("EC2 shows no hosts"),
            }],
            Pools = [.. VolumeTypes.Select(type => new StoragePool
            {
                Name = type,
                Kind = "ebs",
                Location = _settings.Region,
                // AWS's default quota a region and type is 50 TiB.
                FreeBytes = type == "gp3" ? Fact.Known(Math.Max(1, (50L << 40) - used)) : Fact<long>.Unknown($"the quota of {type} volumes is not read"),
            })],
            Networks = [.. subnets.Select(subnet => new Network(subnet.SubnetId, "subnet", true)), .. NamesOf(subnets).Select(name => new Network(name, "subnet", true))],
            Vms = [.. instances.Select(instance => new VmName(instance.InstanceId, InstanceFacts.NameOf(instance), AwsTags.Read(instance.Tags).GetValueOrDefault(AwsTags.Migration))).OrderBy(vm => vm.Name, StringComparer.Ordinal)],
            MacsInUse = Fact.Known(instances.SelectMany(instance => (instance.NetworkInterfaces ?? []).Select(nic => (Mac: nic.MacAddress.ToUpperInvariant(), instance.InstanceId)))
                .GroupBy(entry => entry.Mac).ToImmutableDictionary(group => group.Key, group => group.First().InstanceId)),
        };
    }

    public override async Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation) =>
        await FactsAsync(await InstancesAsync([AwsTags.With("Name", name)], cancellation).ConfigureAwait(false), askAgent: true, cancellation).ConfigureAwait(false);

    public override async Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation) =>
        await FindInstanceAsync(vmId, cancellation).ConfigureAwait(false) is { } instance
            ? (await FactsAsync([instance], askAgent: true, cancellation).ConfigureAwait(false))[0]
            : null;

    public override async IAsyncEnumerable<Vm> ListAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var vm in await FactsAsync(await InstancesAsync([], cancellation).ConfigureAwait(false), askAgent: false, cancellation).ConfigureAwait(false))
        {
            yield return vm;
        }
    }

    public override async Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation) =>
        await FactsAsync(
            [.. (await InstancesAsync([AwsTags.With(AwsTags.Migration, migrationId)], cancellation).ConfigureAwait(false)).Where(instance => AwsTags.Read(instance.Tags) is var tags && (tags.ContainsKey(AwsTags.Role) || tags.ContainsKey(AwsTags.Kind)))],
            askAgent: true, cancellation).ConfigureAwait(false);

    public override async Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        var wanted = stamp is null ? [] : AwsTags.WriteStamp(stamp, Name);
        if (stamp is null && AwsTags.ReadStamp(AwsTags.Read(instance.Tags)) is { Role: StampRole.Target } released)
        {
            await ReleaseAsync(instance, released.MigrationId, cancellation).ConfigureAwait(false);
        }

        await EnsureTagsAsync(vmId, wanted, [.. AwsTags.Read(instance.Tags).Keys.Where(key => AwsTags.IsStamp(key) && !wanted.ContainsKey(key))], cancellation).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private PlatformException No(PlatformErrorKind kind, string message) => new(kind, Name, message);

    private async Task<string> IdentityAsync(CancellationToken cancellation) =>
        $"{await _connection.AccountAsync(cancellation).ConfigureAwait(false)}/{_settings.Region}{(_settings.Endpoint is { } endpoint ? $"/{endpoint.Authority}" : "")}";

    // --- Asking EC2 ---

    /// <summary>All instances that pass, without those that are gone or going.</summary>
    private async Task<List<Instance>> InstancesAsync(List<Filter> filters, CancellationToken cancellation)
    {
        var request = new DescribeInstancesRequest { Filters = filters.Count > 0 ? filters : null };
        var found = new List<Instance>();
        do
        {
            var page = await _connection.AskAsync("listing the instances", ec2 => ec2.DescribeInstancesAsync(request, cancellation), cancellation).ConfigureAwait(false);
            found.AddRange((page.Reservations ?? []).SelectMany(reservation => reservation.Instances ?? []).Where(InstanceFacts.Exists));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return [.. found.OrderBy(InstanceFacts.NameOf, StringComparer.Ordinal).ThenBy(instance => instance.InstanceId, StringComparer.Ordinal)];
    }

    private async Task<Instance?> FindInstanceAsync(string vmId, CancellationToken cancellation)
    {
        try
        {
            var page = await _connection.AskAsync($"inspecting instance {vmId}", ec2 => ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [vmId] }, cancellation), cancellation).ConfigureAwait(false);
            return (page.Reservations ?? []).SelectMany(reservation => reservation.Instances ?? []).FirstOrDefault(InstanceFacts.Exists);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            return null;
        }
    }

    private async Task<Instance> NeedInstanceAsync(string vmId, CancellationToken cancellation) =>
        await FindInstanceAsync(vmId, cancellation).ConfigureAwait(false) ?? throw No(PlatformErrorKind.NotFound, $"There is no instance {vmId} at {Name} ({Where}).");

    private async Task<List<Volume>> VolumesAsync(List<Filter> filters, CancellationToken cancellation)
    {
        var request = new DescribeVolumesRequest { Filters = filters.Count > 0 ? filters : null };
        var found = new List<Volume>();
        do
        {
            var page = await _connection.AskAsync("listing the volumes", ec2 => ec2.DescribeVolumesAsync(request, cancellation), cancellation).ConfigureAwait(false);
            found.AddRange(page.Volumes ?? []);
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return found;
    }

    private async Task<List<Subnet>> SubnetsAsync(CancellationToken cancellation)
    {
        var request = new DescribeSubnetsRequest();
        var found = new List<Subnet>();
        do
        {
            var page = await _connection.AskAsync("listing the subnets", ec2 => ec2.DescribeSubnetsAsync(request, cancellation), cancellation).ConfigureAwait(false);
            found.AddRange(page.Subnets ?? []);
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return found;
    }

    /// <summary>Names of subnets that stand for one subnet each.</summary>
    private static IEnumerable<string> NamesOf(IEnumerable<Subnet> subnets) =>
        subnets.Select(subnet => (subnet.Tags ?? []).Find(tag => tag.Key == "Name")?.Value).OfType<string>().Where(name => name.Length > 0).GroupBy(name => name).Where(group => group.Count() == 1).Select(group => group.Key);

    /// <summary>What an instance holds, its root first; with the root that a fence has taken away.</summary>
    private async Task<List<HeldVolume>> HeldAsync(Instance instance, CancellationToken cancellation)
    {
        var attached = await VolumesAsync([new Filter("attachment.instance-id", [instance.InstanceId])], cancellation).ConfigureAwait(false);
        var held = attached.ConvertAll(volume =>
        {
            var attachment = volume.Attachments.Find(one => one.InstanceId == instance.InstanceId)!;
            return new HeldVolume(volume, attachment.Device, attachment.DeleteOnTermination ?? false);
        });
        if (!held.Exists(volume => volume.IsRootOf(instance)))
        {
            foreach (var volume in await FencedVolumesAsync(instance.InstanceId, cancellation).ConfigureAwait(false))
            {
                var fence = HeldVolume.ReadFence(volume)!.Value;
                held.Add(new HeldVolume(volume, fence.Device, fence.Delete));
            }
        }

        return [.. held.OrderBy(volume => volume.IsRootOf(instance) ? "" : volume.Device, StringComparer.Ordinal)];
    }

    private async Task<ImmutableArray<Vm>> FactsAsync(List<Instance> instances, bool askAgent, CancellationToken cancellation)
    {
        await DescribeTypesAsync(instances.Select(instance => instance.InstanceType.Value), cancellation).ConfigureAwait(false);
        var facts = ImmutableArray.CreateBuilder<Vm>(instances.Count);
        foreach (var instance in instances)
        {
            var running = InstanceFacts.Power(instance) == PowerState.Running;
            var agent = !askAgent ? Fact<bool>.Unknown("not asked for in a list")
                : running ? Fact.Known(await IsAgentOnlineAsync(instance.InstanceId, cancellation).ConfigureAwait(false)) : Fact<bool>.Unknown("the VM is off");
            facts.Add(InstanceFacts.Read(instance, _types.GetValueOrDefault(instance.InstanceType.Value), await HeldAsync(instance, cancellation).ConfigureAwait(false), _settings.Region, agent));
        }

        return facts.MoveToImmutable();
    }

    private async Task DescribeTypesAsync(IEnumerable<string> names, CancellationToken cancellation)
    {
        foreach (var batch in names.Where(name => !_types.ContainsKey(name)).Distinct().Chunk(100))
        {
            var page = await _connection.AskAsync(
                "describing instance types",
                ec2 => ec2.DescribeInstanceTypesAsync(new DescribeInstanceTypesRequest { InstanceTypes = [.. batch] }, cancellation), cancellation).ConfigureAwait(false);
            foreach (var type in page.InstanceTypes ?? [])
            {
                _types[type.InstanceType.Value] = type;
            }
        }
    }

    /// <summary>Writes tags and takes others off, and waits until EC2 shows that: the next reader must not see the old ones.</summary>
    private async Task EnsureTagsAsync(string id, Dictionary<string, string> set, List<string> remove, CancellationToken cancellation)
    {
        if (set.Count > 0)
        {
            await _connection.AskSoonAsync($"writing tags on {id}", ec2 => ec2.CreateTagsAsync(new CreateTagsRequest([id], AwsTags.Write(set)), cancellation), cancellation).ConfigureAwait(false);
        }

        if (remove.Count > 0)
        {
            await _connection.AskSoonAsync($"taking tags off {id}", ec2 => ec2.DeleteTagsAsync(new DeleteTagsRequest { Resources = [id], Tags = [.. remove.Select(key => new Tag { Key = key })] }, cancellation), cancellation).ConfigureAwait(false);
        }

        await _connection.UntilAsync(
            $"the tags of {id} to be seen", TimeSpan.FromMinutes(2),
            async () =>
            {
                var tags = await TagsOfAsync(id, cancellation).ConfigureAwait(false);
                return set.All(tag => tags.GetValueOrDefault(tag.Key) == tag.Value) && !remove.Any(tags.ContainsKey);
            },
            cancellation).ConfigureAwait(false);
    }

    private async Task<ImmutableDictionary<string, string>> TagsOfAsync(string id, CancellationToken cancellation)
    {
        if (id.StartsWith("vol-", StringComparison.Ordinal))
        {
            var found = await _connection.AskSoonAsync($"inspecting {id}", ec2 => ec2.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [id] }, cancellation), cancellation).ConfigureAwait(false);
            return AwsTags.Read(found.Volumes[0].Tags);
        }

        return AwsTags.Read((await NeedInstanceAsync(id, cancellation).ConfigureAwait(false)).Tags);
    }
}
