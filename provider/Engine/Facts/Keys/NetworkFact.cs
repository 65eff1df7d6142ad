using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of a network at the target.</summary>
public static class NetworkFact
{
    private static readonly KeyList Keys = new(FactScope.Network);

    public static FactKey<string> Vlan { get; } = Keys.Text("network.vlan", Platform, "VLAN");

    public static FactKey<bool> Trunk { get; } = Keys.Flag("network.trunk", Platform, "VLAN trunk");

    public static FactKey<ImmutableArray<string>> Cidrs { get; } = Keys.List("network.subnets", Platform, "subnets");

    public static FactKey<bool> DhcpOnly { get; } = Keys.Flag("network.dhcpOnly", Platform, "addresses by DHCP only");

    public static FactKey<double> FreeIps { get; } = Keys.Number("network.freeAddresses", Platform, "free addresses");

    public static FactKey<ImmutableArray<string>> UsedIps { get; } = Keys.List("network.usedAddresses", Platform, "used addresses");

    public static FactKey<ImmutableArray<string>> Reserved { get; } = Keys.List("network.reservedAddresses", Platform, "reserved addresses");

    public static FactKey<bool> Ipv6 { get; } = Keys.Flag("network.ipv6", Platform, "IPv6");

    public static FactKey<double> Mtu { get; } = Keys.Number("network.mtu", Platform, "MTU");

    public static FactKey<double> MacsLeft { get; } = Keys.Number("network.freeMacs", Platform, "free hardware addresses");

    public static FactKey<bool> Stretched { get; } = Keys.Flag("network.stretched", Platform, "segment that both sites see");

    public static FactKey<bool> DirectoryRoute { get; } = Keys.Flag("network.directoryRoute", Probe, "route to a domain controller");

    public static FactKey<bool> SriovNetwork { get; } = Keys.Flag("network.sriov", Platform, "SR-IOV");

    public static FactKey<bool> BridgeBinding { get; } = Keys.Flag("network.bridgeBinding", Platform, "bridge binding");

    public static FactKey<bool> PodNetwork { get; } = Keys.Flag("network.pod", Platform, "pod network");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
