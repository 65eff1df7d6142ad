using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of a host; declared plainly they are about the target, with <c>source.</c> before them about the source.</summary>
public static class HostFact
{
    private static readonly KeyList Keys = new(FactScope.Host);

    public static FactKey<double> Cpus { get; } = Keys.Number("host.cpus", Platform, "CPUs", FactUnit.None, host => ((Hypervisor)host).Cpus.Select(cpus => (double)cpus));

    public static FactKey<double> Memory { get; } = Keys.Number("host.memory", Platform, "memory", FactUnit.Bytes, host => ((Hypervisor)host).MemoryBytes.Select(bytes => (double)bytes));

    public static FactKey<double> FreeMemory { get; } = Keys.Number("host.freeMemory", Platform, "free memory", FactUnit.Bytes, host => ((Hypervisor)host).FreeMemoryBytes.Select(bytes => (double)bytes));

    public static FactKey<string> Architecture { get; } = Keys.Text("host.arch", Platform, "architecture", host => ((Hypervisor)host).Architecture);

    public static FactKey<double> MaxVcpus { get; } = Keys.Number("host.maxVcpus", Platform, "virtual CPUs for one VM");

    public static FactKey<double> MaxMemory { get; } = Keys.Number("host.maxMemory", Platform, "memory for one VM", FactUnit.Bytes);

    public static FactKey<double> Frequency { get; } = Keys.Number("host.frequency", Platform, "clock", FactUnit.Hertz);

    public static FactKey<string> CpuVendor { get; } = Keys.Text("host.cpuVendor", Platform, "CPU vendor");

    public static FactKey<string> CpuModel { get; } = Keys.Text("host.cpuModel", Platform, "CPU model", host => ((Hypervisor)host).CpuModel);

    public static FactKey<ImmutableArray<string>> CpuFeatures { get; } = Keys.List("host.cpuFeatures", Platform, "CPU features");

    public static FactKey<ImmutableArray<string>> CpuModels { get; } = Keys.List("host.cpuModels", Platform, "CPU models that it offers");

    public static FactKey<string> Microcode { get; } = Keys.Text("host.microcode", Platform, "microcode");

    public static FactKey<ImmutableArray<string>> Accelerations { get; } = Keys.List("host.accelerations", Platform, "kinds of virtual CPU", host => ((Hypervisor)host).Accelerations is { IsEmpty: false } kinds ? Fact.Known(kinds) : default);

    public static FactKey<ImmutableArray<string>> Machines { get; } = Keys.List("host.machines", Platform, "machine types", host => ((Hypervisor)host).Machines is { IsEmpty: false } machines ? Fact.Known(machines) : default);

    public static FactKey<double> HwVersion { get; } = Keys.Number("host.hwVersion", Platform, "newest virtual hardware version");

    public static FactKey<double> Evc { get; } = Keys.Number("host.evc", Platform, "CPU baseline level");

    public static FactKey<bool> Vpmu { get; } = Keys.Flag("host.vpmu", Platform, "performance counters");

    public static FactKey<bool> Nested { get; } = Keys.Flag("host.nested", Platform, "nested virtualization");

    public static FactKey<double> MaxSockets { get; } = Keys.Number("host.maxSockets", Platform, "CPU sockets for one VM");

    public static FactKey<double> Hugepages { get; } = Keys.Number("host.freeHugepages", Platform, "free huge pages", FactUnit.Bytes);

    public static FactKey<double> CpuAverage { get; } = Keys.Number("host.cpuAverage", Metrics, "average CPU use", FactUnit.Percent);

    public static FactKey<double> CpuPeak { get; } = Keys.Number("host.cpuPeak", Metrics, "peak CPU use", FactUnit.Percent);

    public static FactKey<double> Vcpus { get; } = Keys.Number("host.vcpus", Platform, "virtual CPUs of all its VMs");

    public static FactKey<double> MemoryCommitted { get; } = Keys.Number("host.memoryCommitted", Platform, "memory of all its VMs", FactUnit.Bytes);

    public static FactKey<double> SharedPages { get; } = Keys.Number("host.sharedPages", Metrics, "memory saved by page sharing", FactUnit.Bytes);

    public static FactKey<string> State { get; } = Keys.Text("host.state", Platform, "state");

    public static FactKey<ImmutableArray<string>> Firmwares { get; } = Keys.List("host.firmwares", Platform, "firmware that it offers");

    public static FactKey<bool> Tpm { get; } = Keys.Flag("host.tpm", Platform, "virtual TPM");

    public static FactKey<bool> SecureBoot { get; } = Keys.Flag("host.secureBoot", Platform, "Secure Boot");

    public static FactKey<ImmutableArray<string>> Buses { get; } = Keys.List("host.diskBuses", Platform, "disk buses");

    public static FactKey<ImmutableArray<string>> NicModels { get; } = Keys.List("host.nicModels", Platform, "card models");

    public static FactKey<ImmutableArray<string>> Gpus { get; } = Keys.List("host.gpus", Platform, "GPU profiles");

    public static FactKey<double> FreeVfs { get; } = Keys.Number("host.freeVirtualFunctions", Platform, "free SR-IOV virtual functions");

    public static FactKey<bool> Iommu { get; } = Keys.Flag("host.iommu", Platform, "IOMMU");

    public static FactKey<bool> LiveEnabled { get; } = Keys.Flag("host.liveEnabled", Platform, "live migration");

    public static FactKey<string> AdDomain { get; } = Keys.Text("host.domain", Platform, "Active Directory domain");

    public static FactKey<ImmutableArray<string>> Mitigations { get; } = Keys.List("host.mitigations", Platform, "mitigations of CPU flaws");

    public static FactKey<string> PatchLevel { get; } = Keys.Text("host.patchLevel", Platform, "patch level");

    public static FactKey<double> LiveParallel { get; } = Keys.Number("host.liveParallel", Platform, "live moves at a time");

    public static FactKey<string> ManagementFamily { get; } = Keys.Text("host.managementFamily", Platform, "address family of its management network");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
