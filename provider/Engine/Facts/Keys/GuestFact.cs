using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of the system inside the VM.</summary>
public static class GuestFact
{
    private static readonly KeyList Keys = new(FactScope.Vm);

    public static FactKey<string> Os { get; } = Keys.Text("guest.os", Agent, "operating system", vm => ((Vm)vm).GuestOs);

    public static FactKey<string> Family { get; } = Keys.Text("guest.family", Agent, "family of operating system", vm => ((Vm)vm).GuestOs.IsKnown ? Fact.Known(GuestFamily.Of(((Vm)vm).GuestOs.Value)) : Fact<string>.Unknown(((Vm)vm).GuestOs.WhyUnknown));

    public static FactKey<string> OsConfigured { get; } = Keys.Text("guest.osConfigured", Platform, "operating system as configured");

    public static FactKey<DateTimeOffset> OsEnds { get; } = Keys.Date("guest.osEnds", Platform, "end of the operating system's support");

    public static FactKey<string> OsSuccessor { get; } = Keys.Text("guest.osSuccessor", Declared, "recommended successor");

    public static FactKey<double> Bits { get; } = Keys.Number("guest.bits", Agent, "word length");

    public static FactKey<double> MaxCpus { get; } = Keys.Number("guest.maxCpus", Agent, "CPUs that its edition uses");

    public static FactKey<string> DriverGeneration { get; } = Keys.Text("guest.driverGeneration", Agent, "generation of its drivers");

    public static FactKey<ImmutableArray<string>> NoArm { get; } = Keys.List("guest.packagesWithoutArm", Declared, "packages without an arm64 build");

    public static FactKey<string> Kernel { get; } = Keys.Text("guest.kernel", Disks, "kernel");

    public static FactKey<bool> KernelCustom { get; } = Keys.Flag("guest.kernelCustom", Disks, "self-built kernel");

    public static FactKey<bool> XenPvOnly { get; } = Keys.Flag("guest.xenPvOnly", Disks, "kernel for paravirtual Xen only");

    public static FactKey<ImmutableArray<string>> KernelModules { get; } = Keys.List("guest.kernelModules", Disks, "kernel modules of third parties");

    public static FactKey<bool> GrubEdited { get; } = Keys.Flag("guest.grubEdited", Disks, "hand-edited boot loader configuration");

    public static FactKey<double> SelinuxFiles { get; } = Keys.Number("guest.selinuxFiles", Disks, "files in one folder to relabel");

    public static FactKey<bool> WindowsNoVirtio { get; } = Keys.Flag("guest.windowsWithoutVirtio", Disks, "lack of signed virtio drivers");

    public static FactKey<bool> WindowsNoSha2 { get; } = Keys.Flag("guest.windowsWithoutSha2", Disks, "lack of the SHA-2 update");

    public static FactKey<ImmutableArray<string>> DriverBlockers { get; } = Keys.List("guest.driverBlockers", Disks, "products that block drivers");

    public static FactKey<bool> PowerShellSigned { get; } = Keys.Flag("guest.signedScriptsOnly", Disks, "PowerShell that runs signed scripts only");

    public static FactKey<string> Locale { get; } = Keys.Text("guest.locale", Disks, "locale");

    public static FactKey<string> Edition { get; } = Keys.Text("guest.edition", Disks, "edition");

    public static FactKey<string> Activation { get; } = Keys.Text("guest.activation", Disks, "activation channel");

    public static FactKey<bool> Vss { get; } = Keys.Flag("guest.vss", Agent, "VSS service");

    public static FactKey<bool> Ena { get; } = Keys.Flag("guest.ena", Disks, "ENA driver");

    public static FactKey<bool> Nvme { get; } = Keys.Flag("guest.nvme", Disks, "NVMe driver");

    public static FactKey<bool> HypervDrivers { get; } = Keys.Flag("guest.hypervDrivers", Disks, "Hyper-V drivers in its initial RAM disk");

    public static FactKey<bool> Virtio { get; } = Keys.Flag("guest.virtio", Disks, "virtio drivers in its kernel");

    public static FactKey<bool> Pvscsi { get; } = Keys.Flag("guest.vmwareDrivers", Disks, "vmxnet3 and pvscsi drivers");

    public static FactKey<bool> Python { get; } = Keys.Flag("guest.python", Agent, "Python");

    public static FactKey<ImmutableArray<string>> AgentPackages { get; } = Keys.List("guest.missingPackages", Agent, "packages that the agent lacks");

    public static FactKey<bool> Acpi { get; } = Keys.Flag("guest.acpi", Disks, "ACPI");

    public static FactKey<string> ClockSource { get; } = Keys.Text("guest.clockSource", Agent, "clock source of the old platform");

    public static FactKey<string> CmdlineRoot { get; } = Keys.Text("guest.kernelCommandLine", Disks, "device names on its kernel command line");

