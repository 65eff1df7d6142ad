using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of the way between the two sites.</summary>
public static class LinkFact
{
    private static readonly KeyList Keys = new(FactScope.Link);

    public static FactKey<double> Rate { get; } = Keys.Number("link.rate", Probe, "rate of the link", FactUnit.BytesPerSecond);

    public static FactKey<double> Latency { get; } = Keys.Number("link.latency", Probe, "round-trip time of the link", FactUnit.Seconds);

    public static FactKey<double> Jitter { get; } = Keys.Number("link.jitter", Probe, "jitter of the link", FactUnit.Seconds);

    public static FactKey<double> Loss { get; } = Keys.Number("link.loss", Probe, "packet loss of the link", FactUnit.Percent);

    public static FactKey<bool> Nat { get; } = Keys.Flag("link.nat", Probe, "NAT or proxy on the link");

    public static FactKey<double> NatRate { get; } = Keys.Number("link.natRate", Probe, "rate of the path through NAT", FactUnit.BytesPerSecond);

    public static FactKey<double> Mtu { get; } = Keys.Number("link.mtu", Probe, "path MTU");

    public static FactKey<bool> Encrypted { get; } = Keys.Flag("link.encrypted", Probe, "encrypted copy path");

    public static FactKey<bool> Isolated { get; } = Keys.Flag("link.isolated", Declared, "isolated network");

    public static FactKey<double> LiveRate { get; } = Keys.Number("link.liveRate", Probe, "rate for one live move", FactUnit.BytesPerSecond);

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
