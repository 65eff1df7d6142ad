using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of the VM as its platform defines and measures it.</summary>
public static class VmFact
{
    private static readonly KeyList Keys = new(FactScope.Vm);

    public static FactKey<double> Cpus { get; } = Keys.Number("vm.cpus", Platform, "virtual CPUs", FactUnit.None, vm => ((Vm)vm).Cpus.Select(cpus => (double)cpus));

    public static FactKey<double> Memory { get; } = Keys.Number("vm.memory", Platform, "memory", FactUnit.Bytes, vm => ((Vm)vm).MemoryBytes.Select(bytes => (double)bytes));

    public static FactKey<string> Architecture { get; } = Keys.Text("vm.arch", Platform, "architecture", vm => ((Vm)vm).Architecture);

    public static FactKey<string> Machine { get; } = Keys.Text("vm.machine", Platform, "machine type", vm => ((Vm)vm).Machine);

    public static FactKey<string> Hypervisor { get; } = Keys.Text("vm.hypervisor", Platform, "kind of virtual CPU", vm => ((Vm)vm).Hypervisor);

    public static FactKey<double> Disks { get; } = Keys.Number("vm.disks", Platform, "number of disks", FactUnit.None, vm => Fact.Known((double)((Vm)vm).Disks.Count(disk => disk.Device == "disk")));

    public static FactKey<double> Nics { get; } = Keys.Number("vm.nics", Platform, "number of network cards", FactUnit.None, vm => Fact.Known((double)((Vm)vm).Nics.Length));

    public static FactKey<ImmutableArray<string>> Media { get; } = Keys.List("vm.media", Platform, "media in its drives", vm => Fact.Known(((Vm)vm).Disks.Where(disk => disk.Device == "cdrom").Select(disk => disk.Name).ToImmutableArray()));

    public static FactKey<ImmutableArray<string>> Floppies { get; } = Keys.List("vm.floppies", Platform, "floppies", vm => Fact.Known(((Vm)vm).Disks.Where(disk => disk.Device == "floppy").Select(disk => disk.Name).ToImmutableArray()));

    public static FactKey<double> Snapshots { get; } = Keys.Number("vm.snapshots", Platform, "snapshots", FactUnit.None, vm => ((Vm)vm).Snapshots.Select(count => (double)count));

    public static FactKey<string> Busy { get; } = Keys.Text("vm.busy", Platform, "running job", vm => ((Vm)vm).BusyWith);

    public static FactKey<bool> Transient { get; } = Keys.Flag("vm.transient", Platform, "life without a definition", vm => Seen((Vm)vm, device => device.Kind == "transient").Select(found => !found.IsEmpty));

    public static FactKey<string> InventoryStatus { get; } = Keys.Text("vm.inventoryStatus", Platform, "inventory state");

    public static FactKey<ImmutableArray<string>> LiveBlockers { get; } = Keys.List("vm.liveBlockers", Platform, "the platform's own reasons against a live move");

    public static FactKey<bool> Autostart { get; } = Keys.Flag("vm.autostart", Platform, "start with its host", vm => ((Vm)vm).Autostart);

    public static FactKey<bool> Ha { get; } = Keys.Flag("vm.ha", Platform, "restart by high availability");

    public static FactKey<double> HaReservation { get; } = Keys.Number("vm.haReservation", Platform, "reserve of its cluster for failover", FactUnit.Percent);

    public static FactKey<bool> Ft { get; } = Keys.Flag("vm.ft", Platform, "fault tolerance");

    public static FactKey<bool> Drs { get; } = Keys.Flag("vm.drs", Platform, "automatic placement");

    public static FactKey<bool> ClusterRole { get; } = Keys.Flag("vm.clusterRole", Platform, "role of a failover cluster");

    public static FactKey<string> HostAffinity { get; } = Keys.Text("vm.hostAffinity", Platform, "rule that ties it to hosts");

    public static FactKey<ImmutableArray<string>> KeepApart { get; } = Keys.List("vm.keepApart", Platform, "VMs to keep apart from");

    public static FactKey<ImmutableArray<string>> KeepTogether { get; } = Keys.List("vm.keepTogether", Platform, "VMs to keep together with");

