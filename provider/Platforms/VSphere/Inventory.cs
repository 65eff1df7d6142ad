using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>A datastore or a network, with the datacenter that it belongs to. Its name is unique in that.</summary>
internal sealed record InventoryItem(MoRef Ref, string Name, MoRef? Datacenter, VimObject Facts)
{
    /// <summary>As mappings use it: the bare name where the site has one of it, else with the datacenter's path in front.</summary>
    public string UniqueName { get; init; } = Name;
}

/// <summary>Everything of a site but its VMs, as it was at one moment: folders and datacenters, hosts and clusters, datastores, networks.</summary>
internal sealed class Inventory
{
    private static readonly Dictionary<string, string[]> Wanted = new(StringComparer.Ordinal)
    {
        ["Folder"] = ["name", "parent", "childType"],
        ["Datacenter"] = ["name", "parent", "vmFolder"],
        ["Datastore"] = ["name", "parent", "summary.type", "summary.capacity", "summary.freeSpace", "summary.accessible", "summary.url", "summary.maintenanceMode", "browser"],
        ["Network"] = ["name", "parent", "summary.accessible"],
        ["DistributedVirtualPortgroup"] = ["name", "parent", "summary.accessible", "key", "config.distributedVirtualSwitch", "config.uplink"],
        ["DistributedVirtualSwitch"] = ["name", "uuid"],
        ["HostSystem"] =
        [
            "name", "parent", "summary.config.name", "summary.config.port", "runtime.connectionState", "runtime.inMaintenanceMode", "summary.hardware.uuid", "summary.hardware.cpuModel", "summary.hardware.numCpuThreads",
            "summary.hardware.memorySize", "summary.quickStats.overallMemoryUsage", "summary.maxEVCModeKey", "summary.currentEVCModeKey",
            "config.product.version", "configManager.autoStartManager", "datastore", "network",
        ],
        ["ComputeResource"] = ["name", "parent", "resourcePool"],
        ["ResourcePool"] = ["name", "parent", "owner"],
    };

    private readonly Dictionary<MoRef, VimObject> _objects;

    private Inventory(ServiceContent content, IEnumerable<VimObject> objects)
    {
        Content = content;
        _objects = objects.ToDictionary(one => one.Ref);
        Datastores = Unique(_objects.Values.Where(one => one.Ref.Type == "Datastore"));
        Networks = Unique(_objects.Values.Where(one => one.Ref.Type is "Network" or "DistributedVirtualPortgroup" or "OpaqueNetwork" && one.Text("config.uplink") != "true" && !IsUplink(one)));
        Hosts = [.. _objects.Values.Where(one => one.Ref.Type == "HostSystem").OrderBy(one => one.Text("name"), StringComparer.Ordinal)];
    }

    internal ServiceContent Content { get; }

    internal ImmutableArray<InventoryItem> Datastores { get; }

    internal ImmutableArray<InventoryItem> Networks { get; }

    internal ImmutableArray<VimObject> Hosts { get; }

    internal static async Task<Inventory> ReadAsync(VimClient client, CancellationToken cancellation)
    {
        var content = await client.ContentAsync(cancellation).ConfigureAwait(false);
        var objects = await client.ReadAllAsync("reading the inventory", Wanted, cancellation).ConfigureAwait(false);
        // The view holds what is below the root folder.
        var root = await client.ReadOneAsync("reading the inventory", content.RootFolder, ["name"], cancellation).ConfigureAwait(false);
        return new Inventory(content, root is null ? objects : objects.Append(root));
    }

    internal VimObject? Find(MoRef? one) => one is { } found ? _objects.GetValueOrDefault(found) : null;

    internal string? NameOf(MoRef? one) => Find(one)?.Text("name");

    /// <summary>Such as <c>/DC0/vm/web/web-01</c>: the names from the root's child on.</summary>
    internal string PathOf(MoRef? parent, string? name)
    {
        var names = new List<string>();
        if (name is not null)
        {
            names.Add(name);
        }

        for (var at = Find(parent); at is not null && at.RefOf("parent") is { } above; at = Find(above))
        {
            names.Add(at.Text("name") ?? "?");
        }

        names.Reverse();
        return "/" + string.Join('/', names);
    }

    internal MoRef? DatacenterOf(MoRef? parent)
    {
        for (var at = Find(parent); at is not null; at = Find(at.RefOf("parent")))
        {
            if (at.Ref.Type == "Datacenter")
            {
                return at.Ref;
            }
        }

        return null;
    }

    /// <summary>What the <c>dcPath</c> of a datastore's URL takes.</summary>
    internal string DatacenterPath(MoRef datacenter) => PathOf(Find(datacenter)?.RefOf("parent"), NameOf(datacenter)).TrimStart('/');

    internal InventoryItem? Datastore(string name) => Datastores.FirstOrDefault(one => one.UniqueName == name) ?? Single(Datastores, name);