    public static FactKey<bool> InstallerMounted { get; } = Keys.Flag("guest.toolsInstaller", Agent, "installer of guest tools in its drive");

    public static FactKey<string> Tools { get; } = Keys.Text("guest.tools", Agent, "guest tools");

    public static FactKey<bool> ToolsStay { get; } = Keys.Flag("guest.toolsCannotBeRemoved", Agent, "guest tools that cannot be removed elsewhere");

    public static FactKey<bool> TargetAgent { get; } = Keys.Flag("guest.targetAgent", Agent, "agent of the target's platform");

    public static FactKey<double> FreeMemory { get; } = Keys.Number("guest.freeMemory", Agent, "free memory in the guest", FactUnit.Bytes);

    public static FactKey<ImmutableArray<string>> BlockFilters { get; } = Keys.List("guest.blockFilters", Agent, "agents that hook into its disks");

    public static FactKey<ImmutableArray<string>> Edr { get; } = Keys.List("guest.securityProducts", Agent, "security products");

    public static FactKey<ImmutableArray<string>> ConfigAgents { get; } = Keys.List("guest.configurationAgents", Agent, "configuration agents");

    public static FactKey<ImmutableArray<string>> Monitoring { get; } = Keys.List("guest.monitoring", Agent, "monitoring agents");

    public static FactKey<bool> RemoteAccess { get; } = Keys.Flag("guest.remoteAccess", Agent, "remote access (RDP or SSH)");

    public static FactKey<double> PersistentRoutes { get; } = Keys.Number("guest.persistentRoutes", Agent, "persistent routes");

    public static FactKey<bool> CustomKeys { get; } = Keys.Flag("guest.customBootKeys", Disks, "self-enrolled Secure Boot keys");

    public static FactKey<bool> MeasuredBoot { get; } = Keys.Flag("guest.measuredBoot", Disks, "secrets sealed to a measured boot");

    public static FactKey<bool> FallbackLoader { get; } = Keys.Flag("guest.fallbackLoader", Disks, "fallback boot loader");

    public static FactKey<double> BootDisks { get; } = Keys.Number("guest.bootDisks", Disks, "bootable disks");

    public static FactKey<double> OsRoots { get; } = Keys.Number("guest.osRoots", Disks, "installed systems");

    public static FactKey<bool> BootSpansDisks { get; } = Keys.Flag("guest.bootSpansDisks", Disks, "boot files spread over disks");

    public static FactKey<string> BootLoader { get; } = Keys.Text("guest.bootLoader", Disks, "boot loader");

    public static FactKey<double> FstabPaths { get; } = Keys.Number("guest.fstabByPath", Disks, "fstab entries by path");

    public static FactKey<double> FstabNames { get; } = Keys.Number("guest.fstabByName", Disks, "fstab entries by device name");

    public static FactKey<ImmutableArray<string>> NetworkMounts { get; } = Keys.List("guest.networkMounts", Disks, "network mounts without nofail");

    public static FactKey<ImmutableArray<string>> InitramfsMissing { get; } = Keys.List("guest.initramfsMissing", Disks, "drivers missing in its initial RAM disk");

    public static FactKey<bool> Hibernated { get; } = Keys.Flag("guest.hibernated", Disks, "hibernated volume");

    public static FactKey<bool> PendingReboot { get; } = Keys.Flag("guest.pendingReboot", Agent, "pending restart");

    public static FactKey<bool> Console { get; } = Keys.Flag("guest.console", Platform, "serial console");

    public static FactKey<double> BootedAgo { get; } = Keys.Number("guest.bootedAgo", Agent, "time since its last start", FactUnit.Seconds);

    public static FactKey<string> Hostname { get; } = Keys.Text("guest.hostname", Agent, "host name");

    public static FactKey<bool> DomainJoined { get; } = Keys.Flag("guest.domainJoined", Agent, "membership of a domain");

    public static FactKey<bool> CloudInit { get; } = Keys.Flag("guest.cloudInit", Agent, "cloud-init or sysprep");

    public static FactKey<string> Bitlocker { get; } = Keys.Text("guest.bitlocker", Disks, "BitLocker");

    public static FactKey<ImmutableArray<string>> Luks { get; } = Keys.List("guest.luks", Disks, "LUKS volumes");

    public static FactKey<bool> LuksTpmOnly { get; } = Keys.Flag("guest.luksTpmOnly", Disks, "LUKS volume that only the TPM opens");

    public static FactKey<string> BootPin { get; } = Keys.Text("guest.bootPin", Disks, "secret at boot");

    public static FactKey<bool> CredentialGuard { get; } = Keys.Flag("guest.credentialGuard", Agent, "Credential Guard");

    public static FactKey<double> TpmCertificates { get; } = Keys.Number("guest.tpmCertificates", Agent, "certificates bound to its TPM");

    public static FactKey<bool> OsNeedsTpm { get; } = Keys.Flag("guest.needsTpm", Agent, "system that needs a TPM");

