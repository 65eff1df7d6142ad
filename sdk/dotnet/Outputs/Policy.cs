// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// Thresholds of preview's checks. docs/checks/policy.md says which check uses which.
    /// </summary>
    [OutputType]
    public sealed class Policy
    {
        /// <summary>
        /// Least free memory for a replication agent. Default: 286 MiB. A size with its unit, such as `40GiB`.
        /// </summary>
        public readonly string? AgentMemory;
        /// <summary>
        /// Most age of the last good backup. Default: 24 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? BackupAge;
        /// <summary>
        /// Most time since the guest's last start. Default: 4320 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? BootAge;
        /// <summary>
        /// How long certificates must still be valid. Default: 720 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? CertificateNotice;
        /// <summary>
        /// Most difference of clocks. Default: 5 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? ClockSkew;
        /// <summary>
        /// Most average CPU use of the target's host after placement, in percent. Default: 70 %.
        /// </summary>
        public readonly double? CpuAverage;
        /// <summary>
        /// Most peak CPU use of the target's host after placement, in percent. Default: 90 %.
        /// </summary>
        public readonly double? CpuPeak;
        /// <summary>
        /// Most time to live of DNS records before cutover. Default: 5 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? DnsTtl;
        /// <summary>
        /// Most age of facts at preview. Default: 15 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? FactAge;
        /// <summary>
        /// Least free inodes for each filesystem of a guest that is converted. Default: 100.
        /// </summary>
        public readonly double? FreeInodes;
        /// <summary>
        /// Least free space on the guest's root for conversion. Default: 95.4 MiB. A size with its unit, such as `40GiB`.
        /// </summary>
        public readonly string? GuestFreeSpace;
        /// <summary>
        /// Least rate for moves over HCX. Default: 100 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        public readonly string? HcxRate;
        /// <summary>
        /// Most failed health checks before a member is down. Default: 5.
        /// </summary>
        public readonly double? HealthFailures;
        /// <summary>
        /// Most time between two health checks of the load balancer. Default: 30 s. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? HealthInterval;
        /// <summary>
        /// From how many operations a second (p95) a disk needs an SSD class. Default: 3000.
        /// </summary>
        public readonly double? HighIops;
        /// <summary>
        /// Least rate of a Hyper-V network for live moves. Default: 1,000 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        public readonly string? HypervLiveRate;
        /// <summary>
        /// Least size of a Hyper-V volume. Default: 931 GiB. A size with its unit, such as `40GiB`.
        /// </summary>
        public readonly string? HypervVolume;
        /// <summary>
        /// Most age of the table of cloud limits. Default: 2160 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? LimitsAge;
        /// <summary>
        /// How many times the VM's traffic the link must carry. Default: 2.
        /// </summary>
        public readonly double? LinkTimesTraffic;
        /// <summary>
        /// Most round-trip time for a live move without a warning. Default: 2 ms. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? LiveLatency;
        /// <summary>
        /// Round-trip time above which a live move is impossible. Default: 150 ms. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? LiveLatencyMost;
        /// <summary>
        /// Least rate for each live move. Default: 250 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        public readonly string? LiveRate;
        /// <summary>
        /// Most packets lost on the link, in percent. Default: 0.1 %.
        /// </summary>
        public readonly double? Loss;
        /// <summary>
        /// Most load of each remaining member while this one moves, in percent. Default: 80 %.
        /// </summary>
        public readonly double? MemberLoad;
        /// <summary>
        /// Most memory promised to VMs, in percent of the target host's memory. Default: 100 %.
        /// </summary>
        public readonly double? MemoryCommit;
        /// <summary>
        /// Least rate of a path through NAT or a proxy. Default: 1,000 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        public readonly string? NatRate;
        /// <summary>
        /// Most latency (99th percentile) of the application after the move. Default: 200 ms. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? P99;
        /// <summary>
        /// Most age of the guest's patches. Default: 720 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? PatchAge;
        /// <summary>
        /// How many recovery points the target must keep. Default: 5.
        /// </summary>
        public readonly double? RecoveryPoints;
        /// <summary>
        /// Files in one folder above which SELinux relabelling needs more memory. Default: 1000000.
        /// </summary>
        public readonly double? RelabelFiles;
        /// <summary>
        /// Most age of the last test of a restore. Default: 2160 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? RestoreTestAge;
        /// <summary>
        /// Peak use of a VM's CPUs or memory below which a smaller size is suggested, in percent. Default: 40 %.
        /// </summary>
        public readonly double? RightSizePeak;
        /// <summary>
        /// Most data at risk (recovery point objective). Default: 5 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Rpo;
        /// <summary>
        /// Most age of the last scan for vulnerabilities. Default: 168 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? ScanAge;
        /// <summary>
        /// Most snapshots in one chain before a warm move, of the 32 that vSphere allows. Default: 30.
        /// </summary>
        public readonly double? SnapshotDepth;
        /// <summary>
        /// Least room for temporary files where guests are converted. Default: 1 GiB. A size with its unit, such as `40GiB`.
        /// </summary>
        public readonly string? StagingSpace;
        /// <summary>
        /// Room to leave free in the storage pool, in percent of the disks' length. Default: 10 %.
        /// </summary>
        public readonly double? StorageSlack;
        /// <summary>
        /// Least rate of a tool that streams disks to Google Cloud. Default: 20 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        public readonly string? StreamRate;
        /// <summary>
        /// Most pause that a snapshot may cause. Default: 5 s. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Stun;
        /// <summary>
        /// How bad it is that checks could not be judged for want of facts. Default: Note.
        /// </summary>
        public readonly VmMigrate.Sdk.FindingSeverity? UnknownFacts;
        /// <summary>
        /// Most virtual CPUs for each CPU of the target's host after placement. Default: 4.
        /// </summary>
        public readonly double? VcpuRatio;

        [OutputConstructor]
        private Policy(
            string? agentMemory,

            string? backupAge,

            string? bootAge,

            string? certificateNotice,

            string? clockSkew,

            double? cpuAverage,

            double? cpuPeak,

            string? dnsTtl,

            string? factAge,

            double? freeInodes,

            string? guestFreeSpace,

            string? hcxRate,

            double? healthFailures,

            string? healthInterval,

            double? highIops,

            string? hypervLiveRate,

            string? hypervVolume,

            string? limitsAge,

            double? linkTimesTraffic,

            string? liveLatency,

            string? liveLatencyMost,

            string? liveRate,

            double? loss,

            double? memberLoad,

            double? memoryCommit,

            string? natRate,

            string? p99,

            string? patchAge,

            double? recoveryPoints,

            double? relabelFiles,

            string? restoreTestAge,

            double? rightSizePeak,

            string? rpo,

            string? scanAge,

            double? snapshotDepth,

            string? stagingSpace,

            double? storageSlack,

            string? streamRate,

            string? stun,

            VmMigrate.Sdk.FindingSeverity? unknownFacts,

            double? vcpuRatio)
        {
            AgentMemory = agentMemory;
            BackupAge = backupAge;
            BootAge = bootAge;
            CertificateNotice = certificateNotice;
            ClockSkew = clockSkew;
            CpuAverage = cpuAverage;
            CpuPeak = cpuPeak;
            DnsTtl = dnsTtl;
            FactAge = factAge;
            FreeInodes = freeInodes;
            GuestFreeSpace = guestFreeSpace;
            HcxRate = hcxRate;
            HealthFailures = healthFailures;
            HealthInterval = healthInterval;
            HighIops = highIops;
            HypervLiveRate = hypervLiveRate;
            HypervVolume = hypervVolume;
            LimitsAge = limitsAge;
            LinkTimesTraffic = linkTimesTraffic;
            LiveLatency = liveLatency;
            LiveLatencyMost = liveLatencyMost;
            LiveRate = liveRate;
            Loss = loss;
            MemberLoad = memberLoad;
            MemoryCommit = memoryCommit;
            NatRate = natRate;
            P99 = p99;
            PatchAge = patchAge;
            RecoveryPoints = recoveryPoints;
            RelabelFiles = relabelFiles;
            RestoreTestAge = restoreTestAge;
            RightSizePeak = rightSizePeak;
            Rpo = rpo;
            ScanAge = scanAge;
            SnapshotDepth = snapshotDepth;
            StagingSpace = stagingSpace;
            StorageSlack = storageSlack;
            StreamRate = streamRate;
            Stun = stun;
            UnknownFacts = unknownFacts;
            VcpuRatio = vcpuRatio;
        }
    }
}
