using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>Where a VM is in one vCenter: everything of it that a relocation can change, by references, which stay while names change.</summary>
/// <param name="Home">The datastore of its configuration.</param>
/// <param name="Disks">Each disk's datastore, by the disks' keys.</param>
/// <param name="Cards">Each network card's network, by the cards' keys.</param>
internal sealed record VmPlace(
    MoRef? Host, MoRef? Pool, MoRef? Folder, MoRef? Home, ImmutableSortedDictionary<long, MoRef> Disks, ImmutableSortedDictionary<long, MoRef> Cards)
{
    internal static VmPlace Of(VimObject vm, Inventory inventory)
    {
        var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
        var devices = Devices.Of(vm);
        MoRef? Store(string? name) => name is null ? null : inventory.Datastore(name, datacenter)?.Ref;
        return new VmPlace(
            vm.RefOf("runtime.host"),
            vm.RefOf("resourcePool"),
            vm.RefOf("parent"),
            Store(DatastorePath.Parse(vm.Text("config.files.vmPathName"))?.Datastore),
            devices.Disks.Select(disk => (disk.Key, Store: disk.Device.RefAt("backing/datastore") ?? Store(disk.Path?.Datastore))).Where(one => one.Store is not null)
                .ToImmutableSortedDictionary(one => one.Key, one => one.Store!.Value),
            devices.Nics.Select(nic => (Key: nic.Number("key") ?? 0, Network: NetworkOf(nic, inventory, datacenter))).Where(one => one.Network is not null)
                .ToImmutableSortedDictionary(one => one.Key, one => one.Network!.Value));
    }

    private static MoRef? NetworkOf(XElement nic, Inventory inventory, MoRef? datacenter)
    {
        var backing = nic.Child("backing");
        var told = backing.Text("port/portgroupKey") is null ? backing.RefAt("network") : null;
        return told ?? inventory.NetworkBehind(backing, datacenter)?.Ref;
    }

    /// <summary>What of this place another one is not, for people; empty where they are one. Nothing is asked of what is null here.</summary>
    internal IEnumerable<string> Against(VmPlace seen, Inventory inventory)
    {
        foreach (var (what, wanted, there) in new[] { ("host", Host, seen.Host), ("resource pool", Pool, seen.Pool), ("folder", Folder, seen.Folder), ("datastore", Home, seen.Home) })
        {
            if (wanted is not null && wanted != there)
            {
                yield return $"{what} {Say(there)} instead of {Say(wanted)}";
            }
        }

        foreach (var (key, wanted) in Disks)
        {
            if (!seen.Disks.TryGetValue(key, out var there) || there != wanted)
            {
                yield return $"disk {key} on datastore {Say(seen.Disks.GetValueOrDefault(key))} instead of {Say(wanted)}";
            }
        }

        foreach (var (key, wanted) in Cards)
        {
            if (!seen.Cards.TryGetValue(key, out var there) || there != wanted)
            {
                yield return $"card {key} on network {Say(seen.Cards.GetValueOrDefault(key))} instead of {Say(wanted)}";
            }
        }

        string Say(MoRef? one) => one is { Value.Length: > 0 } reference ? inventory.NameOf(reference) is { } name ? $"{name} ({reference.Value})" : reference.Value : "none";
    }

    internal string Describe(Inventory inventory)
    {
        var stores = Disks.Values.Append(Home ?? default).Where(one => one.Value is { Length: > 0 }).Distinct().Select(one => inventory.NameOf(one) ?? one.Value);
        return $"host {inventory.NameOf(Host) ?? "?"}, resource pool {inventory.NameOf(Pool) ?? "?"}, datastore {string.Join(", ", stores)}";
    }

    public override string ToString() => string.Join(';', Text(Host), Text(Pool), Text(Folder), Text(Home), Text(Disks), Text(Cards));

    /// <summary>From what <see cref="ToString"/> wrote; null for what is none.</summary>
    internal static VmPlace? Parse(string text) => text.Split(';') is [var host, var pool, var folder, var home, var disks, var cards]
        ? new VmPlace(One(host), One(pool), One(folder), One(home), Many(disks), Many(cards))
        : null;

    private static string Text(MoRef? one) => one is { } reference ? reference.ToString() : "";

    private static string Text(ImmutableSortedDictionary<long, MoRef> many) => string.Join(',', many.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Key}={one.Value}")));

    private static MoRef? One(string text) => text.Split(':', 2) is [var type, var value] ? new MoRef(type, value) : null;

    private static ImmutableSortedDictionary<long, MoRef> Many(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(one => one.Split('=', 2)).Where(one => one.Length == 2)
        .ToImmutableSortedDictionary(one => long.Parse(one[0], CultureInfo.InvariantCulture), one => One(one[1]) ?? default);
}
