using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Cpu;

/// <summary>CPU.</summary>
internal static class CpuChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("cpu.arch", Impossible, "CWL", "guest and host have different architectures", ArchitectureDiffers.Rule)
        {
            Core = true,
            Why = "A copy cannot cross that: the guest does not start.",
            Fix = "Choose a host of the guest's architecture, or rebuild the VM.",
            Source = "B, AR, HCX1, GCI",
        },
        new("cpu.arch.arm-readiness", Impossible, "C", "packages have no arm64 build", Has(GuestFact.NoArm).When(IfDeclared(PlanFact.RebuildForArm)))
        {
            Why = "A rebuild for ARM lacks them.",
            Fix = "Find replacements, then rebuild and move the data only.",
            Source = "B, AB",
            At = "vm",
        },
        new("cpu.bits", Impossible, "CWL", "the target takes no guests of this word length", Below(GuestFact.Bits, SiteFact.MinBits))
        {
            Core = true,
            Pairs = "any > cloud",
            Why = "The cloud refuses 32-bit guests.",
            Fix = "Upgrade the system, or keep it on KVM.",
            Source = "AZV, AR, AVP",
        },
        new("cpu.vendor", Impossible, "L", "source and target have CPUs of different vendors", CpuPassthrough.VendorRule)
        {
            Core = true,
            Why = "A running guest cannot cross that.",
            Fix = "Use a cold or warm move.",
            Source = "VM3, HV2",
            At = "mode",
        },
        new("cpu.features", Impossible, "L", "the target's CPU lacks features that the guest uses", CpuPassthrough.FeaturesRule)
        {
            Core = true,
            Why = "The guest would crash on the first missing instruction.",
            Fix = "Lower the VM's CPU model and restart it once, or use a cold move.",
            Source = "VM3, HV2, LV, QEMU-3153",
            At = "mode",
        },
        new("cpu.model.passthrough", Stops, "L", "the CPU is passed through and the hosts differ", CpuPassthrough.Rule)
        {
            Core = true,
            Pairs = "KV KU > KV KU",
            Why = "Features, timing and microcode change under a running guest.",
            Fix = "Set the CPU mode to host-model or a named model and restart the VM once, or use a cold move.",
            Source = "QC, KVU",
            At = "mode",
        },
        new("cpu.model.host-model", Stops, "L", "the target does not offer the VM's CPU model", Outside(VmFact.CpuModel, HostFact.CpuModels).When(If(VmFact.CpuMode, "host-model")))
        {
            Pairs = "KV KU > KV KU",
            Why = "No host could take the running guest.",
            Fix = "Set a named model that both hosts offer.",
            Source = "KV",
            At = "mode",
        },
        new("cpu.model.custom", Warns, "CWL", "a custom CPU model is dropped", Has(VmFact.CpuModel).When(If(VmFact.CpuMode, "custom")))
        {
            Core = true,
            Pairs = "KV OV > KU VS cloud",
            Why = "The guest sees another CPU; licences and tuned builds may notice.",
            Fix = "Accept the target's model, or choose a like one there.",
            Source = "FL",
        },
        new("cpu.model.unknown", Stops, "CW", "the target does not offer the VM's CPU model", Outside(VmFact.CpuModel, HostFact.CpuModels).When(If(VmFact.CpuMode, "custom")))
        {
            Pairs = "KV = same",
            Why = "The VM would not start there.",
            Fix = "Set a model that both hosts offer, or waive where the list is not complete.",
            Source = "LV, J",
            At = "vm",
        },
        new("cpu.invtsc", Stops, "L", "an invariant TSC without a fixed frequency", Is(VmFact.InvariantTsc).When(IfNot(VmFact.TscFrequency)))
        {
            Core = true,
            Pairs = "KV KU > KV KU",
            Why = "The hypervisor refuses to move a clock that would change its rate.",
            Fix = "Set the TSC frequency, or drop the flag, and restart the VM once.",
            Source = "LV, KV",
            At = "vm",
        },
        new("cpu.evc-baseline", Stops, "L", "the target's CPU baseline is lower", Exceeds(VmFact.Evc, HostFact.Evc))
        {
            Pairs = "VS > VS",
            Why = "The running guest may use what the target lacks.",
            Fix = "Raise the target's baseline, or restart the VM once at a lower one.",
            Source = "VM3",
            At = "mode",
        },
        new("cpu.perf-counters", Stops, "L", "virtual performance counters are not offered", Without(VmFact.Vpmu, HostFact.Vpmu))
        {
            Pairs = "VS > VS",
            Why = "The platform refuses the live move.",
            Fix = "Switch them off in the VM.",
            Source = "VM2",
            At = "vm",
        },
        new("cpu.hw-virt", Impossible, "CWL", "the host lacks hardware virtualization", AccelerationMissing.Rule)
        {
            Core = true,
            Pairs = "any > onprem",
            Why = "The VM runs many times slower, or not at all.",
            Fix = "Switch on VT-x or AMD-V in its firmware, or choose another host.",
            Source = "B",
        },
        new("cpu.nested", Stops, "CWL", "nested virtualization is not offered", Without(VmFact.Nested, HostFact.Nested))
        {
            Why = "VMs inside the VM do not start.",
            Fix = "Choose a host or type that allows it.",
            Source = "FV, J",
        },
        new("cpu.topology", Warns, "CWL", "the VM has more CPU sockets than the target gives", Exceeds(VmFact.Sockets, HostFact.MaxSockets))
        {
            Why = "Sockets become cores; licences by socket and NUMA change.",
            Fix = "Set the topology so that it fits.",
            Source = "J",
        },
        new("cpu.pinning", Warns, "CWL", "pinned CPUs are not carried over", Has(VmFact.CpuPinning))
        {
            Core = true,
            Pairs = "VS KV OV OVA > any",
            Why = "They named CPUs of the old host.",
            Fix = "Pin them again at the target.",
            Source = "FL",
        },
        new("cpu.shares", Warns, "CWL", "CPU shares and limits are not carried over", Has(VmFact.CpuShares).When(PlatformsDiffer))
        {
            Core = true,
            Pairs = "VS KV OV OS > any",
            Why = "Under load it gets another part of the CPU.",
            Fix = "Set them again at the target.",
            Source = "FL",
        },
        new("cpu.hotplug", Warns, "CWL", "hot-add of CPUs is not carried over", Is(VmFact.CpuHotplug).When(PlatformsDiffer))
        {
            Core = true,
            Pairs = "VS OVA KV > any",
            Why = "Adding a CPU will need a restart.",
            Fix = "Enable it again at the target.",
            Source = "FL",
        },
        new("cpu.isolation-policy", Warns, "CWL", "a CPU isolation policy has no counterpart", Has(VmFact.CpuIsolation))
        {
            Pairs = "OV > any",
            Why = "Neighbours may share its cores.",
            Fix = "Choose the nearest policy at the target.",
            Source = "FL",
        },
        new("cpu.guest-limit", Warns, "CWL", "the guest's edition uses fewer CPUs than it gets", Exceeds(VmFact.Cpus, GuestFact.MaxCpus))
        {
            Why = "The rest is wasted.",
            Fix = "Upgrade the edition, or give it fewer CPUs.",
            Source = "HVB, J",
            At = "vm",
        },
        new("cpu.confidential", Stops, "CWL", "the guest's memory is encrypted by its host's CPU", Own("`vm.confidential` is neither empty nor `none`", [VmFact.Confidential], CpuPassthrough.Confidential))
        {
            Pairs = "KV KU AZ GC > any",
            Why = "Its keys never leave that CPU: live is impossible, cold needs a new attestation.",
            Fix = "Move it cold and attest it anew.",
            Source = "KV",
            At = "vm",
        },
        new("cpu.live-blockers", Impossible, "L", "the platform itself refuses a live move", PlatformVerdict.Rule)
        {
            Why = "It knows its own limits best.",
            Fix = "Do what it says, or use a cold or warm move.",
            Source = "QC, LV",
            At = "mode",
        },
    ];
}
