using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>Where exactly a VM goes at its target.</summary>
/// <param name="Why">How host and pool were chosen, for preview.</param>
public sealed record Placement(
    string? Host, string Pool, string Name, ImmutableDictionary<string, string> Networks, string Why)
{
    /// <summary>The network that every host of a platform has by itself (QEMU's user-mode network).</summary>
    public const string UserNetwork = "user";

    /// <summary>Chooses what was not declared. Pure; what cannot be chosen is a finding.</summary>
    /// <param name="ofHost">What others have been promised of a host.</param>
    /// <param name="ofPool">What others have been promised of a pool, in bytes.</param>
    public static (Placement Placement, ImmutableArray<Finding> Findings) Choose(
        MigrationSpec spec, Vm vm, VmLoad load, SiteFacts to, Policy policy, Func<string, Reserved> ofHost, Func<string, long> ofPool)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var target = PropertyPath.Of("target");
        var why = new List<string>();

        var host = ChooseHost(spec, vm, load, to, policy, ofHost, target, findings, why);
        var pool = ChoosePool(spec, vm, load, to, policy, ofPool, target, findings, why);
        var networks = MapNetworks(spec, vm, to, target, findings);
        return (new Placement(host, pool, spec.TargetName(vm.Name), networks, string.Join("; ", why)), findings.ToImmutable());
    }

    private static string? ChooseHost(
        MigrationSpec spec, Vm vm, VmLoad load, SiteFacts to, Policy policy, Func<string, Reserved> ofHost,
        PropertyPath target, ImmutableArray<Finding>.Builder findings, List<string> why)
    {
        if (spec.Target.Host is { } declared)
        {
            if (!to.Hosts.IsEmpty && !to.Hosts.Any(host => host.Name == declared))
            {
                findings.Add(Finding.Error(
                    "map.host.exists",
                    target.Child("host"),
                    $"Site \"{to.Site}\" has no host \"{declared}\".{NearestName.Question(declared, to.Hosts.Select(host => host.Name))}"
                    + $" It has: {Names(to.Hosts.Select(host => host.Name))}. Name one of them, or leave target.host out."));
            }

            return declared;
        }

        if (to.Hosts.Length <= 1)
        {
            return to.Hosts.IsEmpty ? null : to.Hosts[0].Name;
        }

        // Packed: the fullest host that still has room keeps the others whole for larger VMs.
        var fits = to.Hosts.Select(host => HostFit.Of(host, vm, load, policy, ofHost(host.Name))).OrderByDescending(fit => fit.Fullness).ThenBy(fit => fit.Host.Name, StringComparer.Ordinal).ToList();
        if (fits.Find(fit => fit.Against is null) is { } best)
        {
            why.Add($"host {best.Host.Name} is the fullest of {fits.Count(fit => fit.Against is null)} with room ({best.Words}){HostFit.Others(fits)}");
            return best.Host.Name;
        }

        // None has room: the one with most of it, so that the checks say what is missing there.
        var last = to.Hosts.OrderByDescending(host => host.FreeMemoryBytes.Or(0) - ofHost(host.Name).MemoryBytes).ThenBy(host => host.Name, StringComparer.Ordinal).First();
        why.Add($"host {last.Name} has most free memory, though none of {to.Hosts.Length} has room{HostFit.Others(fits)}");
        return last.Name;
    }

    private static string ChoosePool(
        MigrationSpec spec, Vm vm, VmLoad load, SiteFacts to, Policy policy, Func<string, long> ofPool,
        PropertyPath target, ImmutableArray<Finding>.Builder findings, List<string> why)
    {
        var at = target.Child("storagePool");
        var all = Names(to.Pools.Select(pool => pool.Name));
        if (spec.Target.StoragePool is { } declared)
        {
            var found = to.Pools.FirstOrDefault(pool => pool.Name == declared);
            if (found is null)
            {
                findings.Add(Finding.Error(
                    "map.storage.exists",
                    at,
                    $"Site \"{to.Site}\" has no storage pool \"{declared}\".{NearestName.Question(declared, to.Pools.Select(pool => pool.Name))}"
                    + $" It has: {all}. Name one of them, or make the pool first."));
            }
            else if (!found.Active)
            {
                findings.Add(Finding.Error(
                    "map.storage.exists", at, $"Storage pool \"{declared}\" at site \"{to.Site}\" is not active. Start it, or name another: {all}."));
            }

            return declared;
        }

        var needed = load.StorageBytes + (long)(load.LengthBytes * policy.Of(PolicyKeys.StorageSlack) / 100);
        var busy = load.Iops > policy.Of(PolicyKeys.HighIops);
        var active = to.Pools.Where(pool => pool.Active)
            .Select(pool => (Pool: pool, Left: pool.FreeBytes.Or(0) - ofPool(pool.Name), Class: ClassOf(pool, busy)))
            .OrderByDescending(one => one.Left >= needed).ThenBy(one => one.Class).ThenByDescending(one => one.Left).ThenBy(one => one.Pool.Name, StringComparer.Ordinal).ToList();
        if (active.Count == 0)
        {
            findings.Add(Finding.Error(
                "map.storage.complete", at, $"Site \"{to.Site}\" has no active storage pool for the {vm.Disks.Length} disks of {vm.Name}. Make one or start one."));
            return "";
        }

        var (best, left, _) = active[0];
        if (active.Count > 1)
        {
            why.Add($"storage pool {best.Name} has {Human.Bytes(Math.Max(0, left))} free after all migrations so far, {(busy ? $"and is fast enough for {load.Iops:0} operations a second, " : "")}of {active.Count} pools");
        }

        return best.Name;
    }

    /// <summary>How well the media suit: a busy VM needs fast ones, and a quiet one should leave them to others. 0 is best.</summary>
    private static int ClassOf(StoragePool pool, bool busy) =>
        !PoolFact.Media.Of(pool).TryGet(out var media) ? 1 : (media is "ssd" or "nvme" or "provisioned") == busy ? 0 : 2;

    private static ImmutableDictionary<string, string> MapNetworks(
        MigrationSpec spec, Vm vm, SiteFacts to, PropertyPath target, ImmutableArray<Finding>.Builder findings)
    {
        var map = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var at = target.Child("networks");
        foreach (var (from, toName) in spec.Target.Networks.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (toName == UserNetwork)
            {
                continue;
            }

            var found = to.Networks.FirstOrDefault(network => network.Name == toName);
            if (found is null)
            {
                findings.Add(Finding.Error(
                    "map.network.exists",
                    at.Key(from),
                    $"Site \"{to.Site}\" has no network \"{toName}\".{NearestName.Question(toName, to.Networks.Select(network => network.Name))}"
                    + $" It has: {Names(to.Networks.Select(network => network.Name))}."));
            }
            else if (!found.Active)
            {
                findings.Add(Finding.Error(
                    "map.network.exists", at.Key(from), $"Network \"{toName}\" at site \"{to.Site}\" is not active: the VM could not start there. Start the network, or name another."));
            }
        }

        foreach (var name in vm.Nics.Select(nic => nic.Network).Where(network => network.IsKnown).Select(network => network.Value).Distinct(StringComparer.Ordinal))
        {
            if (spec.Target.Networks.TryGetValue(name, out var mapped))
            {
                map[name] = mapped;
            }
            else if (name == UserNetwork || to.Networks.Any(network => network.Name == name && network.Active))
            {
                map[name] = name;
            }
            else
            {
                findings.Add(Finding.Error(
                    "map.network.complete",
                    at,
                    $"{vm.Name} is on network \"{name}\", which has no entry here and no active network of the same name at site \"{to.Site}\": "
                    + $"the VM would start without it. Add \"{name}\" with one of: {Names(to.Networks.Where(network => network.Active).Select(network => network.Name))}."));
            }
        }

        foreach (var unused in spec.Target.Networks.Keys.Where(key => !vm.Nics.Any(nic => nic.Network.Or("") == key)).Order(StringComparer.Ordinal))
        {
            findings.Add(Finding.Warning(
                "map.network.unused", at.Key(unused), $"{vm.Name} has no card on network \"{unused}\", so this entry does nothing."
                + $" Its networks: {Names(vm.Nics.Select(nic => nic.Network.Or("?")))}."));
        }

        return map.ToImmutable();
    }

    internal static string Names(IEnumerable<string> names)
    {
        var list = names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return list.Count == 0 ? "(none)" : string.Join(", ", list.Take(12).Select(name => $"\"{name}\"")) + (list.Count > 12 ? $" and {list.Count - 12} more" : "");
    }
}
