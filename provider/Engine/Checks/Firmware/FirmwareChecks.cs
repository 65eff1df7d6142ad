using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Firmware;

/// <summary>Firmware and boot.</summary>
internal static class FirmwareChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("firmware.type", Impossible, "CWL", "the target does not offer the VM's firmware", FirmwareRules.TypeRule)
        {
            Core = true,
            Why = "The guest cannot boot.",
            Fix = "Choose a type with that firmware; a change of firmware needs another partition table and boot loader.",
            Source = "V2VS, AB, AZV, AZH, GCU, FD",
        },
        new("firmware.change-requested", Warns, "C", "a change of firmware rebuilds the boot loader", Is(PlanFact.FirmwareChange).When(IfDeclared(PlanFact.FirmwareChange)))
        {
            Why = "A mistake leaves a guest that does not boot.",
            Fix = "Try it on a test clone first.",
            Source = "AB, GCU",
            At = "vm",
        },
        new("firmware.secure-boot", Stops, "CWL", "Secure Boot is not offered at the target", FirmwareRules.SecureBootRule)
        {
            Core = true,
            Why = "The guest boots only what is signed, and its policy may insist.",
            Fix = "Choose a target with Secure Boot, or switch it off in the guest's policy.",
            Source = "FL, AZH, AZV, AB, GCU",
        },
        new("firmware.secure-boot.custom-keys", Stops, "CWL", "self-enrolled Secure Boot keys are not carried over", Is(GuestFact.CustomKeys).When(If(VmFact.SecureBoot)))
        {
            Pairs = "any > cloud",
            Why = "What they signed does not boot.",
            Fix = "Enrol them again at the target.",
            Source = "GCU",
            At = "vm",
        },
        new("firmware.measured-boot", Stops, "CWL", "secrets are sealed to a measured boot", Is(GuestFact.MeasuredBoot))
        {
            Pairs = "VS HV PH > any",
            Why = "The measurements change, so the secrets do not open.",
            Fix = "Suspend the protection before cutover.",
            Source = "FDOC-740",
            At = "vm",
        },
        new("firmware.nvram", Stops, "CWL", "UEFI variables do not go along", FirmwareRules.NvramRule)
        {
            Core = true,
            Why = "Boot entries and enrolled keys live there, so the guest may not find its boot entry.",
            Fix = "Keep a fallback boot loader in the guest and declare the fact guest.fallbackLoader.",
            Source = "KVU, V2VS, SVM",
            At = "vm",
        },
        new("firmware.fallback-loader", Warns, "CW", "the guest has no fallback boot loader", Not(GuestFact.FallbackLoader).When(If(VmFact.Firmware, "uefi")))
        {
            Why = "Without its boot entry it does not boot.",
            Fix = "Install one: \\EFI\\BOOT\\BOOTX64.EFI.",
            Source = "J",
            At = "vm",
        },
        new("firmware.machine-type", Impossible, "CWL", "the target does not know the VM's machine type", MachineTypeUnknown.Rule)
        {
            Core = true,
            Pairs = "KV KU = same",
            Why = "The definition is refused, or the guest finds other devices.",
            Fix = "Upgrade the host's QEMU, or change the VM's machine type at the source.",
            Source = "QC",
        },
        new("firmware.hw-version", Stops, "CWL", "the virtual hardware is newer than the target knows", Exceeds(VmFact.HwVersion, HostFact.HwVersion))
        {
            Core = true,
            Pairs = "VS HV > VS HV",
            Why = "The target refuses the VM.",
            Fix = "Upgrade the target's host, or lower the VM's version.",
            Source = "HCX1, HCX2, HV1",
        },
        new("boot.order", Warns, "CWL", "the boot order is not carried over", Own("`vm.bootOrder` has more than one entry and the platforms differ", [VmFact.BootOrder], FirmwareRules.BootOrder))
        {
            Core = true,
            Why = "The guest may boot from another device.",
            Fix = "Set the boot order at the target.",
            Source = "FL",
            At = "vm",
        },
        new("boot.disk-identified", Stops, "CWL", "not exactly one bootable disk", Own("`guest.bootDisks` is not 1", [GuestFact.BootDisks], FirmwareRules.BootDisks))
        {
            Core = true,
            Why = "The wrong disk, or none, would be booted.",
            Fix = "Say which is the root disk.",
            Source = "FD, forklift 494",
            At = "vm",
        },
        new("boot.multi", Stops, "CWL", "more than one installed system", Own("`guest.osRoots` is above 1", [GuestFact.OsRoots], FirmwareRules.OsRoots))
        {
            Core = true,
            Why = "Adaptation may touch the wrong one; AWS refuses such disks.",
            Fix = "Name the root device.",
            Source = "AVI, FD",
            At = "vm",
        },
        new("boot.partition-same-disk", Stops, "CW", "boot files are spread over disks", Is(GuestFact.BootSpansDisks).When(Linux))
        {
            Pairs = "any > AZ AW",
            Why = "The cloud's import takes one system disk.",
            Fix = "Put /boot, / and the loader on one disk.",
            Source = "AZV, AZH, AVI",
            At = "vm",
        },
        new("boot.partition-table", Impossible, "CWL", "an MBR disk is longer than MBR can address", Own("`disk.partitionTable` is `mbr` and `disk.length` is above 2 TiB", [DiskFact.PartitionTable, DiskFact.Length], FirmwareRules.Mbr))
        {
            Core = true,
            Why = "MBR addresses 2 TiB only.",
            Fix = "Convert the disk to GPT.",
            Source = "AVC",
            At = "vm",
        },
        new("boot.loader", Warns, "CW", "the boot loader cannot be rewritten", NotIn(GuestFact.BootLoader, "grub", "grub2", "bootmgr", "systemd-boot").When(Linux))
        {
            Pairs = "any > KV GC AZ AW",
            Why = "Its configuration keeps the old devices.",
            Fix = "Install grub2.",
            Source = "V2V, GCI",
            At = "vm",
        },
        new("boot.fstab.devices", Stops, "CW", "fstab names devices by path", Has(GuestFact.FstabPaths).When(Linux))
        {
            Core = true,
            Why = "The paths are those of the old controller, so the guest stops at boot.",
            Fix = "Use UUIDs or labels.",
            Source = "DET, AR, AZP",
            At = "vm",
        },
        new("boot.fstab.names", Warns, "CW", "fstab names devices such as sda", Has(GuestFact.FstabNames).When(Linux))
        {
            Why = "Devices may be renamed at the target.",
            Fix = "Use UUIDs or labels.",
            Source = "DET, AR, AZP",
            At = "vm",
        },
        new("boot.fstab.network-mounts", Warns, "CW", "network mounts may stall the boot", Has(GuestFact.NetworkMounts).When(Linux))
        {
            Why = "Where the server is out of reach the guest waits.",
            Fix = "Add nofail,_netdev.",
            Source = "AZP, J",
            At = "vm",
        },
        new("boot.initramfs-drivers", Stops, "CW", "the initial RAM disk lacks drivers of the target", Has(GuestFact.InitramfsMissing).When(Linux))
        {
            Core = true,
            Why = "The guest does not find its root disk.",
            Fix = "Rebuild it with the drivers.",
            Source = "GCA, AZP, V2V",
            At = "vm",
        },
        new("boot.hibernation", Impossible, "CW", "a Windows volume is hibernated", Is(GuestFact.Hibernated).When(Windows))
        {
            Core = true,
            Why = "It must not be written to, and would resume into other hardware.",
            Fix = "Switch off Fast Startup and shut it down fully.",
            Source = "V2V, FD",
            At = "vm",
        },
        new("boot.pending-reboot", Warns, "CW", "a restart is pending", Is(GuestFact.PendingReboot).When(Windows))
        {
            Why = "Updates would finish in the middle of the cutover.",
            Fix = "Restart it before the move.",
            Source = "AZP, J",
            At = "vm",
        },
        new("boot.console", Tells, "CWL", "no serial console is configured in the guest", Not(GuestFact.Console))
        {
            Pairs = "any > cloud KU",
            Why = "Where it does not boot, nobody sees why.",
            Fix = "Configure ttyS0 or EMS.",
            Source = "AZP, GCA",
            At = "vm",
        },
        new("boot.test-boot", Tells, "CW", "the guest was not started for long", Over(GuestFact.BootedAgo, PolicyKeys.BootAge))
        {
            Why = "It may not boot even where it is.",
            Fix = "Restart it once before the move.",
            Source = "V2V",
            At = "vm",
        },
    ];
}
