using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>Capacity.</summary>
internal static class CapacityChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("capacity.cpu.cores", Warns, "CWL", "the target's host has fewer CPUs than the source's", LessThanSource(HostFact.Cpus))
        {
            Core = true,
            Pairs = "any > onprem",
            Why = "The source's other load ran on more; vendors allow it, so it is a warning.",
            Fix = "Choose a bigger host.",
            Source = "B, VM3",
        },
        new("capacity.cpu.vcpu-fit", Impossible, "CWL", "the VM has more CPUs than the target gives one VM", CpuFit.Rule)
        {
            Core = true,
            Why = "Beyond the platform's limit it does not start; beyond the host's CPUs they wait for each other.",
            Fix = "Choose a larger host or type, or give the VM fewer CPUs.",
            Source = "B, AZA",
        },
        new("capacity.cpu.frequency", Warns, "CWL", "the target's clock is slower", LessThanSource(HostFact.Frequency))
        {
            Core = true,
            Pairs = "any > onprem",
            Why = "Single-threaded work takes longer; vendors allow it even for live moves.",
            Fix = "Choose a faster host, or give the VM more CPUs.",
            Source = "B, VM3",
        },
        new("capacity.cpu.utilization", Warns, "CWL", "the target's host would be too busy", HostLoad.Rule)
        {
            Core = true,
            Pairs = "any > onprem",
            Why = "VMs would wait for the CPU.",
            Fix = "Choose another host, or move in smaller waves.",
            Source = "B",
        },
        new("capacity.cpu.overcommit", Warns, "CWL", "the target's host would promise too many virtual CPUs", HostLoad.Ratio)
        {
            Pairs = "any > onprem",
            Why = "They wait for each other when all are busy.",
            Fix = "Spread the VMs over more hosts.",
            Source = "J",
        },
        new("capacity.memory.ram", Impossible, "CWL", "the target's host lacks memory", MemoryTooSmall.Rule)
        {
            Core = true,
            Pairs = "any > onprem",
            Why = "The VM does not start, or the host swaps.",
            Fix = "Make room, or choose another host.",
            Source = "B",
        },
        new("capacity.memory.host", Warns, "CWL", "the target's host has less memory than the source's", LessThanSource(HostFact.Memory))
        {
            Pairs = "any > onprem",
            Why = "The source's other load ran on more.",
            Fix = "Choose a bigger host.",
            Source = "B",
        },
        new("capacity.memory.reservation", Tells, "CWL", "reserved memory is not carried over", Has(VmFact.MemoryReservation))
        {
            Pairs = "VS HV > any",
            Why = "Under pressure its memory may be swapped.",
            Fix = "Reserve it again at the target.",
            Source = "J",
        },
        new("capacity.storage.free", Impossible, "CWL", "the storage pool lacks room", PoolTooSmall.Rule)
        {
            Core = true,
            Why = "The copy runs for hours and then stops for want of space.",
            Fix = "Choose a pool with room, or make room.",
            Source = "FV, HVB",
            At = "target.storagePool",
        },
        new("capacity.storage.slack", Warns, "CWL", "the storage pool would have little room to spare", PoolTooSmall.Slack)
        {
            Why = "Thin disks grow; a full pool pauses every VM in it.",
            Fix = "Choose a pool with more room, or extend it.",
            Source = "FV, HVB",
            At = "target.storagePool",
        },
        new("capacity.storage.hyperv-min", Warns, "CWL", "the Hyper-V volume is smaller than the house's minimum", Under(PoolFact.Capacity, PolicyKeys.HypervMinimum))
        {
            Core = true,
            Pairs = "any > HV",
            Why = "A small volume soon has no room for checkpoints.",
            Fix = "Extend the volume. (House rule; Microsoft names no minimum.)",
            Source = "B",
            At = "target.storagePool",
        },
        new("capacity.storage.iops", Warns, "CWL", "the storage class is too slow for the VM", StorageClass.Rule)
        {
            Core = true,
            Why = "Its disks were busier than the class can serve.",
            Fix = "Map it to SSD or provisioned operations.",
            Source = "B",
            At = "target.storagePool",
        },
        new("capacity.storage.latency", Tells, "CWL", "the storage is slower than what the VM has now", Own("`pool.latency` is above `vm.diskLatency`", [PoolFact.Latency, VmFact.DiskLatency], StorageClass.Latency))
        {
            Why = "Each wait of the guest takes longer.",
            Fix = "Choose a faster class.",
            Source = "J",
            At = "target.storagePool",
        },
        new("capacity.staging.space", Impossible, "CW", "the mover lacks room for temporary files", StagingSpace.Rule)
        {
            Core = true,
            Pairs = "any > KV KU cloud",
            Why = "Conversion stops half-way.",
            Fix = "Free space, or set another folder for temporary files.",
            Source = "V2V, FV",
        },
        new("capacity.staging.cpu-mem", Warns, "CW", "the mover has too few CPUs for its conversions", Exceeds(PlanFact.ParallelConversions, PlanFact.MoverCpus))
        {
            Pairs = "any > KV KU",
            Why = "Conversions slow each other down; each takes a core and 2 GB.",
            Fix = "Convert fewer at a time.",
            Source = "V2V",
        },
        new("capacity.host.health", Stops, "CWL", "the target's host is not in order", NotIn(HostFact.State, "up", "normal", "connected", "ok"))
        {
            Core = true,
            Pairs = "any > onprem",
            Why = "VMs do not start on it, or must leave it soon.",
            Fix = "Choose another host.",
            Source = "FV",
        },
        new("capacity.target.zone", Impossible, "CWL", "the instance type is not offered in the zone", Not(SiteFact.TypeInZone))
        {
            Core = true,
            Pairs = "any > cloud",
            Why = "The cloud refuses the instance.",
            Fix = "Choose another zone or type.",
            Source = "J",
        },
        new("capacity.target.type-network", Impossible, "CWL", "the instance type carries less traffic than the VM has", Exceeds(VmFact.Traffic, SiteFact.TypeBandwidth))
        {
            Pairs = "any > cloud",
            Why = "Its network would be the brake.",
            Fix = "Choose a larger type.",
            Source = "AR, AVL",
        },
        new("capacity.cost.estimate", Warns, "CWL", "the estimated cost is above the budget", Exceeds(PlanFact.MonthlyCost, PlanFact.Budget))
        {
            Pairs = "any > cloud",
            Why = "The bill comes every month.",
            Fix = "Adjust type or storage, or raise the budget.",
            Source = "AZA, J",
        },
        new("capacity.right-size", Tells, "CWL", "the VM uses far less than it has", RightSize.Rule)
        {
            Why = "A smaller size would leave room for others.",
            Fix = "Give it fewer CPUs or less memory after the move; nothing is changed by itself.",
            Source = "AZA, J",
            At = "vm",
        },
    ];
}