    /// <summary>The datastore of a file, from the datacenter of the VM that has it.</summary>
    internal InventoryItem? Datastore(string name, MoRef? datacenter) => Datastores.FirstOrDefault(one => one.Name == name && (datacenter is null || one.Datacenter == datacenter)) ?? Single(Datastores, name);

    internal InventoryItem? Network(string name) => Networks.FirstOrDefault(one => one.UniqueName == name) ?? Single(Networks, name);

    /// <summary>The network behind a card: its port group, else by name in the datacenter of the VM that has it.</summary>
    internal InventoryItem? NetworkBehind(XElement? backing, MoRef? datacenter) => backing.Text("port/portgroupKey") is { } key
        ? Networks.FirstOrDefault(one => one.Facts.Text("key") == key || one.Ref.Value == key)
        : backing.Text("deviceName") is { } name ? Networks.FirstOrDefault(one => one.Name == name && (datacenter is null || one.Datacenter == datacenter)) : null;

    internal SiteFacts Describe(string site, IEnumerable<VmName> vms, ImmutableDictionary<string, string> macs) => new()
    {
        Site = site,
        Platform = VSphereSite.Key,
        // A bare host has no instance UUID; its root's only host does not change its hardware's.
        Identity = Content.InstanceUuid ?? (Hosts is [var only, ..] ? only.Text("summary.hardware.uuid") ?? $"{site}/{only.Ref.Value}" : site),
        Version = Fact.Known($"{Content.FullName} (API {Content.ApiVersion})"),
        Hosts = [.. Hosts.Select(Host)],
        Pools = [.. Datastores.Select(Pool)],
        Networks = [.. Networks.Select(one => new Network(one.UniqueName, one.Ref.Type == "Network" ? "portgroup" : one.Ref.Type == "OpaqueNetwork" ? "opaque" : "distributed portgroup", one.Facts.Flag("summary.accessible") ?? true))],
        Vms = [.. vms],
        MacsInUse = Fact.Known(macs),
    };

    private static Hypervisor Host(VimObject host)
    {
        var memory = Number(host, "summary.hardware.memorySize");
        var used = Number(host, "summary.quickStats.overallMemoryUsage");
        return new Hypervisor
        {
            Name = host.Text("name") ?? host.Ref.Value,
            // ESXi 6.5 to 8 runs on nothing else; ESXi on Arm tells no API of its own.
            Architecture = Fact.Known("x86_64"),
            Cpus = Number(host, "summary.hardware.numCpuThreads") is { } cpus ? Fact.Known((int)cpus) : Fact<int>.Unknown("the host is not connected"),
            MemoryBytes = memory is { } all ? Fact.Known(all) : Fact<long>.Unknown("the host is not connected"),
            FreeMemoryBytes = memory is { } total && used is { } taken ? Fact.Known(Math.Max(0, total - (taken << 20))) : Fact<long>.Unknown("the host does not tell what it uses"),
            CpuModel = host.Text("summary.hardware.cpuModel") is { } model ? Fact.Known(model) : Fact<string>.Unknown("the host is not connected"),
            Accelerations = [VmFacts.Hypervisor],
            Observed = FurtherFacts.OfHost(host),
        };
    }

    private static StoragePool Pool(InventoryItem store) => new()
    {
        Name = store.UniqueName,
        Kind = store.Facts.Text("summary.type") ?? "datastore",
        Active = (store.Facts.Flag("summary.accessible") ?? true) && (store.Facts.Text("summary.maintenanceMode") ?? "normal") == "normal",
        CapacityBytes = Number(store.Facts, "summary.capacity") is { } capacity ? Fact.Known(capacity) : Fact<long>.Unknown("the server does not tell"),
        FreeBytes = Number(store.Facts, "summary.freeSpace") is { } free ? Fact.Known(free) : Fact<long>.Unknown("the server does not tell"),
        Location = store.Facts.Text("summary.url") ?? $"[{store.Name}]",
    };

    internal static long? Number(VimObject one, string path) =>
        long.TryParse(one.Text(path), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;

    private ImmutableArray<InventoryItem> Unique(IEnumerable<VimObject> objects)
    {
        var items = objects
            .Select(one => new InventoryItem(one.Ref, Names.Decode(one.Text("name") ?? one.Ref.Value), DatacenterOf(one.RefOf("parent")), one))
            .OrderBy(one => one.Name, StringComparer.Ordinal)
            .ToList();
        var several = items.GroupBy(one => one.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. items.Select(one => several.Contains(one.Name) && one.Datacenter is { } datacenter
                ? one with { UniqueName = $"{DatacenterPath(datacenter)}/{one.Name}" }
                : one),
        ];
    }

    private static bool IsUplink(VimObject portgroup) =>
        portgroup.Ref.Type == "DistributedVirtualPortgroup" && portgroup.Text("name")?.Contains("DVUplinks", StringComparison.Ordinal) == true;

    private static InventoryItem? Single(ImmutableArray<InventoryItem> items, string name) =>
        items.Where(one => one.Name == name).ToList() is [var only] ? only : null;
}
