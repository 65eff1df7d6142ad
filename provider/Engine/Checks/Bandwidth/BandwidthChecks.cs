using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Bandwidth;

/// <summary>Bandwidth and time.</summary>
internal static class BandwidthChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("bw.sustained", Stops, "WL", "the link is too slow for the VM's traffic", BandwidthRules.Sustained)
        {
            Core = true,
            Why = "Rounds do not catch up with what changes.",
            Fix = "Use a faster link, or a cold move.",
            Source = "B",
            At = "mode",
        },
        new("bw.nat", Warns, "CWL", "the path through NAT is slow", Own("`link.nat` is true and `link.natRate` is below policy `natRate`", [LinkFact.Nat, LinkFact.NatRate], BandwidthRules.Nat) with { Thresholds = [PolicyKeys.NatRate] })
        {
            Core = true,
            Why = "Everything goes through it. Vendors' floors are lower (vMotion 250 Mbit/s, HCX 100 to 150).",
            Fix = "Use a direct path or VPN.",
            Source = "B",
        },
        new("bw.vmotion-latency", Warns, "L", "the link's round trip is long for a live move", BandwidthRules.LatencyRule)
        {
            Core = true,
            Why = "The guest's pause grows with it. The house asks for 2 ms; VMware supports up to 150 ms.",
            Fix = "Choose a closer host, or a warm move.",
            Source = "B, VM1",
            At = "mode",
        },
        new("bw.vmotion-rate", Stops, "L", "the link is too slow for a live move", Under(LinkFact.LiveRate, PolicyKeys.LiveRate))
        {
            Core = true,
            Pairs = "VS > VS",
            Why = "vMotion asks for 250 Mbit/s each.",
            Fix = "Reserve bandwidth for it.",
            Source = "VM1, VMF",
            At = "mode",
        },
        new("bw.hcx-rate", Stops, "LW", "the link is too slow for HCX", Under(LinkFact.Rate, PolicyKeys.HcxRate))
        {
            Pairs = "VS > VS",
            Why = "HCX asks for 100 Mbit/s (RAV: 150).",
            Fix = "Use a faster link.",
            Source = "HCX1, HCX4",
            At = "mode",
        },
        new("bw.hyperv-rate", Warns, "L", "the network for live moves is slow", Under(LinkFact.Rate, PolicyKeys.HypervLiveRate))
        {
            Pairs = "HV > HV",
            Why = "Microsoft asks for 1 Gbit/s.",
            Fix = "Use another network.",
            Source = "HVB",
            At = "mode",
        },
        new("bw.gcp-rate", Tells, "W", "the link is slow for streaming", Under(LinkFact.Rate, PolicyKeys.StreamRate))
        {
            Pairs = "any > GC",
            Why = "Old streaming tools ask for 20 Mbit/s.",
            Fix = "Use a faster link.",
            Source = "GCR",
            At = "mode",
        },
        new("bw.kubevirt-cap", Tells, "L", "live moves have a bandwidth limit", Has(SiteFact.LiveCap))
        {
            Pairs = "KU > any",
            Why = "They take longer.",
            Fix = "Raise it in the migration policy.",
            Source = "KVU",
            At = "mode",
        },
        new("bw.loss-jitter", Warns, "WL", "the link loses packets", Over(LinkFact.Loss, PolicyKeys.Loss))
        {
            Why = "Throughput falls far below the link's rate.",
            Fix = "Use another path.",
            Source = "J",
        },
        new("bw.mtu-path", Warns, "CWL", "the path's MTU is smaller than the card's", Own("`nic.mtu` is above `link.mtu`", [NicFact.Mtu, LinkFact.Mtu], BandwidthRules.Mtu))
        {
            Why = "Large packets vanish in tunnels.",
            Fix = "Clamp the segment size.",
            Source = "J",
        },
        new("time.estimate", Warns, "CWL", "the move takes longer than the window", BandwidthRules.EstimateRule)
        {
            Core = true,
            Why = "It would run into working hours.",
            Fix = "Copy ahead (goal Replicated), or widen the window.",
            Source = "B, MP, J",
            At = "goal",
        },
        new("time.window", Stops, "CWL", "now is outside the change window", BandwidthRules.WindowRule)
        {
            Core = true,
            Why = "Somebody promised not to change anything now.",
            Fix = "Wait, or waive with the approval as the reason.",
            Source = "B",
            At = "facts",
        },
        new("time.downtime", Stops, "CWL", "the downtime is longer than declared", BandwidthRules.DowntimeRule)
        {
            Why = "Users were promised less.",
            Fix = "Use a warm or live move, or raise plan.maxDowntime.",
            Source = "J",
            At = "mode",
        },
        new("time.rpo", Stops, "W", "rounds are farther apart than the recovery point objective", BandwidthRules.RpoRule)
        {
            Core = true,
            Why = "More data is at risk than promised. Peers' defaults are hours: HCX bulk 2 h, Forklift 1 h.",
            Fix = "Shorten the interval, or use a faster link.",
            Source = "B, HCX3, FD",
            At = "facts",
        },
        new("time.rto", Warns, "CWL", "the way back takes longer than the recovery time objective", Exceeds(PlanFact.RollbackTime, PlanFact.Rto))
        {
            Why = "If it fails, users wait longer than promised.",
            Fix = "Keep the source longer, or speed up the way back.",
            Source = "B, J",
            At = "facts",
        },
        new("time.completion-timeout", Warns, "L", "the live move takes longer than the platform waits", Own("the estimated time is above `site.liveTimeout`", [SiteFact.CompletionTimeout], BandwidthRules.Completion))
        {
            Pairs = "KU > any",
            Why = "KubeVirt gives up.",
            Fix = "Raise its limit.",
            Source = "KVU",
            At = "mode",
        },
        new("time.session-expiry", Stops, "CWL", "a session or certificate ends before the move does", Own("`site.sessionEnds` is before the estimated end", [SiteFact.SessionEnds], BandwidthRules.Session))
        {
            Why = "The run would stop in the middle.",
            Fix = "Use credentials that can be renewed.",
            Source = "J",
            At = "target.site",
        },
        new("time.concurrency", Warns, "CWL", "more moves at once than the platform does", Exceeds(PlanFact.WaveSize, SiteFact.Concurrency))
        {
            Why = "The rest wait or fail.",
            Fix = "Split the wave.",
            Source = "FD, AZV",
        },
    ];
}