    public static FactKey<double> Tags { get; } = Keys.Number("vm.tags", Platform, "tags and custom properties");

    public static FactKey<ImmutableArray<string>> Owners { get; } = Keys.List("vm.owners", Platform, "owners");

    public static FactKey<string> Folder { get; } = Keys.Text("vm.folder", Platform, "folder or project");

    public static FactKey<ImmutableArray<string>> BootOrder { get; } = Keys.List("vm.bootOrder", Platform, "boot order");

    public static FactKey<bool> BootMenu { get; } = Keys.Flag("vm.bootMenu", Platform, "boot menu");

    public static FactKey<string> CpuMode { get; } = Keys.Text("vm.cpuMode", Platform, "CPU mode");

    public static FactKey<string> CpuModel { get; } = Keys.Text("vm.cpuModel", Platform, "CPU model", vm => ((Vm)vm).CpuModel);

    public static FactKey<ImmutableArray<string>> CpuFeatures { get; } = Keys.List("vm.cpuFeatures", Platform, "CPU features that the guest sees");

    public static FactKey<string> CpuVendor { get; } = Keys.Text("vm.cpuVendor", Platform, "CPU vendor that the guest sees");

    public static FactKey<bool> InvariantTsc { get; } = Keys.Flag("vm.invariantTsc", Platform, "invariant TSC");

    public static FactKey<bool> TscFrequency { get; } = Keys.Flag("vm.tscFrequency", Platform, "fixed TSC frequency");

    public static FactKey<double> Evc { get; } = Keys.Number("vm.evc", Platform, "CPU baseline level");

    public static FactKey<bool> Vpmu { get; } = Keys.Flag("vm.vpmu", Platform, "virtual performance counters");

    public static FactKey<bool> Nested { get; } = Keys.Flag("vm.nested", Platform, "nested virtualization");

    public static FactKey<double> Sockets { get; } = Keys.Number("vm.sockets", Platform, "CPU sockets");

    public static FactKey<string> CpuPinning { get; } = Keys.Text("vm.cpuPinning", Platform, "CPU pinning");

    public static FactKey<string> CpuShares { get; } = Keys.Text("vm.cpuShares", Platform, "CPU shares or limits");

    public static FactKey<bool> CpuHotplug { get; } = Keys.Flag("vm.cpuHotplug", Platform, "hot-add of CPUs");

    public static FactKey<string> CpuIsolation { get; } = Keys.Text("vm.cpuIsolation", Platform, "CPU isolation policy");

    public static FactKey<string> Confidential { get; } = Keys.Text("vm.confidential", Platform, "memory encryption");

    public static FactKey<double> MemoryReservation { get; } = Keys.Number("vm.memoryReservation", Platform, "reserved memory", FactUnit.Bytes);

    public static FactKey<double> Hugepages { get; } = Keys.Number("vm.hugepages", Platform, "memory on huge pages", FactUnit.Bytes);

    public static FactKey<string> Numa { get; } = Keys.Text("vm.numa", Platform, "NUMA layout");

    public static FactKey<bool> Balloon { get; } = Keys.Flag("vm.balloon", Platform, "ballooning or dynamic memory");

    public static FactKey<bool> MemoryHotplug { get; } = Keys.Flag("vm.memoryHotplug", Platform, "hot-add of memory");

    public static FactKey<bool> LooseDimm { get; } = Keys.Flag("vm.dimmWithoutAddress", Platform, "memory module without slot and base address");

    public static FactKey<string> SharedMemory { get; } = Keys.Text("vm.sharedMemory", Platform, "shared memory device with role");

    public static FactKey<double> Pmem { get; } = Keys.Number("vm.persistentMemory", Platform, "persistent memory", FactUnit.Bytes);

    public static FactKey<bool> MemoryLocked { get; } = Keys.Flag("vm.memoryLocked", Platform, "locked memory");

    public static FactKey<double> DirtyRate { get; } = Keys.Number("vm.dirtyRate", Metrics, "rate at which it changes memory", FactUnit.BytesPerSecond);

    public static FactKey<double> CpuAverage { get; } = Keys.Number("vm.cpuAverage", Metrics, "average CPU use", FactUnit.Percent);

    public static FactKey<double> CpuPeak { get; } = Keys.Number("vm.cpuPeak", Metrics, "peak CPU use", FactUnit.Percent);

