using System.Net;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Network;

/// <summary>Cards, networks and addresses.</summary>
internal static class NetworkRules
{
    internal static Rule LabelRule { get; } = Rules.Own("a card's network has another name at the target", [], look =>
    {
        // Where the platform is told of each card's new network, labels do not count.
        foreach (var nic in look.Subject.Relocates ? [] : look.Subject.Vm.Nics)
        {
            if (look.Get(nic.Network, "nic.network", out var name) && look.Subject.Placement.Networks.GetValueOrDefault(name) is { } mapped && mapped != name)
            {
                look.Trip($"card {nic.Mac}", $"port group {mapped}", $"the same label: {name}");
            }
        }
    });

    // QEMU's own user-mode network moves along with the memory.
    internal static Rule VdpaRule { get; } = Rules.Own("a card is attached by vDPA", [], look =>
    {
        foreach (var nic in look.Subject.Vm.Nics.Where(nic => nic.Attachment is "vdpa"))
        {
            look.Trip($"card {nic.Mac}", $"a card of kind {nic.Attachment}", "virtio on a network or bridge");
        }
    });

    internal static Rule UuidRule { get; } = Rules.Own("the target is of a platform that gives VMs an identity of its own", [], look =>
    {
        if (look.Get(look.Subject.Vm.Uuid, "vm.uuid", out var uuid) && look.Subject.To.Kind is "aws" or "azure" or "gcp")
        {
            look.Trip(null, $"identity {uuid}", $"none that a {look.Subject.To.Kind} site could keep");
        }
    });

    internal static void Vlan(Look look) => Pair(look, NicFact.Vlan, NetworkFact.Vlan, (here, there) => here != there, (here, there) => ($"VLAN {there}", $"VLAN {here}"));

    internal static void Mtu(Look look) => Pair(look, NicFact.Mtu, NetworkFact.Mtu, (here, there) => here > there, (here, there) => ($"MTU {there}", $"at least {here}"));

    internal static void MacsLeft(Look look)
    {
        foreach (var item in look.Items(FactScope.Network))
        {
            if (look.Get(NetworkFact.MacsLeft, item, out var left) && left < look.Subject.Vm.Nics.Length)
            {
                look.Trip(item.Name, $"{left} free hardware addresses", $"{look.Subject.Vm.Nics.Length}");
            }
        }
    }

    internal static void Known(Look look)
    {
        if (look.Peek(PlanFact.PreserveIps).Or(false) && !look.Peek(GuestFact.Addresses).IsKnown)
        {
            look.Trip(null, "no address that the guest tells", "its addresses, since plan.keepAddresses is declared");
        }
    }

    internal static void Subnet(Look look)
    {
        if (!look.Get(GuestFact.Addresses, out var addresses))
        {
            return;
        }

        var subnets = new List<string>();
        foreach (var item in look.Items(FactScope.Network))
        {
            if (look.Get(NetworkFact.Cidrs, item, out var cidrs))
            {
                subnets.AddRange(cidrs);
            }

            foreach (var used in addresses.Intersect(look.Peek(NetworkFact.UsedIps, item).Or([])))
            {
                look.Trip(item.Name, $"address {used} in use", "a free address");
            }
        }

        foreach (var address in addresses.Where(address => subnets.Count > 0 && !subnets.Exists(subnet => Contains(subnet, address)) && !address.Contains(':', StringComparison.Ordinal)))
        {
            look.Trip(null, $"address {address}", $"one within {string.Join(", ", subnets)}");
        }
    }

    internal static void Reserved(Look look)
    {
        if (!look.Get(GuestFact.Addresses, out var addresses))
        {
            return;
        }

        foreach (var item in look.Items(FactScope.Network))
        {
            if (look.Get(NetworkFact.Reserved, item, out var reserved))
            {
                foreach (var address in addresses.Intersect(reserved))
                {
                    look.Trip(item.Name, $"address {address}", "one that the cloud does not reserve");
                }
            }
        }
    }

    internal static void Sriov(Look look)
    {
        foreach (var item in look.Items(FactScope.Nic))
        {
            if (look.Get(NicFact.Sriov, item, out var on) && on && look.Get(HostFact.FreeVfs, out var free) && free < 1)
            {
                look.Trip(item.Name, "an SR-IOV function here and none free there", "a free one", look.Subject.Mode == "Live" ? Weight.Impossible : null);
            }
        }
    }

    internal static void IommuOff(Look look)
    {
        foreach (var item in look.Items(FactScope.Nic))
        {
            if (look.Get(NicFact.Sriov, item, out var on) && on && look.Get(HostFact.Iommu, out var there) && !there)
            {
                look.Trip(item.Name, "an SR-IOV function here and no IOMMU there", "an IOMMU");
            }
        }
    }

    internal static void Teaming(Look look)
    {
        foreach (var item in look.Items(FactScope.Nic))
        {
            if (look.Get(NicFact.Sriov, item, out var on) && on && look.Get(NicFact.Teaming, item, out var standby) && !standby)
            {
                look.Trip(item.Name, "a passed-through card without a standby", "a failover pair");
            }
        }
    }

    internal static void Domain(Look look)
    {
        if (!look.Get(GuestFact.DomainJoined, out var joined) || !joined)
        {
            return;
        }

        foreach (var item in look.Items(FactScope.Network))
        {
            if (look.Get(NetworkFact.DirectoryRoute, item, out var route) && !route)
            {
                look.Trip(item.Name, "no route to a domain controller", "one");
            }
        }
    }

    /// <summary>Each card's fact against the same of the network that it goes to.</summary>
    private static void Pair<T>(Look look, FactKey<T> ofNic, FactKey<T> ofNetwork, Func<T, T, bool> wrong, Func<string, string, (string Found, string Needed)> words)
    {
        foreach (var item in look.Items(FactScope.Nic))
        {
            var nic = (Nic)item.Holder;
            var mapped = nic.Network.TryGet(out var name) ? look.Subject.Placement.Networks.GetValueOrDefault(name) : null;
            if (look.Items(FactScope.Network).FirstOrDefault(network => ((Facts.Network)network.Holder).Name == mapped) is { } there
                && look.Get(ofNic, item, out var here) && look.Get(ofNetwork, there, out var value) && wrong(here, value))
            {
                var (found, needed) = words(ofNic.Print(here), ofNic.Print(value));
                look.Trip(item.Name, $"{found} ({there.Name})", needed);
            }
        }
    }

    private static bool Contains(string subnet, string address) =>
        IPNetwork.TryParse(subnet, out var network) && IPAddress.TryParse(address, out var ip) && network.Contains(ip);
}
