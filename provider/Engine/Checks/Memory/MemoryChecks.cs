using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Memory;

/// <summary>Memory.</summary>
internal static class MemoryChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("memory.size-limit", Impossible, "CWL", "the VM has more memory than the target gives one VM", Capacity.MemoryTooSmall.Limit)
        {
            Why = "The platform refuses the VM.",
            Fix = "Choose a larger host or type.",
            Source = "B, AZA",
        },
        new("memory.hugepages", Stops, "CWL", "the target's host lacks huge pages", Exceeds(VmFact.Hugepages, HostFact.Hugepages))
        {
            Core = true,
            Pairs = "KV KU > KV KU",
            Why = "The VM does not start.",
            Fix = "Reserve huge pages at the host, or drop them from the VM.",
            Source = "KVU, J",
        },
        new("memory.numa", Warns, "CWL", "the NUMA layout is not carried over", Has(VmFact.Numa))
        {
            Core = true,
            Pairs = "VS KV OV OS > any",
            Why = "Memory may lie farther from its CPUs.",
            Fix = "Set it again at the target.",
            Source = "FL",
        },
        new("memory.balloon", Tells, "CWL", "dynamic memory becomes fixed", Is(VmFact.Balloon).When(PlatformsDiffer))
        {
            Core = true,
            Pairs = "OV HV VS KV > any",
            Why = "It takes its full size from the start.",
            Fix = "Set the memory range again at the target.",
            Source = "FL, HVB",
        },
        new("memory.ksm", Warns, "CWL", "shared pages will take memory of their own", HasAtSource(HostFact.SharedPages))
        {
            Pairs = "OV KV > any",
            Why = "At the target the VM takes more than it seems to take here.",
            Fix = "Size the target for the full memory.",
            Source = "FL",
        },
        new("memory.hotplug", Warns, "CWL", "hot-add of memory is not carried over", Is(VmFact.MemoryHotplug).When(PlatformsDiffer))
        {
            Pairs = "VS OVA KV > any",
            Why = "Adding memory will need a restart.",
            Fix = "Set its maximum again at the target.",
            Source = "FL",
        },
        new("memory.dimm-address", Stops, "L", "a memory module has no slot or address", Is(VmFact.LooseDimm))
        {
            Pairs = "KV > any",
            Why = "The hypervisor refuses a live move.",
            Fix = "Restart the VM once.",
            Source = "LV",
            At = "vm",
        },
        new("memory.shmem", Stops, "L", "a shared memory device cannot move", In(VmFact.SharedMemory, "peer", "plain"))
        {
            Pairs = "KV > any",
            Why = "It is memory of the old host.",
            Fix = "Remove the device.",
            Source = "LV",
            At = "vm",
        },
        new("memory.pmem", Stops, "CWL", "persistent memory has no place at the target", Has(VmFact.Pmem))
        {
            Pairs = "VS KV > any",
            Why = "Its content is not on any disk that is copied.",
            Fix = "Move the data to a disk first.",
            Source = "SVM",
            At = "vm",
        },
        new("memory.dirty-rate", Warns, "L", "the guest changes memory faster than the link carries it", DirtyRate.Rule)
        {
            Core = true,
            Pairs = "onprem > onprem",
            Why = "The live move would not come to an end.",
            Fix = "Use a quieter time, a faster link, or a warm move.",
            Source = "KVU, J",
            At = "mode",
        },
        new("memory.swap-target", Warns, "CWL", "the target's host would promise more memory than it has", Capacity.HostLoad.Memory)
        {
            Pairs = "any > onprem",
            Why = "It would swap.",
            Fix = "Choose another host.",
            Source = "J",
        },
        new("memory.locked", Warns, "CWL", "locked memory is not carried over", Is(VmFact.MemoryLocked).When(PlatformsDiffer))
        {
            Pairs = "VS KV > any",
            Why = "Its memory may be swapped.",
            Fix = "Lock or reserve it again at the target.",
            Source = "J",
        },
    ];
}
