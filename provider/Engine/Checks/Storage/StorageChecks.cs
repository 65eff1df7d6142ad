using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>Disks and storage.</summary>
internal static class StorageChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("disk.size-positive", Impossible, "CWL", "a disk has no length", DiskLength.Zero)
        {
            Core = true,
            Why = "There is nothing to copy, or the platform hides it.",
            Fix = "Mend the inventory, or detach the disk.",
            Source = "FL, FV",
            At = "vm",
        },
        new("disk.length-unknown", Impossible, "CWL", "a disk's length could not be read", DiskLength.Unknown)
        {
            Why = "Without it no copy can be made.",
            Fix = "Mend the image or its permissions, or detach the disk.",
            Source = "J",
            At = "vm",
        },
        new("disk.size-max", Impossible, "CWL", "a disk is longer than the target takes", Exceeds(DiskFact.Length, SiteFact.MaxDisk))
        {
            Core = true,
            Why = "The platform refuses the disk.",
            Fix = "Shrink or split it, or choose another class.",
            Source = "AZV, AZH, AVC, AZA",
            At = "vm",
        },
        new("disk.size-file", Stops, "CWL", "a disk is longer than the largest file of the pool", Exceeds(DiskFact.Length, PoolFact.MaxFile))
        {
            Why = "The copy would stop at that length.",
            Fix = "Choose another pool.",
            Source = "J",
            At = "target.storagePool",
        },
        new("disk.size-shrink", Impossible, "CWL", "a disk at the target is shorter than its source", Elsewhere("a disk of an earlier run is shorter than its source is now", "CreateDisks: every disk is made or found with its source's exact length"))
        {
            Why = "The copy would not fit in.",
            Fix = "Remove what the earlier run left (goal Validated), then run again.",
            Source = "KVU",
            At = "vm",
        },
        new("disk.size-rounding", Tells, "CWL", "a disk's length is rounded up", Own("`disk.length` is no multiple of `pool.granularity`", [DiskFact.Length, PoolFact.Granularity], DiskLength.Rounding))
        {
            Pairs = "any > cloud KU",
            Why = "The disk at the target is a little longer; its content is the same.",
            Fix = "Nothing needs to be done.",
            Source = "J, FDOC-351",
            At = "vm",
        },
        new("disk.fs-overhead", Warns, "CW", "the volume has no allowance for its filesystem", Is(PoolFact.FsOverhead))
        {
            Pairs = "any > KU",
            Why = "The image would not fit in.",
            Fix = "Raise the overhead setting, or use block volumes.",
            Source = "FDOC-351",
            At = "target.storagePool",
        },
        new("disk.count", Impossible, "CWL", "the VM has more disks than the target takes", Exceeds(VmFact.Disks, SiteFact.MaxDisks))
        {
            Core = true,
            Why = "The platform refuses the VM.",
            Fix = "Detach some, or choose another type.",
            Source = "FL, AZV, AZH, AVI, AVL",
            At = "vm",
        },
        new("disk.count-slow", Warns, "CWL", "the VM has very many disks", Exceeds(VmFact.Disks, SiteFact.WarnDisks))
        {
            Why = "Tools of that platform get slow or fail with so many.",
            Fix = "Detach some, or join them.",
            Source = "FL",
            At = "vm",
        },
        new("disk.none", Stops, "CWL", "the VM has no disk", DiskLength.None)
        {
            Why = "There is nothing to copy.",
            Fix = "Check that it is the right VM.",
            Source = "HARV-5",
            At = "vm",
        },
        new("disk.bus", Warns, "CWL", "the target does not offer a disk's bus", Outside(DiskFact.Bus, HostFact.Buses))
        {
            Core = true,
            Why = "The disk gets another bus, for which the guest needs the driver.",
            Fix = "Install the driver before the move.",
            Source = "FL",
            At = "vm",
        },
        new("disk.controller-nvme", Stops, "CW", "the method takes no NVMe controller", In(DiskFact.Bus, "nvme"))
        {
            Pairs = "VS > KU VS",
            Why = "The disk would be left out.",
            Fix = "Switch it to SCSI.",
            Source = "HCX2, FDOC-467",
            At = "vm",
        },
        new("disk.status", Impossible, "CWL", "a disk is not in order", NotIn(DiskFact.Status, "ok", "normal", "in-use", "available"))
        {
            Core = true,
            Pairs = "OV OS AW KU KV > any",
            Why = "Reads of it may fail.",
            Fix = "Repair or unlock it.",
            Source = "FL",
            At = "vm",
        },
        new("disk.store-present", Impossible, "CWL", "a disk has no datastore", Is(DiskFact.PoolMissing))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "Nobody can read it.",
            Fix = "Move it to a datastore at the source first.",
            Source = "FL",
            At = "vm",
        },
        new("disk.store-type", Stops, "CWL", "a disk's storage cannot be read by this method", Is(DiskFact.NeedsStoreTool))
        {
            Why = "The copy would fail at its first read.",
            Fix = "Choose another method.",
            Source = "FL, FD",
            At = "vm",
        },
        new("disk.path-visible", Stops, "CW", "the mover does not reach a disk's path", Is(DiskFact.PathHidden))
        {
            Core = true,
            Pairs = "HV > any",
            Why = "The copy would fail at its first read.",
            Fix = "Move the disk to a mapped share.",
            Source = "FL, FD",
            At = "vm",
        },
        new("disk.unreadable", Impossible, "CWL", "a disk is no file or volume that can be copied", DiskLength.Unreadable)
        {
            Why = "The copy would fail at its first read.",
            Fix = "Detach it, or move it by its own means.",
            Source = "J",
            At = "vm",
        },
        new("disk.format", Stops, "CW", "a disk's format cannot be read", In(DiskFact.Format, "sesparse", "stream-optimised", "delta"))
        {
            Why = "The copy would fail at its first read.",
            Fix = "Convert or consolidate it.",
            Source = "AVP, AVI, V2V",
            At = "vm",
        },
        new("disk.thin", Tells, "CWL", "thin disks become thick", Own("`disk.thin` is true and `pool.thin` is false", [DiskFact.Thin, PoolFact.ThinOnly], DiskLength.Thick))
        {
            Why = "They take their full length at the target.",
            Fix = "Choose a pool with thin allocation.",
            Source = "V2V",
            At = "target.storagePool",
        },
        new("disk.trim", Tells, "CW", "the guest cannot give back free blocks", Has(GuestFact.NoTrim))
        {
            Pairs = "any > KV KU",
            Why = "Blocks that it deleted are copied too.",
            Fix = "Nothing needs to be done; it is slower.",
            Source = "V2V",
            At = "vm",
        },
        new("disk.sector", Stops, "CWL", "a disk's sector size is not offered", Own("`disk.sectorSize` differs from `pool.sectorSize`", [DiskFact.SectorSize, PoolFact.SectorSize], DiskLength.Sector))
        {
            Why = "Partitions and filesystems may not be found.",
            Fix = "Choose a pool with the same sector size.",
            Source = "HVB",
            At = "target.storagePool",
        },
        new("disk.alignment", Tells, "CW", "a partition is misaligned", Is(DiskFact.Misaligned))
        {
            Why = "Each write becomes two.",
            Fix = "Nothing needs to be done; a new partition would be faster.",
            Source = "V2V, HVB",
            At = "vm",
        },
        new("disk.serial", Tells, "CWL", "a disk's serial number may change", Has(DiskFact.Serial).When(PlatformsDiffer))
        {
            Pairs = "VS KV > any",
            Why = "ASM, multipath and licences may go by it.",
            Fix = "Use the filesystems' UUIDs.",
            Source = "FL",
            At = "vm",
        },
        new("disk.uuid", Tells, "W", "disks get new UUIDs", Is(DiskFact.UuidUsed))
        {
            Pairs = "VS > VS",
            Why = "Multipath rules may go by them.",
            Fix = "Update the rules.",
            Source = "HCX2",
            At = "vm",
        },
        new("disk.shared", Stops, "CWL", "a disk is shared with other VMs", DiskShared.Rule)
        {
            Core = true,
            Why = "A copy would part ways with theirs, and each side would corrupt what the other believes.",
            Fix = "Move the whole set cold with all of them off, or detach it.",
            Source = "FL, FV, AZV, HCX1, KVU",
            At = "vm",
        },
        new("disk.shared.group-complete", Stops, "C", "VMs that share a disk do not move with it", Has(DiskFact.SharedWith))
        {
            Why = "They would lose the disk, or both would write to two copies.",
            Fix = "Add them to the same wave.",
            Source = "FDOC-740",
            At = "vm",
        },
        new("disk.rdm", Stops, "CWL", "a disk is a raw device mapping", Has(DiskFact.Rdm))
        {
            Core = true,
            Pairs = "VS KV HV > any",
            Why = "A copy of it is no mapping any more; clusters and arrays go by the LUN.",
            Fix = "Map the LUN at the target, or convert it to an image first.",
            Source = "FL, SVM, AVI, AZV, HCX1, HCX2",
            At = "vm",
        },
        new("disk.lun-remap", Stops, "CWL", "a LUN is not visible at the target", Has(DiskFact.Lun))
        {
            Core = true,
            Pairs = "VS OV PH KV > any",
            Why = "The guest would start without it.",
            Fix = "Zone and mask the LUN with the same id, and map it again.",
            Source = "B, FV, VM1, AZV, KVU",
            At = "vm",
        },
        new("disk.passthrough", Impossible, "CWL", "a disk is a device of its host", Is(DiskFact.Passthrough))
        {
            Core = true,
            Pairs = "HV KV VS > any",
            Why = "The device stays where it is.",
            Fix = "Attach an image instead.",
            Source = "FL, AZH",
            At = "vm",
        },
        new("disk.mode-independent", Stops, "CWL", "a disk is independent of snapshots", Is(DiskFact.Independent))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "It cannot be read at a point in time.",
            Fix = "Set it to dependent.",
            Source = "FL, AZV",
            At = "vm",
        },
        new("disk.transient", Stops, "LW", "a disk throws its writes away", Is(DiskFact.Transient))
        {
            Core = true,
            Pairs = "KV VS > any",
            Why = "What the copy should hold is not defined.",
            Fix = "Make it persistent.",
            Source = "LV, SVM",
            At = "vm",
        },
        new("disk.cache-mode", Stops, "L", "a disk's cache is not safe for a live move", NotIn(DiskFact.Cache, "none", "directsync", "default"))
        {
            Core = true,
            Pairs = "KV KU > any",
            Why = "The other host could read what is not written yet.",
            Fix = "Set the cache to none, or copy the storage too.",
            Source = "LV",
            At = "vm",
        },
        new("disk.local-fs", Stops, "L", "a disk lies on storage of one host only", Own("`disk.local` is true and the move copies no storage", [DiskFact.Local], DiskShared.Local))
        {
            Core = true,
            Pairs = "KV KU > any",
            Why = "The other host cannot open it.",
            Fix = "Ask for a move with storage.",
            Source = "LV, KVU",
            At = "vm",
        },
        new("disk.rwx", Stops, "L", "a volume can be opened by one node only", NotIn(DiskFact.AccessMode, "ReadWriteMany", "RWX"))
        {
            Core = true,
            Pairs = "KU > any",
            Why = "Memory-only live moves need both nodes to open it.",
            Fix = "Use an RWX class, or migrate the volume.",
            Source = "KVU, FL",
            At = "vm",
        },
        new("disk.pv.class", Stops, "CWL", "the storage class lacks abilities", Has(PoolFact.ClassMissing))
        {
            Core = true,
            Pairs = "any > KU",
            Why = "Volumes would stay pending.",
            Fix = "Choose another class.",
            Source = "B, FV",
            At = "target.storagePool",
        },
        new("disk.pv.reclaim", Warns, "CW", "a volume is deleted with its VM", Is(DiskFact.ReclaimDelete))
        {
            Pairs = "KU > any",
            Why = "The way back would go with the source's VM.",
            Fix = "Set its policy to Retain.",
            Source = "B, J",
            At = "vm",
        },
        new("disk.cdrom", Impossible, "CWL", "a medium is in a drive", Own("`vm.media` is not empty", [VmFact.Media], Media.Rule))
        {
            Core = true,
            Why = "It would not be there at the target, and the definition would name a file that is missing.",
            Fix = "Eject it.",
            Source = "FD, HCX1, VM2, HVL",
            At = "vm",
        },
        new("disk.floppy", Impossible, "CWL", "a floppy is in a drive", Has(VmFact.Floppies))
        {
            Why = "It would not be there at the target.",
            Fix = "Eject it.",
            Source = "J",
            At = "vm",
        },
        new("disk.instance-store", Stops, "CWL", "data lies on an ephemeral disk", Is(GuestFact.EphemeralData))
        {
            Core = true,
            Pairs = "AW AZ > any",
            Why = "It is not copied.",
            Fix = "Copy it to a durable disk.",
            Source = "FD, AR",
            At = "vm",
        },
        new("disk.temp-letter", Warns, "CW", "drive D is used for the cloud's temporary disk", Is(GuestFact.DriveD).When(Windows))
        {
            Pairs = "any > AZ",
            Why = "Letters shift.",
            Fix = "Set the SAN policy to OnlineAll, or free the letter.",
            Source = "AZP",
            At = "vm",
        },
        new("disk.san-policy", Warns, "CW", "Windows would bring data disks up offline", NotIn(GuestFact.SanPolicy, "OnlineAll").When(Windows))
        {
            Pairs = "any > AZ AW GC KU",
            Why = "Services would not find their data.",
            Fix = "Set the SAN policy to OnlineAll.",
            Source = "AZP, AZV",
            At = "vm",
        },
        new("disk.dynamic", Stops, "CW", "Windows uses dynamic disks", Own("`guest.dynamicDisk` is `system` (or `data`: a warning)", [GuestFact.DynamicDisk], Media.Dynamic))
        {
            Core = true,
            Why = "Conversion and some clouds take basic system disks only.",
            Fix = "Convert the system disk to basic.",
            Source = "V2V, VMC",
            At = "vm",
        },
        new("disk.mdraid", Warns, "CW", "software RAID or LVM joins disks", Has(GuestFact.RaidDisks).When(Linux))
        {
            Why = "All of them must be copied at one point in time.",
            Fix = "Shut the guest down for the last copy (cold), or use one consistency group.",
            Source = "HCX, MGN",
            At = "vm",
        },
        new("disk.multipath", Stops, "CW", "the guest uses multipath", Is(GuestFact.Multipath))
        {
            Pairs = "any > AZ AW",
            Why = "The target gives it one path.",
            Fix = "Flatten it before the move.",
            Source = "AZV, MGN",
            At = "vm",
        },
        new("disk.filesystem", Stops, "CW", "a filesystem is not supported", Own("`guest.filesystems` has one that the target's tool does not know", [GuestFact.Filesystems], Media.Filesystems))
        {
            Core = true,
            Pairs = "any > VS AZ AW GC",
            Why = "The tool that adapts the guest cannot read it.",
            Fix = "Use a copy by blocks without conversion, or another tool.",
            Source = "B, OSAM, FD, AVP",
            At = "vm",
        },
        new("disk.filesystem.features", Warns, "CW", "a filesystem uses features that helpers may not read", Has(GuestFact.FilesystemFeatures).When(Linux))
        {
            Pairs = "any > KV KU",
            Why = "Conversion may fail.",
            Fix = "Use a newer helper.",
            Source = "FV, forklift 278",
            At = "vm",
        },
        new("disk.free-space", Impossible, "CW", "a volume of the guest is full", Under(GuestFact.FreeSpace, PolicyKeys.FreeSpace))
        {
            Core = true,
            Pairs = "any > KV KU AW",
            Why = "Drivers and boot files cannot be written.",
            Fix = "Clean up.",
            Source = "FL, V2V, MGN",
            At = "vm",
        },
        new("disk.free-inodes", Impossible, "CW", "a filesystem of the guest has no inodes left", Under(GuestFact.FreeInodes, PolicyKeys.FreeInodes).When(Linux))
        {
            Core = true,
            Pairs = "any > KV KU",
            Why = "Drivers and boot files cannot be written.",
            Fix = "Clean up.",
            Source = "V2V",
            At = "vm",
        },
        new("disk.fs-dirty", Warns, "CW", "a filesystem was not cleanly unmounted", Has(GuestFact.DirtyFilesystem))
        {
            Why = "Errors would travel with it.",
            Fix = "Check it, and shut the guest down cleanly.",
            Source = "V2V",
            At = "vm",
        },
        new("disk.guest-mapping", Tells, "CW", "mount points have no known disk", Has(GuestFact.UnmappedMounts))
        {
            Pairs = "VS > KU",
            Why = "Free space cannot be judged for each disk.",
            Fix = "Run the guest tools.",
            Source = "FL",
            At = "vm",
        },
        new("disk.encrypted-at-rest-class", Warns, "CWL", "disks lose their encryption at rest", Own("`disk.encryptedAtRest` is true and `pool.encryptedAtRest` is false", [DiskFact.AtRest, PoolFact.AtRest], DiskShared.AtRest))
        {
            Why = "They would lie in the clear.",
            Fix = "Choose an encrypted class.",
            Source = "J",
            At = "target.storagePool",
        },
        new("disk.qos", Tells, "CWL", "an I/O limit is not carried over", Has(DiskFact.Qos).When(PlatformsDiffer))
        {
            Pairs = "VS OV KV HV > any",
            Why = "The disk may take more, or less, than before.",
            Fix = "Set it again at the target.",
            Source = "FL, HVB",
            At = "vm",
        },
        new("disk.replication-conflict", Stops, "CW", "another tool replicates the VM", Has(VmFact.Replicator))
        {
            Pairs = "VS HV > any",
            Why = "Both would use the same snapshots.",
            Fix = "Pause it.",
            Source = "AZH",
            At = "vm",
        },
        new("disk.churn", Warns, "W", "the disks change faster than the link carries", Own("`vm.churn` is above `link.rate`", [VmFact.Churn, LinkFact.Rate], Memory.DirtyRate.Churn))
        {
            Why = "Rounds get longer instead of shorter.",
            Fix = "Use a faster link or a quieter time.",
            Source = "HCX3, AZP",
            At = "mode",
        },
    ];
}