    public static FactKey<double> MemoryPeak { get; } = Keys.Number("vm.memoryPeak", Metrics, "peak memory use", FactUnit.Percent);

    public static FactKey<double> Iops { get; } = Keys.Number("vm.iops", Metrics, "disk operations a second (p95)");

    public static FactKey<double> DiskLatency { get; } = Keys.Number("vm.diskLatency", Metrics, "disk latency (p99)", FactUnit.Seconds);

    public static FactKey<double> Churn { get; } = Keys.Number("vm.churn", Metrics, "rate at which it changes its disks", FactUnit.BytesPerSecond);

    public static FactKey<double> Traffic { get; } = Keys.Number("vm.traffic", Metrics, "network traffic", FactUnit.BytesPerSecond);

    public static FactKey<string> Firmware { get; } = Keys.Text("vm.firmware", Platform, "firmware", vm => ((Vm)vm).Firmware.Select(kind => kind == FirmwareKind.Uefi ? "uefi" : "bios"));

    public static FactKey<bool> SecureBoot { get; } = Keys.Flag("vm.secureBoot", Platform, "Secure Boot", vm => ((Vm)vm).SecureBoot);

    public static FactKey<string> NvramFile { get; } = Keys.Text("vm.nvram", Platform, "UEFI variable store");

    public static FactKey<double> HwVersion { get; } = Keys.Number("vm.hwVersion", Platform, "virtual hardware version");

    public static FactKey<bool> Tpm { get; } = Keys.Flag("vm.tpm", Platform, "TPM", vm => ((Vm)vm).Tpm);

    public static FactKey<string> TpmStore { get; } = Keys.Text("vm.tpmStore", Platform, "place of the TPM's state");

    public static FactKey<string> VmEncryption { get; } = Keys.Text("vm.encryption", Platform, "encryption by");

    public static FactKey<string> VmotionEncryption { get; } = Keys.Text("vm.liveEncryption", Platform, "encryption of live moves");

    public static FactKey<DateTimeOffset> KeyEnds { get; } = Keys.Date("vm.keyEnds", Platform, "end of its encryption key");

    public static FactKey<bool> SnapshotMemory { get; } = Keys.Flag("vm.snapshotMemory", Platform, "snapshot with memory");

    public static FactKey<double> SnapshotDepth { get; } = Keys.Number("vm.snapshotDepth", Platform, "longest chain of snapshots");

    public static FactKey<bool> Consolidation { get; } = Keys.Flag("vm.consolidationNeeded", Platform, "need of consolidation");

    public static FactKey<double> SnapshotGrowth { get; } = Keys.Number("vm.snapshotGrowth", Metrics, "growth of a snapshot during one round", FactUnit.Bytes);

    public static FactKey<double> SnapshotStun { get; } = Keys.Number("vm.snapshotPause", Metrics, "pause while a snapshot is made", FactUnit.Seconds);

    public static FactKey<bool> ChangeTracking { get; } = Keys.Flag("vm.changeTracking", Platform, "change tracking");

    public static FactKey<bool> TrackingReset { get; } = Keys.Flag("vm.changeTrackingReset", Platform, "change tracking that was reset");

    public static FactKey<ImmutableArray<string>> PciDevices { get; } = Keys.List("vm.pciDevices", Platform, "passed-through PCI devices", Devices("hostdev-pci"));

    public static FactKey<string> Gpu { get; } = Keys.Text("vm.gpu", Platform, "GPU profile");

    public static FactKey<ImmutableArray<string>> Mdev { get; } = Keys.List("vm.mdev", Platform, "mediated devices", Devices("hostdev-mdev"));

    public static FactKey<ImmutableArray<string>> Usb { get; } = Keys.List("vm.usb", Platform, "USB devices of its host", Devices("hostdev-usb"));

    public static FactKey<ImmutableArray<string>> ScsiGeneric { get; } = Keys.List("vm.scsiDevices", Platform, "SCSI devices of its host", Devices("hostdev-scsi"));

    public static FactKey<ImmutableArray<string>> Vfc { get; } = Keys.List("vm.fibreChannel", Platform, "virtual Fibre Channel adapters", Devices("vfc"));

