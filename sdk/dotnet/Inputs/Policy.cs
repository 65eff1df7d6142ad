// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// Thresholds of preview's checks. docs/checks/policy.md says which check uses which.
    /// </summary>
    public sealed class Policy : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Least free memory for a replication agent. Default: 286 MiB. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("agentMemory")]
        public string? AgentMemory { get; set; }

        /// <summary>
        /// Most age of the last good backup. Default: 24 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("backupAge")]
        public string? BackupAge { get; set; }

        /// <summary>
        /// Most time since the guest's last start. Default: 4320 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("bootAge")]
        public string? BootAge { get; set; }

        /// <summary>
        /// How long certificates must still be valid. Default: 720 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("certificateNotice")]
        public string? CertificateNotice { get; set; }

        /// <summary>
        /// Most difference of clocks. Default: 5 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("clockSkew")]
        public string? ClockSkew { get; set; }

        /// <summary>
        /// Most average CPU use of the target's host after placement, in percent. Default: 70 %.
        /// </summary>
        [Input("cpuAverage")]
        public double? CpuAverage { get; set; }

        /// <summary>
        /// Most peak CPU use of the target's host after placement, in percent. Default: 90 %.
        /// </summary>
        [Input("cpuPeak")]
        public double? CpuPeak { get; set; }

        /// <summary>
        /// Most time to live of DNS records before cutover. Default: 5 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("dnsTtl")]
        public string? DnsTtl { get; set; }

        /// <summary>
        /// Most age of facts at preview. Default: 15 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("factAge")]
        public string? FactAge { get; set; }

        /// <summary>
        /// Least free inodes for each filesystem of a guest that is converted. Default: 100.
        /// </summary>
        [Input("freeInodes")]
        public double? FreeInodes { get; set; }

        /// <summary>
        /// Least free space on the guest's root for conversion. Default: 95.4 MiB. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("guestFreeSpace")]
        public string? GuestFreeSpace { get; set; }

        /// <summary>
        /// Least rate for moves over HCX. Default: 100 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("hcxRate")]
        public string? HcxRate { get; set; }

        /// <summary>
        /// Most failed health checks before a member is down. Default: 5.
        /// </summary>
        [Input("healthFailures")]
        public double? HealthFailures { get; set; }

        /// <summary>
        /// Most time between two health checks of the load balancer. Default: 30 s. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("healthInterval")]
        public string? HealthInterval { get; set; }

        /// <summary>
        /// From how many operations a second (p95) a disk needs an SSD class. Default: 3000.
        /// </summary>
        [Input("highIops")]
        public double? HighIops { get; set; }

        /// <summary>
        /// Least rate of a Hyper-V network for live moves. Default: 1,000 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("hypervLiveRate")]
        public string? HypervLiveRate { get; set; }

        /// <summary>
        /// Least size of a Hyper-V volume. Default: 931 GiB. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("hypervVolume")]
        public string? HypervVolume { get; set; }

        /// <summary>
        /// Most age of the table of cloud limits. Default: 2160 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("limitsAge")]
        public string? LimitsAge { get; set; }

        /// <summary>
        /// How many times the VM's traffic the link must carry. Default: 2.
        /// </summary>
        [Input("linkTimesTraffic")]
        public double? LinkTimesTraffic { get; set; }

        /// <summary>
        /// Most round-trip time for a live move without a warning. Default: 2 ms. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("liveLatency")]
        public string? LiveLatency { get; set; }

        /// <summary>
        /// Round-trip time above which a live move is impossible. Default: 150 ms. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("liveLatencyMost")]
        public string? LiveLatencyMost { get; set; }

        /// <summary>
        /// Least rate for each live move. Default: 250 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("liveRate")]
        public string? LiveRate { get; set; }

        /// <summary>
        /// Most packets lost on the link, in percent. Default: 0.1 %.
        /// </summary>
        [Input("loss")]
        public double? Loss { get; set; }

        /// <summary>
        /// Most load of each remaining member while this one moves, in percent. Default: 80 %.
        /// </summary>
        [Input("memberLoad")]
        public double? MemberLoad { get; set; }

        /// <summary>
        /// Most memory promised to VMs, in percent of the target host's memory. Default: 100 %.
        /// </summary>
        [Input("memoryCommit")]
        public double? MemoryCommit { get; set; }

        /// <summary>
        /// Least rate of a path through NAT or a proxy. Default: 1,000 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("natRate")]
        public string? NatRate { get; set; }

        /// <summary>
        /// Most latency (99th percentile) of the application after the move. Default: 200 ms. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("p99")]
        public string? P99 { get; set; }

        /// <summary>
        /// Most age of the guest's patches. Default: 720 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("patchAge")]
        public string? PatchAge { get; set; }

        /// <summary>
        /// How many recovery points the target must keep. Default: 5.
        /// </summary>
        [Input("recoveryPoints")]
        public double? RecoveryPoints { get; set; }

        /// <summary>
        /// Files in one folder above which SELinux relabelling needs more memory. Default: 1000000.
        /// </summary>
        [Input("relabelFiles")]
        public double? RelabelFiles { get; set; }

        /// <summary>
        /// Most age of the last test of a restore. Default: 2160 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("restoreTestAge")]
        public string? RestoreTestAge { get; set; }

        /// <summary>
        /// Peak use of a VM's CPUs or memory below which a smaller size is suggested, in percent. Default: 40 %.
        /// </summary>
        [Input("rightSizePeak")]
        public double? RightSizePeak { get; set; }

        /// <summary>
        /// Most data at risk (recovery point objective). Default: 5 min. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("rpo")]
        public string? Rpo { get; set; }

        /// <summary>
        /// Most age of the last scan for vulnerabilities. Default: 168 h. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("scanAge")]
        public string? ScanAge { get; set; }

        /// <summary>
        /// Most snapshots in one chain before a warm move, of the 32 that vSphere allows. Default: 30.
        /// </summary>
        [Input("snapshotDepth")]
        public double? SnapshotDepth { get; set; }

        /// <summary>
        /// Least room for temporary files where guests are converted. Default: 1 GiB. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("stagingSpace")]
        public string? StagingSpace { get; set; }

        /// <summary>
        /// Room to leave free in the storage pool, in percent of the disks' length. Default: 10 %.
        /// </summary>
        [Input("storageSlack")]
        public double? StorageSlack { get; set; }

        /// <summary>
        /// Least rate of a tool that streams disks to Google Cloud. Default: 20 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("streamRate")]
        public string? StreamRate { get; set; }

        /// <summary>
        /// Most pause that a snapshot may cause. Default: 5 s. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("stun")]
        public string? Stun { get; set; }

        /// <summary>
        /// How bad it is that checks could not be judged for want of facts. Default: Note.
        /// </summary>
        [Input("unknownFacts")]
        public VmMigrate.Sdk.FindingSeverity? UnknownFacts { get; set; }

        /// <summary>
        /// Most virtual CPUs for each CPU of the target's host after placement. Default: 4.
        /// </summary>
        [Input("vcpuRatio")]
        public double? VcpuRatio { get; set; }

        public Policy()
        {
        }
        public static new Policy Empty => new Policy();
    }
}
