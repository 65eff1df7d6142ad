using System.Collections.Immutable;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Checks;

/// <summary>Every threshold, with the catalogue's default.</summary>
public static class PolicyKeys
{
    private const double Day = 86400;

    public static PolicyKey CpuAverage { get; } = new("cpuAverage", FactUnit.Percent, 70, "Most average CPU use of the target's host after placement, in percent.");

    public static PolicyKey CpuPeak { get; } = new("cpuPeak", FactUnit.Percent, 90, "Most peak CPU use of the target's host after placement, in percent.");

    public static PolicyKey VcpuRatio { get; } = new("vcpuRatio", FactUnit.None, 4, "Most virtual CPUs for each CPU of the target's host after placement.");

    public static PolicyKey MemoryCommit { get; } = new("memoryCommit", FactUnit.Percent, 100, "Most memory promised to VMs, in percent of the target host's memory.");

    public static PolicyKey StorageSlack { get; } = new("storageSlack", FactUnit.Percent, 10, "Room to leave free in the storage pool, in percent of the disks' length.");

    public static PolicyKey HighIops { get; } = new("highIops", FactUnit.None, 3000, "From how many operations a second (p95) a disk needs an SSD class.");

    public static PolicyKey HypervMinimum { get; } = new("hypervVolume", FactUnit.Bytes, 1e12, "Least size of a Hyper-V volume.");

    public static PolicyKey StagingMinimum { get; } = new("stagingSpace", FactUnit.Bytes, 1024.0 * 1024 * 1024, "Least room for temporary files where guests are converted.");

    public static PolicyKey LinkTimesTraffic { get; } = new("linkTimesTraffic", FactUnit.None, 2, "How many times the VM's traffic the link must carry.");

    public static PolicyKey NatRate { get; } = new("natRate", FactUnit.BytesPerSecond, 1e9 / 8, "Least rate of a path through NAT or a proxy.");

    public static PolicyKey LiveLatency { get; } = new("liveLatency", FactUnit.Seconds, 0.002, "Most round-trip time for a live move without a warning.");

    public static PolicyKey LiveLatencyMost { get; } = new("liveLatencyMost", FactUnit.Seconds, 0.150, "Round-trip time above which a live move is impossible.");

    public static PolicyKey LiveRate { get; } = new("liveRate", FactUnit.BytesPerSecond, 250e6 / 8, "Least rate for each live move.");

    public static PolicyKey HcxRate { get; } = new("hcxRate", FactUnit.BytesPerSecond, 100e6 / 8, "Least rate for moves over HCX.");

    public static PolicyKey HypervLiveRate { get; } = new("hypervLiveRate", FactUnit.BytesPerSecond, 1e9 / 8, "Least rate of a Hyper-V network for live moves.");

    public static PolicyKey StreamRate { get; } = new("streamRate", FactUnit.BytesPerSecond, 20e6 / 8, "Least rate of a tool that streams disks to Google Cloud.");

    public static PolicyKey Loss { get; } = new("loss", FactUnit.Percent, 0.1, "Most packets lost on the link, in percent.");

    public static PolicyKey Rpo { get; } = new("rpo", FactUnit.Seconds, 300, "Most data at risk (recovery point objective).");

    public static PolicyKey RecoveryPoints { get; } = new("recoveryPoints", FactUnit.None, 5, "How many recovery points the target must keep.");

    public static PolicyKey BackupAge { get; } = new("backupAge", FactUnit.Seconds, Day, "Most age of the last good backup.");

    public static PolicyKey RestoreTestAge { get; } = new("restoreTestAge", FactUnit.Seconds, 90 * Day, "Most age of the last test of a restore.");

    public static PolicyKey ScanAge { get; } = new("scanAge", FactUnit.Seconds, 7 * Day, "Most age of the last scan for vulnerabilities.");

    public static PolicyKey PatchAge { get; } = new("patchAge", FactUnit.Seconds, 30 * Day, "Most age of the guest's patches.");

    public static PolicyKey BootAge { get; } = new("bootAge", FactUnit.Seconds, 180 * Day, "Most time since the guest's last start.");

    public static PolicyKey DnsTtl { get; } = new("dnsTtl", FactUnit.Seconds, 300, "Most time to live of DNS records before cutover.");

    public static PolicyKey HealthInterval { get; } = new("healthInterval", FactUnit.Seconds, 30, "Most time between two health checks of the load balancer.");

    public static PolicyKey HealthFailures { get; } = new("healthFailures", FactUnit.None, 5, "Most failed health checks before a member is down.");

    public static PolicyKey MemberLoad { get; } = new("memberLoad", FactUnit.Percent, 80, "Most load of each remaining member while this one moves, in percent.");

    public static PolicyKey CertificateDays { get; } = new("certificateNotice", FactUnit.Seconds, 30 * Day, "How long certificates must still be valid.");

    public static PolicyKey P99 { get; } = new("p99", FactUnit.Seconds, 0.200, "Most latency (99th percentile) of the application after the move.");

    public static PolicyKey ClockSkew { get; } = new("clockSkew", FactUnit.Seconds, 300, "Most difference of clocks.");

    public static PolicyKey FactAge { get; } = new("factAge", FactUnit.Seconds, 900, "Most age of facts at preview.");

    public static PolicyKey LimitsAge { get; } = new("limitsAge", FactUnit.Seconds, 90 * Day, "Most age of the table of cloud limits.");

    public static PolicyKey SnapshotDepth { get; } = new("snapshotDepth", FactUnit.None, 30, "Most snapshots in one chain before a warm move, of the 32 that vSphere allows.");

    public static PolicyKey FreeInodes { get; } = new("freeInodes", FactUnit.None, 100, "Least free inodes for each filesystem of a guest that is converted.");

    public static PolicyKey FreeSpace { get; } = new("guestFreeSpace", FactUnit.Bytes, 100e6, "Least free space on the guest's root for conversion.");

    public static PolicyKey AgentMemory { get; } = new("agentMemory", FactUnit.Bytes, 300e6, "Least free memory for a replication agent.");

    public static PolicyKey Stun { get; } = new("stun", FactUnit.Seconds, 5, "Most pause that a snapshot may cause.");

    public static PolicyKey RelabelFiles { get; } = new("relabelFiles", FactUnit.None, 1e6, "Files in one folder above which SELinux relabelling needs more memory.");

    public static PolicyKey PeakOfSize { get; } = new("rightSizePeak", FactUnit.Percent, 40, "Peak use of a VM's CPUs or memory below which a smaller size is suggested, in percent.");

    public static ImmutableArray<PolicyKey> All { get; } =
    [
        CpuAverage, CpuPeak, VcpuRatio, MemoryCommit, StorageSlack, HighIops, HypervMinimum, StagingMinimum, LinkTimesTraffic, NatRate, LiveLatency, LiveLatencyMost,
        LiveRate, HcxRate, HypervLiveRate, StreamRate, Loss, Rpo, RecoveryPoints, BackupAge, RestoreTestAge, ScanAge, PatchAge, BootAge, DnsTtl, HealthInterval,
        HealthFailures, MemberLoad, CertificateDays, P99, ClockSkew, FactAge, LimitsAge, SnapshotDepth, FreeInodes, FreeSpace, AgentMemory, Stun, RelabelFiles, PeakOfSize,
    ];
}