    public static FactKey<ImmutableArray<string>> Serial { get; } = Keys.List("vm.serialPorts", Platform, "serial or parallel ports");

    public static FactKey<string> Watchdog { get; } = Keys.Text("vm.watchdog", Platform, "watchdog");

    public static FactKey<string> Display { get; } = Keys.Text("vm.display", Platform, "display");

    public static FactKey<bool> Display3d { get; } = Keys.Flag("vm.display3d", Platform, "3D display by its host's hardware");

    public static FactKey<string> Audio { get; } = Keys.Text("vm.audio", Platform, "sound device");

    public static FactKey<bool> NoRng { get; } = Keys.Flag("vm.randomDevice", Platform, "random number device");

    public static FactKey<ImmutableArray<string>> SharedFolders { get; } = Keys.List("vm.sharedFolders", Platform, "folders shared with its host", Devices("filesystem"));

    public static FactKey<ImmutableArray<string>> Vhost { get; } = Keys.List("vm.vhostDevices", Platform, "vhost-user, vsock or vDPA devices", Devices("vsock", "vhost-user", "vdpa"));

    public static FactKey<double> IoThreads { get; } = Keys.Number("vm.ioThreads", Platform, "I/O threads");

    public static FactKey<bool> HypervPassthrough { get; } = Keys.Flag("vm.hypervPassthrough", Platform, "passed-through Hyper-V features");

    public static FactKey<string> GraphicsListen { get; } = Keys.Text("vm.graphicsListen", Platform, "address that its display listens on");

    public static FactKey<ImmutableArray<string>> HostBound { get; } = Keys.List("vm.hostBoundDevices", Platform, "other devices of its host", OtherDevices);

    public static FactKey<bool> VmGenId { get; } = Keys.Flag("vm.generationId", Platform, "VM generation id");

    public static FactKey<string> Replicator { get; } = Keys.Text("vm.replicator", Platform, "replication by another tool");

    public static FactKey<bool> CloudMetadata { get; } = Keys.Flag("vm.usesMetadata", Platform, "use of its cloud's metadata service");

    public static FactKey<string> MarketplaceCode { get; } = Keys.Text("vm.marketplace", Platform, "marketplace product");

    public static FactKey<string> Appliance { get; } = Keys.Text("vm.appliance", Platform, "vendor's appliance");

    public static FactKey<bool> Physical { get; } = Keys.Flag("vm.physical", Platform, "bare metal");

    public static FactKey<ImmutableArray<string>> LoadBalancers { get; } = Keys.List("vm.loadBalancers", Platform, "load balancer pools");

    public static FactKey<double> SecurityRules { get; } = Keys.Number("vm.securityRules", Platform, "firewall rules without a twin at the target");

    public static FactKey<ImmutableArray<string>> PublicPorts { get; } = Keys.List("vm.newPublicPorts", Platform, "ports that would be open to the world");

    public static FactKey<double> UserDataSecrets { get; } = Keys.Number("vm.userDataSecrets", Platform, "credentials in its user data");

    public static FactKey<bool> AgentAnswers { get; } = Keys.Flag("vm.agent", Agent, "answer of the guest agent", vm => ((Vm)vm).AgentAnswers);

    internal static IReadOnlyList<FactKey> All => Keys.Keys;

    private static Func<object, Fact<ImmutableArray<string>>> Devices(params string[] kinds) => vm => Seen((Vm)vm, device => kinds.Contains(device.Kind));

    private static Fact<ImmutableArray<string>> OtherDevices(object vm) => Seen((Vm)vm, device => device.Kind is not
        ("hostdev-pci" or "hostdev-mdev" or "hostdev-usb" or "hostdev-scsi" or "vfc" or "filesystem" or "vsock" or "vhost-user" or "vdpa" or "tpm" or "transient"));

    private static Fact<ImmutableArray<string>> Seen(Vm vm, Func<SpecialDevice, bool> which) =>
        vm.SpecialDevices.Where(which).Select(device => device.Description).ToImmutableArray() is { IsEmpty: false } some ? Fact.Known(some)
        : vm.DevicesSeen ? Fact.Known(ImmutableArray<string>.Empty) : Fact<ImmutableArray<string>>.Unknown("the platform does not tell its devices");
}
