using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Network;

/// <summary>Network and identity.</summary>
internal static class NetworkChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("net.vlan.parity", Stops, "CWL", "a card goes to another VLAN", Own("`nic.vlan` differs from the mapped network's `network.vlan`", [NicFact.Vlan, NetworkFact.Vlan], NetworkRules.Vlan))
        {
            Core = true,
            Pairs = "onprem > onprem",
            Why = "It would be in another segment. VMware asks for the same label and subnet, not the same id.",
            Fix = "Trunk the VLAN, or waive where the mapping is meant.",
            Source = "B, VM1",
            At = "target.networks",
        },
        new("net.vlan.guest-tagging", Warns, "CWL", "the guest tags VLANs itself", Has(GuestFact.GuestVlans))
        {
            Pairs = "VS KV > any",
            Why = "The target's port must be a trunk; clouds have none.",
            Fix = "Trunk the VLANs at the target.",
            Source = "OSAM",
            At = "target.networks",
        },
        new("net.mac.unique", Impossible, "CWL", "a hardware address is in use at the target", MacInUse.Rule)
        {
            Core = true,
            Pairs = "any > KV VS HV KU OS",
            Why = "Two machines would share an address and neither would work reliably.",
            Fix = "Give one of them another address.",
            Source = "B, FV",
        },
        new("net.mac.preserve", Warns, "CWL", "hardware addresses change", Has(VmFact.Nics))
        {
            Pairs = "any > cloud",
            Why = "Licences and DHCP reservations by address must move.",
            Fix = "Issue them anew for the new address.",
            Source = "HCX3, MGN, J",
            At = "vm",
        },
        new("net.mac.pool-exhausted", Stops, "CWL", "the pool of hardware addresses is empty", Own("`network.freeMacs` is below the VM's cards", [NetworkFact.MacsLeft], NetworkRules.MacsLeft))
        {
            Pairs = "any > HV KU",
            Why = "The VM would not start.",
            Fix = "Extend the range.",
            Source = "HVB",
            At = "target.networks",
        },
        new("net.ip.known", Stops, "CWL", "the guest's addresses are not known", Own("`plan.keepAddresses` is declared and the guest tells no address", [PlanFact.PreserveIps, GuestFact.Addresses], NetworkRules.Known))
        {
            Core = true,
            Why = "What is not known cannot be kept.",
            Fix = "Start the VM and its guest agent.",
            Source = "FL, FV",
            At = "vm",
        },
        new("net.ip.subnet", Impossible, "CWL", "a kept address does not fit the target's subnet", Own("an address of `guest.addresses` is outside `network.subnets`, or in `network.usedAddresses`", [GuestFact.Addresses, NetworkFact.Cidrs, NetworkFact.UsedIps], NetworkRules.Subnet).When(IfDeclared(PlanFact.PreserveIps)))
        {
            Core = true,
            Why = "It would not be reachable, or collide.",
            Fix = "Map to a network with that subnet, or give the guest another address.",
            Source = "FV, J",
            At = "target.networks",
        },
        new("net.ip.static-in-guest", Warns, "CW", "the guest has static addresses where DHCP gives them", Has(GuestFact.StaticAddresses))
        {
            Core = true,
            Pairs = "any > cloud KU",
            Why = "It would keep an address that does not exist there.",
            Fix = "Switch it to DHCP, or configure each card after the move.",
            Source = "AVI, AZP, GCA, FV",
            At = "vm",
        },
        new("net.ip.reserved", Impossible, "CWL", "a kept address is reserved by the cloud", Own("an address of `guest.addresses` is in `network.reservedAddresses`", [GuestFact.Addresses, NetworkFact.Reserved], NetworkRules.Reserved).When(IfDeclared(PlanFact.PreserveIps)))
        {
            Pairs = "any > cloud",
            Why = "The cloud refuses it.",
            Fix = "Choose another address.",
            Source = "J",
            At = "target.networks",
        },
        new("net.ip.v6", Warns, "CWL", "IPv6 addresses are not carried over", Has(GuestFact.Ipv6))
        {
            Pairs = "any > AZ AW",
            Why = "Clients by IPv6 would not find it.",
            Fix = "Add them after the move.",
            Source = "AZV, AZH, AVI",
            At = "vm",
        },
        new("net.ip.public", Warns, "CWL", "a public address does not move", Has(NicFact.PublicIp))
        {
            Core = true,
            Pairs = "OS AW AZ GC > any",
            Why = "Clients by that address would not find it.",
            Fix = "Allocate a new one, and lower the DNS time to live first.",
            Source = "FL, AVI",
            At = "vm",
        },
        new("net.ip.virtual", Stops, "CWL", "virtual addresses need a common segment", Has(GuestFact.VirtualIps))
        {
            Pairs = "any > cloud",
            Why = "Clouds carry neither VRRP nor multicast.",
            Fix = "Use the cloud's load balancer or secondary addresses.",
            Source = "J",
            At = "vm",
        },
        new("net.nic.count", Impossible, "CWL", "the VM has more cards than the target takes", Exceeds(VmFact.Nics, SiteFact.MaxNics))
        {
            Core = true,
            Why = "The platform refuses the VM.",
            Fix = "Choose a larger type, or remove cards.",
            Source = "AR, AZV",
            At = "vm",
        },
        new("net.nic.model", Warns, "CWL", "the target does not offer a card's model", Outside(NicFact.Model, HostFact.NicModels))
        {
            Core = true,
            Why = "The card gets another model, for which the guest needs the driver.",
            Fix = "Install the driver before the move.",
            Source = "FL",
            At = "vm",
        },
        new("net.nic.unplugged", Tells, "CWL", "a card's cable is unplugged", Is(NicFact.Unplugged))
        {
            Why = "It stays so at the target.",
            Fix = "Nothing needs to be done.",
            Source = "FL",
            At = "vm",
        },
        new("net.nic.bonding", Warns, "CW", "the guest bonds cards", Has(GuestFact.Bonds))
        {
            Pairs = "any > cloud",
            Why = "Clouds give one path and refuse bonds.",
            Fix = "Use a single card.",
            Source = "AZV, AZH",
            At = "vm",
        },
        new("net.nic.naming", Warns, "CW", "card names are bound to hardware addresses", Is(GuestFact.PersistentNames).When(Linux))
        {
            Why = "A renamed card comes up without its configuration.",
            Fix = "Remove the udev rules.",
            Source = "AZP, GCA, FDOC-467",
            At = "vm",
        },
        new("net.nic.unresolved", Stops, "CWL", "a card's network is not in the inventory", Has(NicFact.NetworkUnresolved))
        {
            Core = true,
            Pairs = "HV VS KV > any",
            Why = "Nobody can say where it should go.",
            Fix = "Mend the inventory, or map it.",
            Source = "FL",
            At = "vm",
        },
        new("net.nic.offload-sriov", Stops, "CWL", "the target has no free SR-IOV function", Own("`nic.sriov` is true and `host.freeVirtualFunctions` is 0", [NicFact.Sriov, HostFact.FreeVfs], NetworkRules.Sriov))
        {
            Core = true,
            Pairs = "VS HV KV OV > any",
            Why = "The VM would start without that card; a live move is impossible without a standby card.",
            Fix = "Map it to an SR-IOV network, or give it a virtio card.",
            Source = "B, FL, LV",
            At = "vm",
        },
        new("net.nic.mtu", Warns, "CWL", "the target's MTU is smaller", Own("`nic.mtu` is above `network.mtu`", [NicFact.Mtu, NetworkFact.Mtu], NetworkRules.Mtu))
        {
            Why = "Large packets would be dropped.",
            Fix = "Set the MTU on one side.",
            Source = "J",
            At = "target.networks",
        },
        new("net.nic.qos", Warns, "CWL", "traffic shaping is dropped", Has(NicFact.Qos).When(PlatformsDiffer))
        {
            Pairs = "OV VS HV KV > any",
            Why = "The card may take more than before.",
            Fix = "Set it again at the target.",
            Source = "FL",
            At = "vm",
        },
        new("net.nic.mirroring", Warns, "CWL", "port mirroring or promiscuous mode is dropped", Has(NicFact.Mirroring))
        {
            Pairs = "OV VS HV > any",
            Why = "Monitors and appliances see nothing.",
            Fix = "Set it again at the target; clouds need another design.",
            Source = "FL",
            At = "vm",
        },
        new("net.nic.filter", Warns, "CWL", "a network filter is dropped", Has(NicFact.Filter).When(PlatformsDiffer))
        {
            Pairs = "OV KV > any",
            Why = "The card is open to what the filter kept out.",
            Fix = "Set it again at the target.",
            Source = "FL",
            At = "vm",
        },
        new("net.nic.hotplug-teaming", Tells, "L", "a passed-through card has no standby", Own("`nic.sriov` is true and `nic.teaming` is false", [NicFact.Sriov, NicFact.Teaming], NetworkRules.Teaming))
        {
            Pairs = "KV > any",
            Why = "With a virtio standby card it could move live.",
            Fix = "Configure a failover pair.",
            Source = "LV",
            At = "vm",
        },
        new("net.security.rules", Warns, "CWL", "firewall rules have no twin at the target", Has(VmFact.SecurityRules))
        {
            Why = "What they allowed or kept out changes.",
            Fix = "Write them again at the target.",
            Source = "HCX2, J",
            At = "target.networks",
        },
        new("net.segment.identity", Stops, "L", "the sites do not see the same segment", Not(NetworkFact.Stretched).When(IfDeclared(PlanFact.PreserveIps)))
        {
            Pairs = "VS > VS cloud",
            Why = "The kept address would be unreachable.",
            Fix = "Stretch the segment, or change the address.",
            Source = "HCX, VM1",
            At = "target.networks",
        },
        new("net.vmotion.port-label", Stops, "L", "no network with the same label at the target", NetworkRules.LabelRule)
        {
            Pairs = "VS > VS",
            Why = "vMotion goes by the label.",
            Fix = "Make a port group with that label.",
            Source = "VM1",
            At = "target.networks",
        },
        new("net.live.bridge-binding", Stops, "L", "a card is bridged to the pod network", Is(NetworkFact.BridgeBinding))
        {
            Pairs = "KU > any",
            Why = "KubeVirt refuses to move it live.",
            Fix = "Use masquerade.",
            Source = "KVU",
            At = "vm",
        },
        new("net.live.port-clash", Stops, "L", "the VM exposes ports that live moves need", Has(SiteFact.PortClash))
        {
            Pairs = "KU > any",
            Why = "49152 and 49153 carry the move.",
            Fix = "Change the exposed ports.",
            Source = "KVU",
            At = "vm",
        },
        new("net.vdpa-slirp", Stops, "L", "a card of a kind that cannot move live", NetworkRules.VdpaRule)
        {
            Pairs = "KV > any",
            Why = "The hypervisor refuses it.",
            Fix = "Use virtio.",
            Source = "LV",
            At = "vm",
        },
        new("net.ipfamily.mgmt", Stops, "L", "the hosts' management networks speak different IP versions", DiffersFromSource(HostFact.ManagementFamily))
        {
            Pairs = "VS > VS",
            Why = "vMotion refuses that.",
            Fix = "Align them.",
            Source = "VM2",
        },
        new("id.hostname", Warns, "CWL", "the guest has no host name of its own", In(GuestFact.Hostname, "localhost", "localhost.localdomain", ""))
        {
            Core = true,
            Why = "It would take another from DHCP at the target.",
            Fix = "Set it in the guest.",
            Source = "FL",
            At = "vm",
        },
        new("id.uuid.collision", Impossible, "CWL", "another VM at the target has the same identity", Naming.TargetNameTaken.Uuid)
        {
            Why = "Two VMs with one identity confuse backups, licences and us.",
            Fix = "Remove the older copy, or give it another identity.",
            Source = "J",
        },
        new("id.machine-id", Warns, "CWL", "a test clone has the identity of the original", Is(PlanFact.TestClone).When(IfDeclared(PlanFact.TestClone)))
        {
            Why = "Two of the same would be on line.",
            Fix = "Isolate its network.",
            Source = "VMC, DC",
        },
        new("id.domain-join", Warns, "CW", "a domain member has no route to a domain controller", Own("`guest.domainJoined` is true and `network.directoryRoute` is false", [GuestFact.DomainJoined, NetworkFact.DirectoryRoute], NetworkRules.Domain))
        {
            Why = "Nobody could log on.",
            Fix = "Add a site and subnet for it.",
            Source = "MGN",
            At = "target.networks",
        },
        new("id.cloud-metadata", Stops, "CWL", "the guest uses its cloud's metadata service", Is(VmFact.CloudMetadata))
        {
            Pairs = "AW AZ GC > any",
            Why = "Credentials and configuration would not come any more.",
            Fix = "Use a secret store instead.",
            Source = "J",
            At = "vm",
        },
        new("id.cloud-init", Warns, "CW", "cloud-init or sysprep may run again", Is(GuestFact.CloudInit))
        {
            Pairs = "any > AW AZ GC KU",
            Why = "It may reset users and network.",
            Fix = "Switch it off, or set its data source.",
            Source = "J",
            At = "vm",
        },
        new("id.smbios-uuid", Tells, "CWL", "the VM's identity changes", NetworkRules.UuidRule)
        {
            Why = "Licences and agents may go by it.",
            Fix = "Set the UUID at the target.",
            Source = "J",
            At = "vm",
        },
    ];
}
