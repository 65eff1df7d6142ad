using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Devices;

/// <summary>Passthrough and special devices.</summary>
internal static class DevicesChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("dev.pci-passthrough", Stops, "CWL", "a PCI device of its host", Own("`vm.pciDevices` is not empty (live: impossible)", [VmFact.PciDevices], DeviceRules.Pci))
        {
            Core = true,
            Pairs = "VS HV KV OV OS > any",
            Why = "It would be missing at the target, or the VM would not start.",
            Fix = "Detach it, and attach one of the target's after the move.",
            Source = "FL, LV, KV, HCX2",
            At = "vm",
        },
        new("dev.sriov", Stops, "CWL", "the target's host has no IOMMU", Own("`nic.sriov` is true and `host.iommu` is false", [NicFact.Sriov, HostFact.Iommu], Network.NetworkRules.IommuOff))
        {
            Pairs = "VS HV KV > any",
            Why = "Devices cannot be passed through there.",
            Fix = "Enable it in the host's firmware.",
            Source = "B, FL",
            At = "vm",
        },
        new("dev.gpu", Stops, "CWL", "the target lacks the GPU profile", Own("`vm.gpu` is not in `host.gpus`", [VmFact.Gpu, HostFact.Gpus], DeviceRules.Gpu))
        {
            Core = true,
            Why = "The VM would not start, or without its GPU.",
            Fix = "Choose a host or type with it.",
            Source = "VM2, NVD, KV",
        },
        new("dev.mdev", Stops, "CWL", "a mediated device of its host", Has(VmFact.Mdev))
        {
            Pairs = "KV KU > any",
            Why = "It would be missing at the target, and its state stays in the old device.",
            Fix = "Detach it, and attach one of the target's after the move.",
            Source = "LV",
            At = "vm",
        },
        new("dev.usb", Warns, "CWL", "a USB device of its host is lost", Own("`vm.usb` is not empty (stops where `plan.dongle` is declared, and towards KVM, whose definitions name the device)", [VmFact.Usb, PlanFact.Dongle], DeviceRules.Usb))
        {
            Core = true,
            Pairs = "VS OV KV > any",
            Why = "Licence dongles and modems stay where they are plugged in.",
            Fix = "Use a USB hub on the network, or another licence, and detach it.",
            Source = "FL, VM2, LV",
            At = "vm",
        },
        new("dev.scsi-generic", Stops, "CWL", "a SCSI device of its host", Has(VmFact.ScsiGeneric))
        {
            Pairs = "VS KV HV > any",
            Why = "It would be missing at the target.",
            Fix = "Use iSCSI instead.",
            Source = "LV, HVB",
            At = "vm",
        },
        new("dev.vfc", Stops, "CWL", "a virtual Fibre Channel adapter", Has(VmFact.Vfc))
        {
            Pairs = "HV VS > any",
            Why = "Its addresses are zoned for the old host.",
            Fix = "Zone the target's addresses.",
            Source = "HVB, AZV",
            At = "vm",
        },
        new("dev.serial-parallel", Tells, "CWL", "serial or parallel ports may be dropped", Own("`vm.serialPorts` is not empty and the platforms differ", [VmFact.Serial], DeviceRules.Serial))
        {
            Why = "What listens there hears nothing.",
            Fix = "Use a serial port over the network.",
            Source = "J",
            At = "vm",
        },
        new("dev.watchdog", Warns, "CWL", "the watchdog is dropped", Own("`vm.watchdog` is set and the platforms differ", [VmFact.Watchdog], DeviceRules.Watchdog))
        {
            Core = true,
            Pairs = "OV OS KV > any",
            Why = "A guest that hangs stays so.",
            Fix = "Add one at the target.",
            Source = "FL",
            At = "vm",
        },
        new("dev.display", Tells, "CWL", "the display changes", Own("`vm.display` is neither `vnc` nor `none` and the platforms differ", [VmFact.Display], DeviceRules.Display))
        {
            Pairs = "OV VS KV > any",
            Why = "Consoles need another viewer.",
            Fix = "Use VNC.",
            Source = "FL, VM2",
            At = "vm",
        },
        new("dev.display.3d", Stops, "L", "the display uses its host's hardware", Is(VmFact.Display3d))
        {
            Pairs = "VS > any",
            Why = "The platform refuses to move it live.",
            Fix = "Switch it off.",
            Source = "VM2",
            At = "vm",
        },
        new("dev.audio", Tells, "CWL", "the sound device is dropped", Has(VmFact.Audio))
        {
            Pairs = "any > KU cloud",
            Why = "The guest has no sound.",
            Fix = "Nothing needs to be done.",
            Source = "J",
            At = "vm",
        },
        new("dev.rng", Tells, "CWL", "the VM has no random number device", Not(VmFact.NoRng))
        {
            Pairs = "KV > any",
            Why = "A guest may wait for entropy at its first start.",
            Fix = "Add one.",
            Source = "J",
            At = "vm",
        },
        new("dev.virtiofs-9p", Stops, "CWL", "a folder of its host is shared with it", Own("`vm.sharedFolders` is not empty (live: impossible)", [VmFact.SharedFolders], DeviceRules.Shares))
        {
            Core = true,
            Pairs = "KV KU VS > any",
            Why = "It stays at the old host.",
            Fix = "Use NFS, and take the share away.",
            Source = "LV, KVU, KV",
            At = "vm",
        },
        new("dev.vsock-vhost", Stops, "L", "a vhost device cannot move live", Has(VmFact.Vhost))
        {
            Pairs = "KV > any",
            Why = "Its other end is on the old host.",
            Fix = "Detach it.",
            Source = "QC",
            At = "vm",
        },
        new("dev.iothreads", Tells, "CWL", "I/O threads are not carried over", Own("`vm.ioThreads` is above 0 and the platforms differ", [VmFact.IoThreads], DeviceRules.IoThreads))
        {
            Pairs = "OV KV > any",
            Why = "Disks may be slower.",
            Fix = "Set them again at the target.",
            Source = "FL",
            At = "vm",
        },
        new("dev.pr", Stops, "CWL", "SCSI reservations are in use", Is(DiskFact.Reservations))
        {
            Pairs = "KV OV KU > any",
            Why = "Two sides would both believe that they hold the disk.",
            Fix = "Stop the cluster's role first.",
            Source = "KV, FL",
            At = "vm",
        },
        new("dev.hyperv-enlightenment", Stops, "L", "Hyper-V features are passed through from the host", Is(VmFact.HypervPassthrough))
        {
            Pairs = "KV KU > any",
            Why = "The other host has others.",
            Fix = "List them one by one.",
            Source = "KV",
            At = "vm",
        },
        new("dev.graphics-listen", Stops, "L", "the display listens on an address of the old host", Own("`vm.graphicsListen` is an address of one host", [VmFact.GraphicsListen], DeviceRules.Listen))
        {
            Pairs = "KV > any",
            Why = "The target cannot open it.",
            Fix = "Set it to 0.0.0.0 or 127.0.0.1.",
            Source = "NV",
            At = "vm",
        },
        new("dev.host-bound", Stops, "CWL", "a device that is bound to its host", Has(VmFact.HostBound))
        {
            Why = "It would be missing at the target.",
            Fix = "Detach it first.",
            Source = "J",
            At = "vm",
        },
    ];
}
