using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Scheduling;

/// <summary>HA, affinity, scheduling.</summary>
internal static class SchedulingChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("sched.ha", Warns, "CWL", "high availability is not carried over", Is(VmFact.Ha))
        {
            Core = true,
            Pairs = "VS OV HV > any",
            Why = "If its host fails nobody starts it.",
            Fix = "Set it at the target.",
            Source = "FL",
            At = "vm",
        },
        new("sched.ha-reservation", Warns, "CWL", "the cluster's reserve for failover is not carried over", Has(VmFact.HaReservation))
        {
            Pairs = "OV VS > any",
            Why = "The target may be too full to restart it.",
            Fix = "Plan the reserve again.",
            Source = "FL",
            At = "vm",
        },
        new("sched.cluster-role", Warns, "CWL", "the VM is a role of a failover cluster", Is(VmFact.ClusterRole))
        {
            Pairs = "HV > any",
            Why = "At the target it is not protected.",
            Fix = "Register it there.",
            Source = "FL",
            At = "vm",
        },
        new("sched.cluster-remove", Stops, "L", "a clustered VM must leave its cluster first", Is(VmFact.ClusterRole))
        {
            Pairs = "HV > HV",
            Why = "Hyper-V refuses the move.",
            Fix = "Remove the role.",
            Source = "J",
            At = "vm",
        },
        new("sched.ft", Impossible, "CWL", "fault tolerance is on", Own("`vm.ft` is true (cold: a note)", [VmFact.Ft], SchedulingRules.Ft))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "Its pair runs in lockstep and cannot move live.",
            Fix = "Switch it off.",
            Source = "FL",
            At = "vm",
        },
        new("sched.drs", Tells, "CWL", "automatic placement is not carried over", Is(VmFact.Drs))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "Nobody balances it at the target.",
            Fix = "Set up what the target has for it.",
            Source = "FL",
            At = "vm",
        },
        new("sched.drs-moves", Warns, "W", "the VM may be moved during the copy", Is(VmFact.Drs))
        {
            Pairs = "VS > any",
            Why = "A round that was begun on one host fails.",
            Fix = "Set it to manual for the window.",
            Source = "J",
            At = "vm",
        },
        new("sched.host-affinity", Warns, "CWL", "a rule that ties it to hosts is dropped", Has(VmFact.HostAffinity))
        {
            Core = true,
            Pairs = "VS OV KV > any",
            Why = "Licences and latency may go by it.",
            Fix = "Set it again at the target.",
            Source = "FL",
            At = "vm",
        },
        new("sched.vm-affinity", Warns, "CWL", "VMs that were kept apart may share a host", SchedulingRules.ApartRule)
        {
            Pairs = "VS KV AW AZ > any",
            Why = "One failure would take both.",
            Fix = "Name different hosts, or set a rule at the target.",
            Source = "J",
            At = "vm",
        },
        new("sched.zone-redundancy", Warns, "CWL", "replicas would be in one zone", Has(PlanFact.SameZone))
        {
            Pairs = "any > cloud KU",
            Why = "One failure would take all.",
            Fix = "Set another zone.",
            Source = "J",
        },
        new("sched.node-selector", Impossible, "CWL", "no node fits", Own("`site.nodesThatFit` is 0", [SiteFact.NodesThatFit], SchedulingRules.Nodes))
        {
            Core = true,
            Pairs = "any > KU",
            Why = "The VM would stay pending.",
            Fix = "Change the selector, labels or taints.",
            Source = "FD",
        },
        new("sched.pdb-evict", Warns, "L", "eviction is blocked", Is(SiteFact.EvictionBlocked))
        {
            Pairs = "KU = same",
            Why = "The live move waits for ever.",
            Fix = "Set the strategy to LiveMigrate.",
            Source = "KVU",
            At = "vm",
        },
        new("sched.live-parallel", Tells, "L", "more live moves than the platform does at a time", Exceeds(PlanFact.WaveSize, SiteFact.LiveParallel))
        {
            Pairs = "KU VS HV > any",
            Why = "The rest wait.",
            Fix = "Make the wave smaller.",
            Source = "KVU, HVB, VM1",
        },
        new("sched.live-enabled", Stops, "L", "live migration is off at the host", Not(HostFact.LiveEnabled))
        {
            Core = true,
            Pairs = "HV > HV",
            Why = "Hyper-V refuses it.",
            Fix = "Enable it, with Kerberos delegation or CredSSP.",
            Source = "HV1",
        },
        new("sched.domain-trust", Stops, "L", "the hosts are in different domains", DiffersFromSource(HostFact.AdDomain))
        {
            Pairs = "HV > HV",
            Why = "Hyper-V refuses it without trust.",
            Fix = "Join them, or use a cold move.",
            Source = "HV1",
        },
        new("sched.boot-order", Warns, "CWL", "VMs would start before what they need", Has(PlanFact.StartBefore))
        {
            Why = "Their services fail at start.",
            Fix = "Let the later ones depend on the earlier ones.",
            Source = "J",
        },
        new("sched.autostart", Tells, "CWL", "the VM starts with its host", Is(VmFact.Autostart))
        {
            Why = "During the move this is off at the source, and the target starts it with its host.",
            Fix = "Nothing needs to be done.",
            Source = "J",
            At = "vm",
        },
        new("sched.custom-props", Tells, "CWL", "tags and custom properties are not carried over", Has(VmFact.Tags))
        {
            Pairs = "OV VS HV > any",
            Why = "What goes by them will miss the VM.",
            Fix = "Write them again at the target.",
            Source = "FL, HCX",
            At = "vm",
        },
    ];
}