    public static FactKey<double> CriticalCves { get; } = Keys.Number("guest.criticalCves", Agent, "critical vulnerabilities");

    public static FactKey<double> ScanAge { get; } = Keys.Number("guest.scanAge", Agent, "age of its last vulnerability scan", FactUnit.Seconds);

    public static FactKey<double> PatchAge { get; } = Keys.Number("guest.patchAge", Agent, "age of its patches", FactUnit.Seconds);

    public static FactKey<string> Malware { get; } = Keys.Text("guest.malware", Agent, "malware");

    public static FactKey<bool> Quiesce { get; } = Keys.Flag("guest.quiesce", Agent, "way to quiesce (VSS, fsfreeze or hooks)");

    public static FactKey<string> Database { get; } = Keys.Text("guest.database", Agent, "database");

    public static FactKey<string> AppCluster { get; } = Keys.Text("guest.cluster", Platform, "application cluster");

    public static FactKey<bool> DomainController { get; } = Keys.Flag("guest.domainController", Platform, "domain controller");

    public static FactKey<double> HardcodedIps { get; } = Keys.Number("guest.hardcodedAddresses", Agent, "files with its address");

    public static FactKey<string> Timezone { get; } = Keys.Text("guest.timezone", Agent, "time zone that jobs depend on");

    public static FactKey<bool> AutostartJobs { get; } = Keys.Flag("guest.jobsAtStart", Agent, "jobs that start with it");

    public static FactKey<ImmutableArray<string>> GuestVlans { get; } = Keys.List("guest.vlans", Agent, "VLANs tagged by the guest");

    public static FactKey<ImmutableArray<string>> VirtualIps { get; } = Keys.List("guest.virtualAddresses", Agent, "virtual addresses (VRRP, multicast)");

    public static FactKey<ImmutableArray<string>> Bonds { get; } = Keys.List("guest.bonds", Agent, "bonded cards");

    public static FactKey<bool> PersistentNames { get; } = Keys.Flag("guest.persistentCardNames", Agent, "card names bound to hardware addresses");

    public static FactKey<ImmutableArray<string>> StaticAddresses { get; } = Keys.List("guest.staticAddresses", Agent, "static addresses");

    public static FactKey<ImmutableArray<string>> Addresses { get; } = Keys.List("guest.addresses", Agent, "addresses", vm => ((Vm)vm).Addresses.IsEmpty ? Fact<ImmutableArray<string>>.Unknown("the guest agent tells none") : Fact.Known(((Vm)vm).Addresses));

    public static FactKey<ImmutableArray<string>> Ipv6 { get; } = Keys.List("guest.ipv6", Agent, "IPv6 addresses", vm => ((Vm)vm).Addresses.IsEmpty ? Fact<ImmutableArray<string>>.Unknown("the guest agent tells no address") : Fact.Known(((Vm)vm).Addresses.Where(address => address.Contains(':') && !address.StartsWith("fe80", StringComparison.OrdinalIgnoreCase)).ToImmutableArray()));

    public static FactKey<bool> Multipath { get; } = Keys.Flag("guest.multipath", Agent, "multipath");

    public static FactKey<ImmutableArray<string>> RaidDisks { get; } = Keys.List("guest.raidDisks", Disks, "disks joined by software RAID or LVM");

    public static FactKey<string> DynamicDisk { get; } = Keys.Text("guest.dynamicDisk", Disks, "dynamic disks");

    public static FactKey<ImmutableArray<string>> Filesystems { get; } = Keys.List("guest.filesystems", Disks, "filesystems");

    public static FactKey<ImmutableArray<string>> FilesystemFeatures { get; } = Keys.List("guest.filesystemFeatures", Disks, "new filesystem features");

    public static FactKey<double> FreeSpace { get; } = Keys.Number("guest.freeSpace", Disks, "free space on its fullest system volume", FactUnit.Bytes);

    public static FactKey<double> FreeInodes { get; } = Keys.Number("guest.freeInodes", Disks, "free inodes on its fullest filesystem");

    public static FactKey<ImmutableArray<string>> DirtyFilesystem { get; } = Keys.List("guest.uncleanFilesystems", Disks, "filesystems that were not cleanly unmounted");

    public static FactKey<ImmutableArray<string>> UnmappedMounts { get; } = Keys.List("guest.unmappedMounts", Agent, "mount points without a known disk");

    public static FactKey<ImmutableArray<string>> NoTrim { get; } = Keys.List("guest.withoutTrim", Disks, "filesystems without trim");

    public static FactKey<bool> DriveD { get; } = Keys.Flag("guest.driveD", Disks, "drive letter D");

    public static FactKey<string> SanPolicy { get; } = Keys.Text("guest.sanPolicy", Disks, "SAN policy");

    public static FactKey<bool> EphemeralData { get; } = Keys.Flag("guest.ephemeralData", Agent, "data on an ephemeral disk");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
