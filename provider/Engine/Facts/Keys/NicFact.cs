using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of one network card.</summary>
public static class NicFact
{
    private static readonly KeyList Keys = new(FactScope.Nic);

    public static FactKey<string> Model { get; } = Keys.Text("nic.model", Platform, "model", nic => ((Nic)nic).Model);

    public static FactKey<bool> Unplugged { get; } = Keys.Flag("nic.unplugged", Platform, "unplugged cable");

    public static FactKey<string> NetworkUnresolved { get; } = Keys.Text("nic.unknownNetwork", Platform, "unknown network");

    public static FactKey<string> Vlan { get; } = Keys.Text("nic.vlan", Platform, "VLAN");

    public static FactKey<bool> Sriov { get; } = Keys.Flag("nic.sriov", Platform, "SR-IOV virtual function", nic => ((Nic)nic).Attachment == "hostdev" ? Fact.Known(true) : default);

    public static FactKey<bool> Teaming { get; } = Keys.Flag("nic.teaming", Platform, "standby card");

    public static FactKey<double> Mtu { get; } = Keys.Number("nic.mtu", Platform, "MTU");

    public static FactKey<string> Qos { get; } = Keys.Text("nic.qos", Platform, "traffic shaping");

    public static FactKey<string> Mirroring { get; } = Keys.Text("nic.mirroring", Platform, "port mirroring or promiscuous mode");

    public static FactKey<string> Filter { get; } = Keys.Text("nic.filter", Platform, "network filter");

    public static FactKey<bool> StaticMac { get; } = Keys.Flag("nic.staticMac", Platform, "fixed hardware address");

    public static FactKey<string> PublicIp { get; } = Keys.Text("nic.publicAddress", Platform, "public address");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
