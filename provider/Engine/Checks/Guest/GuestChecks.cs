using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Guest;

/// <summary>Guest OS and drivers.</summary>
internal static class GuestChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("os.supported", Stops, "CWL", "the target does not support the guest's system", GuestOs.SupportedRule)
        {
            Core = true,
            Why = "It may not boot, and the vendor will not help.",
            Fix = "Upgrade it, or waive with a test boot as evidence.",
            Source = "FL, AVP, AZV, GCI, V2VS, B",
            At = "vm",
        },
        new("os.detected", Warns, "CW", "the guest's system is not known", GuestOs.DetectedRule)
        {
            Core = true,
            Why = "Drivers and limits cannot be judged.",
            Fix = "Start the guest agent, or declare guest.os under facts.",
            Source = "forklift 278, 494, 1188",
            At = "vm",
        },
        new("os.source-conflict", Tells, "CW", "configuration and guest tell different systems", GuestOs.ConflictRule)
        {
            Pairs = "VS KV > any",
            Why = "The guest's own word is used.",
            Fix = "Correct the VM's configuration.",
            Source = "forklift 3736",
            At = "vm",
        },
        new("os.eol", Tells, "CWL", "the system is out of its vendor's support", Ends(GuestFact.OsEnds))
        {
            Why = "Targets and tools drop it next.",
            Fix = "Plan an upgrade.",
            Source = "AZA, MP",
            At = "vm",
        },
        new("os.upgrade-path", Tells, "CWL", "a newer system is recommended", Has(GuestFact.OsSuccessor))
        {
            Why = "The present one is near its end.",
            Fix = "Upgrade it in place, best before the move.",
            Source = "MP",
            At = "vm",
        },
        new("os.same-generation", Warns, "CWL", "the guest's drivers are of another generation", Differs(GuestFact.DriverGeneration, SiteFact.DriverGeneration))
        {
            Core = true,
            Why = "Disk and network may be slow or missing.",
            Fix = "Update the drivers before the move.",
            Source = "B",
            At = "vm",
        },
        new("os.kernel.xen-pv", Impossible, "CW", "the guest has a kernel for paravirtual Xen only", Is(GuestFact.XenPvOnly))
        {
            Core = true,
            Pairs = "XEN AW > any",
            Why = "It boots nowhere else.",
            Fix = "Install a normal kernel.",
            Source = "V2V, AR, MGN",
            At = "vm",
        },
        new("os.kernel.custom", Warns, "CW", "the guest has a kernel of its own", Is(GuestFact.KernelCustom).When(Linux))
        {
            Pairs = "any > AW AZ GC KV",
            Why = "Its drivers are not known.",
            Fix = "Install a stock kernel as the default.",
            Source = "AVP, J",
            At = "vm",
        },
        new("os.kernel.taint-modules", Warns, "CW", "kernel modules of third parties", Has(GuestFact.KernelModules).When(Linux))
        {
            Why = "They must be built for the target's kernel.",
            Fix = "Install them for it before the move.",
            Source = "J",
            At = "vm",
        },
        new("os.grub-config", Warns, "CW", "the boot loader's configuration is hand-edited", Is(GuestFact.GrubEdited).When(Linux))
        {
            Pairs = "any > KV KU",
            Why = "It cannot be adapted.",
            Fix = "Generate it anew.",
            Source = "V2V",
            At = "vm",
        },
        new("os.selinux.relabel", Warns, "CW", "very many files to relabel", Over(GuestFact.SelinuxFiles, PolicyKeys.RelabelFiles).When(Linux))
        {
            Pairs = "any > KV KU",
            Why = "The helper needs more memory.",
            Fix = "Raise its memory.",
            Source = "V2V",
            At = "vm",
        },
        new("os.windows.virtio-driver", Impossible, "CW", "Windows lacks virtio drivers", Is(GuestFact.WindowsNoVirtio).When(Windows))
        {
            Core = true,
            Pairs = "any > KV KU GC",
            Why = "It stops with 0x7B at boot.",
            Fix = "Install the signed drivers before the move.",
            Source = "V2V, FV",
            At = "vm",
        },
        new("os.windows.sha2", Stops, "CW", "Windows lacks the SHA-2 update", Is(GuestFact.WindowsNoSha2).When(Windows))
        {
            Pairs = "any > KV KU",
            Why = "It refuses the drivers.",
            Fix = "Install the update.",
            Source = "V2V",
            At = "vm",
        },
        new("os.windows.gpo-av", Warns, "CW", "a policy or product blocks drivers", Has(GuestFact.DriverBlockers).When(Windows))
        {
            Why = "Their installation fails at the first start.",
            Fix = "Switch it off for the cutover.",
            Source = "V2V, GCI, OSAM, HCX",
            At = "vm",
        },
        new("os.windows.ps-policy", Warns, "CW", "PowerShell runs signed scripts only", Is(GuestFact.PowerShellSigned).When(Windows))
        {
            Pairs = "any > KV KU",
            Why = "Scripts at the first start are blocked.",
            Fix = "Relax the policy for the cutover.",
            Source = "V2V",
            At = "vm",
        },
        new("os.windows.locale", Warns, "CW", "the tool refuses this locale", NotIn(GuestFact.Locale, "en-US", "en").When(Windows))
        {
            Pairs = "any > VS AW",
            Why = "Old conversion tools know English only.",
            Fix = "Use another tool.",
            Source = "OSAM, AVP",
            At = "vm",
        },
        new("os.windows.server-core/nano", Stops, "CW", "the edition is refused", In(GuestFact.Edition, "nano").When(Windows))
        {
            Pairs = "any > AW",
            Why = "VM Import takes no Nano Server.",
            Fix = "Install another edition.",
            Source = "AVP",
            At = "vm",
        },
        new("os.windows.activation", Warns, "CW", "Windows will not activate at the target", In(GuestFact.Activation, "oem", "retail").When(Windows))
        {
            Why = "An OEM or retail key is bound to its hardware.",
            Fix = "Use KMS, AVMA or a licence of your own.",
            Source = "V2V, AVP",
            At = "vm",
        },
        new("os.windows.vss", Stops, "W", "the VSS service is off", Not(GuestFact.Vss).When(Windows))
        {
            Core = true,
            Why = "The guest cannot be quiesced.",
            Fix = "Set the service to manual or automatic.",
            Source = "FD",
            At = "vm",
        },
        new("os.windows.updates-first-boot", Tells, "CW", "Windows restarts several times after conversion", GuestOs.WindowsRule)
        {
            Pairs = "any > KV KU",
            Why = "The cutover takes longer.",
            Fix = "Plan the window for it.",
            Source = "V2V",
            At = "vm",
        },
        new("os.linux.ena", Impossible, "CWL", "the guest lacks the ENA driver", Not(GuestFact.Ena))
        {
            Core = true,
            Pairs = "any > AW",
            Why = "Nitro instances have no other network.",
            Fix = "Install it.",
            Source = "AR",
            At = "vm",
        },
        new("os.linux.nvme", Impossible, "CWL", "the guest lacks the NVMe driver", Not(GuestFact.Nvme))
        {
            Core = true,
            Pairs = "any > AW",
            Why = "Nitro instances have no other disks.",
            Fix = "Install it.",
            Source = "AR",
            At = "vm",
        },
        new("os.linux.hyperv-ic", Impossible, "CW", "the initial RAM disk lacks Hyper-V drivers", Not(GuestFact.HypervDrivers).When(Linux))
        {
            Core = true,
            Pairs = "any > AZ HV",
            Why = "The guest does not find its root disk.",
            Fix = "Rebuild it with hv_vmbus, hv_storvsc and hv_netvsc.",
            Source = "AZP",
            At = "vm",
        },
        new("os.linux.virtio", Impossible, "CW", "the kernel lacks virtio drivers", Not(GuestFact.Virtio).When(Linux))
        {
            Core = true,
            Pairs = "any > KV KU GC",
            Why = "The guest does not find its root disk.",
            Fix = "Update the kernel.",
            Source = "V2V, GCA",
            At = "vm",
        },
        new("os.linux.pvscsi-vmxnet", Stops, "CW", "the guest lacks VMware's drivers", Not(GuestFact.Pvscsi))
        {
            Pairs = "any > VS",
            Why = "Disk or network may be missing.",
            Fix = "Install VMware Tools or open-vm-tools.",
            Source = "J",
            At = "vm",
        },
        new("os.linux.python", Stops, "W", "the replication agent needs Python", Not(GuestFact.Python).When(Linux))
        {
            Pairs = "any > AW AZ",
            Why = "It does not install.",
            Fix = "Install Python.",
            Source = "MGN, AZV",
            At = "vm",
        },
        new("os.linux.packages", Warns, "W", "the replication agent lacks packages", Has(GuestFact.AgentPackages).When(Linux))
        {
            Pairs = "any > AZ",
            Why = "It does not install.",
            Fix = "Install them.",
            Source = "AZV",
            At = "vm",
        },
        new("os.acpi", Stops, "CW", "the guest has no ACPI", Not(GuestFact.Acpi))
        {
            Pairs = "any > GC KU",
            Why = "It can be neither shut down nor, in places, booted.",
            Fix = "Enable it.",
            Source = "GCI",
            At = "vm",
        },
        new("os.time", Warns, "CWL", "the guest takes its time from the old platform", Has(GuestFact.ClockSource))
        {
            Why = "Its clock would drift.",
            Fix = "Use chrony or w32tm.",
            Source = "J",
            At = "vm",
        },
        new("os.kernel.cmdline", Stops, "CW", "the kernel's command line names devices", Has(GuestFact.CmdlineRoot).When(Linux))
        {
            Why = "They may be renamed at the target, and the guest does not find its root.",
            Fix = "Use UUIDs.",
            Source = "V2V, J",
            At = "vm",
        },
        new("os.appliance", Warns, "CW", "a vendor's appliance", Has(VmFact.Appliance))
        {
            Why = "The vendor's support may end.",
            Fix = "Use the vendor's image for the target.",
            Source = "FD, FL",
            At = "vm",
        },
        new("os.physical", Stops, "CW", "the system is installed on bare metal", Is(VmFact.Physical))
        {
            Pairs = "PH > any",
            Why = "VM Import refuses it; drivers must be added.",
            Fix = "Use replication by an agent, or virt-p2v.",
            Source = "AVI, V2VS",
            At = "vm",
        },
    ];
}
