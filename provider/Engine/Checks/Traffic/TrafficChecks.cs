using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Traffic;

/// <summary>DNS, load balancers, certificates.</summary>
internal static class TrafficChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("dns.record", Warns, "CWL", "DNS records point to the old address", Has(PlanFact.DnsRecords))
        {
            Core = true,
            Why = "Clients go to a VM that is off.",
            Fix = "Update them with the cutover.",
            Source = "B, J",
            At = "facts",
        },
        new("dns.ttl", Warns, "CWL", "DNS records live long", Over(PlanFact.DnsTtl, PolicyKeys.DnsTtl))
        {
            Core = true,
            Why = "Clients keep the old address so long.",
            Fix = "Lower it some hours ahead.",
            Source = "J",
            At = "facts",
        },
        new("dns.resolver", Stops, "CW", "the guest's DNS servers are out of reach from the target", Has(PlanFact.Resolvers))
        {
            Why = "It resolves no name.",
            Fix = "Set others.",
            Source = "MGN, J",
            At = "facts",
        },
        new("dns.dynamic-update", Tells, "CW", "the guest may not update its DNS record", Not(PlanFact.DynamicDns).When(Windows))
        {
            Why = "It keeps the old address.",
            Fix = "Allow it, or change the record yourself.",
            Source = "J",
            At = "facts",
        },
        new("dns.split", Warns, "CW", "DNS zones are missing at the target", Has(PlanFact.MissingZones))
        {
            Pairs = "any > cloud",
            Why = "Names of the inside do not resolve.",
            Fix = "Link the zones.",
            Source = "J",
            At = "facts",
        },
        new("lb.member", Warns, "CWL", "the VM is behind a load balancer", Has(VmFact.LoadBalancers))
        {
            Core = true,
            Why = "It sends requests to a VM that goes down.",
            Fix = "Drain it first, and add it again after the move.",
            Source = "B",
            At = "vm",
        },
        new("lb.health", Warns, "CWL", "the load balancer is slow to see that a member is down", TrafficRules.HealthRule)
        {
            Core = true,
            Why = "Requests fail until then: 30 s × 5 failures = 150 s.",
            Fix = "Set interval and threshold.",
            Source = "B",
            At = "facts",
        },
        new("lb.capacity-drain", Warns, "CWL", "the remaining members would be too busy", Over(PlanFact.MemberLoad, PolicyKeys.MemberLoad))
        {
            Why = "They must carry the load meanwhile.",
            Fix = "Add a member.",
            Source = "B",
            At = "facts",
        },
        new("lb.source-ip", Warns, "CW", "clients' addresses would be hidden", Is(PlanFact.SourceIpHidden))
        {
            Pairs = "any > cloud",
            Why = "Filters and logs go by them.",
            Fix = "Use the proxy protocol.",
            Source = "J",
            At = "facts",
        },
        new("lb.stickiness", Tells, "CWL", "sessions are pinned to the VM", Is(PlanFact.Sticky))
        {
            Why = "They end with the cutover.",
            Fix = "Wait for the drain timer.",
            Source = "J",
            At = "facts",
        },
        new("cert.valid", Warns, "CWL", "certificates end soon", Ends(PlanFact.CertificateEnds, PolicyKeys.CertificateDays))
        {
            Core = true,
            Why = "They end soon after the move, and the move gets the blame.",
            Fix = "Renew them.",
            Source = "B, J",
            At = "facts",
        },
        new("cert.names", Warns, "CWL", "certificates do not cover the new names", Has(PlanFact.CertificateNames))
        {
            Why = "Clients refuse them.",
            Fix = "Renew them with these names.",
            Source = "B, J",
            At = "facts",
        },
        new("cert.ip-san", Stops, "CW", "certificates name addresses that change", TrafficRules.SanRule)
        {
            Why = "Health checks over HTTPS refuse them.",
            Fix = "Issue them anew.",
            Source = "J",
            At = "facts",
        },
        new("cert.mtls-peers", Warns, "CWL", "peers pin the old certificate or address", Has(PlanFact.MtlsPeers))
        {
            Why = "They refuse the connection.",
            Fix = "Update them.",
            Source = "J",
            At = "facts",
        },
        new("slo.after", Stops, "CWL", "an automatic way back has nothing to go by", TrafficRules.SloRule)
        {
            Core = true,
            Why = "It could neither see a failure nor a success.",
            Fix = "Declare plan.metricSource, or probes in verify.probes.",
            Source = "B",
            At = "facts",
        },
    ];
}
