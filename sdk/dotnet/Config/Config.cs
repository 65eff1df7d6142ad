// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Immutable;

namespace VmMigrate.Sdk
{
    public static class Config
    {
        // Two underscores keep these names apart from those of config variables.
        private sealed class __Value<T>
        {
            private readonly Func<T> _getter;
            private T _value = default!;
            private bool _set;

            public __Value(Func<T> getter)
            {
                _getter = getter;
            }

            public T Get() => _set ? _value : _getter();

            public void Set(T value)
            {
                _value = value;
                _set = true;
            }
        }

        private static readonly global::Pulumi.Config __config = new global::Pulumi.Config("vmmigrate");

        private static readonly __Value<string?> _bandwidth = new __Value<string?>(() => __config.Get("bandwidth"));
        /// <summary>
        /// One limit over everything that runs: `200 Mbit/s`, or a timetable such as `08:00-18:00: 200 Mbit/s; 18:00-22:00: 1 Gbit/s` (this machine's time; no limit outside the windows, or the one without a window). Without it there is no limit.
        /// </summary>
        public static string? Bandwidth
        {
            get => _bandwidth.Get();
            set => _bandwidth.Set(value);
        }

        private static readonly __Value<string?> _bandwidthFile = new __Value<string?>(() => __config.Get("bandwidthFile"));
        /// <summary>
        /// A file on the provider's machine with such a text. It is read again every 2 seconds, so that the limit can be changed while copies run; while there is no file, `bandwidth` counts.
        /// </summary>
        public static string? BandwidthFile
        {
            get => _bandwidthFile.Get();
            set => _bandwidthFile.Set(value);
        }

        private static readonly __Value<string?> _linkPatience = new __Value<string?>(() => __config.Get("linkPatience"));
        /// <summary>
        /// How long a lost link or disk server may stay away while disks are copied: it is tried again until then, and nothing that is done is done again. Without it: 2 minutes. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public static string? LinkPatience
        {
            get => _linkPatience.Get();
            set => _linkPatience.Set(value);
        }

        private static readonly __Value<Types.Policy?> _policy = new __Value<Types.Policy?>(() => __config.GetObject<Types.Policy>("policy"));
        /// <summary>
        /// Thresholds of preview for all migrations; a migration's own `policy` goes before them.
        /// </summary>
        public static Types.Policy? Policy
        {
            get => _policy.Get();
            set => _policy.Set(value);
        }

        private static readonly __Value<ImmutableDictionary<string, Types.Site>?> _sites = new __Value<ImmutableDictionary<string, Types.Site>?>(() => __config.GetObject<ImmutableDictionary<string, Types.Site>>("sites"));
        /// <summary>
        /// The places between which VMs move, by the names that migrations use.
        /// </summary>
        public static ImmutableDictionary<string, Types.Site>? Sites
        {
            get => _sites.Get();
            set => _sites.Set(value);
        }

        private static readonly __Value<ImmutableDictionary<string, string>?> _sshKeys = new __Value<ImmutableDictionary<string, string>?>(() => __config.GetObject<ImmutableDictionary<string, string>>("sshKeys"));
        /// <summary>
        /// Private keys by name, in the form of OpenSSH's files without a passphrase, for probes that run a command in the guest.
        /// </summary>
        public static ImmutableDictionary<string, string>? SshKeys
        {
            get => _sshKeys.Get();
            set => _sshKeys.Set(value);
        }

        public static class Types
        {

            public class Policy
            {
                /// <summary>
                /// Least free memory for a replication agent. Default: 286 MiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? AgentMemory { get; set; } = null!;
                /// <summary>
                /// Most age of the last good backup. Default: 24 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? BackupAge { get; set; } = null!;
                /// <summary>
                /// Most time since the guest's last start. Default: 4320 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? BootAge { get; set; } = null!;
                /// <summary>
                /// How long certificates must still be valid. Default: 720 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? CertificateNotice { get; set; } = null!;
                /// <summary>
                /// Most difference of clocks. Default: 5 min. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? ClockSkew { get; set; } = null!;
                /// <summary>
                /// Most average CPU use of the target's host after placement, in percent. Default: 70 %.
                /// </summary>
                public double? CpuAverage { get; set; }
                /// <summary>
                /// Most peak CPU use of the target's host after placement, in percent. Default: 90 %.
                /// </summary>
                public double? CpuPeak { get; set; }
                /// <summary>
                /// Most time to live of DNS records before cutover. Default: 5 min. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? DnsTtl { get; set; } = null!;
                /// <summary>
                /// Most age of facts at preview. Default: 15 min. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? FactAge { get; set; } = null!;
                /// <summary>
                /// Least free inodes for each filesystem of a guest that is converted. Default: 100.
                /// </summary>
                public double? FreeInodes { get; set; }
                /// <summary>
                /// Least free space on the guest's root for conversion. Default: 95.4 MiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? GuestFreeSpace { get; set; } = null!;
                /// <summary>
                /// Least rate for moves over HCX. Default: 100 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? HcxRate { get; set; } = null!;
                /// <summary>
                /// Most failed health checks before a member is down. Default: 5.
                /// </summary>
                public double? HealthFailures { get; set; }
                /// <summary>
                /// Most time between two health checks of the load balancer. Default: 30 s. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? HealthInterval { get; set; } = null!;
                /// <summary>
                /// From how many operations a second (p95) a disk needs an SSD class. Default: 3000.
                /// </summary>
                public double? HighIops { get; set; }
                /// <summary>
                /// Least rate of a Hyper-V network for live moves. Default: 1,000 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? HypervLiveRate { get; set; } = null!;
                /// <summary>
                /// Least size of a Hyper-V volume. Default: 931 GiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? HypervVolume { get; set; } = null!;
                /// <summary>
                /// Most age of the table of cloud limits. Default: 2160 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? LimitsAge { get; set; } = null!;
                /// <summary>
                /// How many times the VM's traffic the link must carry. Default: 2.
                /// </summary>
                public double? LinkTimesTraffic { get; set; }
                /// <summary>
                /// Most round-trip time for a live move without a warning. Default: 2 ms. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? LiveLatency { get; set; } = null!;
                /// <summary>
                /// Round-trip time above which a live move is impossible. Default: 150 ms. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? LiveLatencyMost { get; set; } = null!;
                /// <summary>
                /// Least rate for each live move. Default: 250 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? LiveRate { get; set; } = null!;
                /// <summary>
                /// Most packets lost on the link, in percent. Default: 0.1 %.
                /// </summary>
                public double? Loss { get; set; }
                /// <summary>
                /// Most load of each remaining member while this one moves, in percent. Default: 80 %.
                /// </summary>
                public double? MemberLoad { get; set; }
                /// <summary>
                /// Most memory promised to VMs, in percent of the target host's memory. Default: 100 %.
                /// </summary>
                public double? MemoryCommit { get; set; }
                /// <summary>
                /// Least rate of a path through NAT or a proxy. Default: 1,000 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? NatRate { get; set; } = null!;
                /// <summary>
                /// Most latency (99th percentile) of the application after the move. Default: 200 ms. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? P99 { get; set; } = null!;
                /// <summary>
                /// Most age of the guest's patches. Default: 720 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? PatchAge { get; set; } = null!;
                /// <summary>
                /// How many recovery points the target must keep. Default: 5.
                /// </summary>
                public double? RecoveryPoints { get; set; }
                /// <summary>
                /// Files in one folder above which SELinux relabelling needs more memory. Default: 1000000.
                /// </summary>
                public double? RelabelFiles { get; set; }
                /// <summary>
                /// Most age of the last test of a restore. Default: 2160 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? RestoreTestAge { get; set; } = null!;
                /// <summary>
                /// Peak use of a VM's CPUs or memory below which a smaller size is suggested, in percent. Default: 40 %.
                /// </summary>
                public double? RightSizePeak { get; set; }
                /// <summary>
                /// Most data at risk (recovery point objective). Default: 5 min. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Rpo { get; set; } = null!;
                /// <summary>
                /// Most age of the last scan for vulnerabilities. Default: 168 h. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? ScanAge { get; set; } = null!;
                /// <summary>
                /// Most snapshots in one chain before a warm move, of the 32 that vSphere allows. Default: 30.
                /// </summary>
                public double? SnapshotDepth { get; set; }
                /// <summary>
                /// Least room for temporary files where guests are converted. Default: 1 GiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? StagingSpace { get; set; } = null!;
                /// <summary>
                /// Room to leave free in the storage pool, in percent of the disks' length. Default: 10 %.
                /// </summary>
                public double? StorageSlack { get; set; }
                /// <summary>
                /// Least rate of a tool that streams disks to Google Cloud. Default: 20 Mbit/s. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? StreamRate { get; set; } = null!;
                /// <summary>
                /// Most pause that a snapshot may cause. Default: 5 s. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Stun { get; set; } = null!;
                /// <summary>
                /// How bad it is that checks could not be judged for want of facts. Default: Note.
                /// </summary>
                public VmMigrate.Sdk.FindingSeverity? UnknownFacts { get; set; }
                /// <summary>
                /// Most virtual CPUs for each CPU of the target's host after placement. Default: 4.
                /// </summary>
                public double? VcpuRatio { get; set; }
            }

            public class Site
            {
                /// <summary>
                /// Amazon EC2 in one region. Without keys or a profile, AWS's own chain is asked: environment, profile, SSO, container, instance role.
                /// </summary>
                public Types.AwsSite? Aws { get; set; } = null!;
                /// <summary>
                /// A KVM or QEMU host run by libvirt.
                /// </summary>
                public Types.LibvirtSite? Libvirt { get; set; } = null!;
                /// <summary>
                /// How many of this site's disks are read or written at a time, over all migrations. Without it there is no limit.
                /// </summary>
                public int? MaxConcurrentDisks { get; set; }
                /// <summary>
                /// A site that exists only as numbers: to rehearse migrations, in CI too, with no hypervisor. The same block always makes the same site. Disks of any size cost nothing until they are written.
                /// </summary>
                public Types.SimulatorSite? Simulator { get; set; } = null!;
                /// <summary>
                /// A VMware vCenter with its hosts, or one ESXi host without one (vSphere 6.5 to 8).
                /// </summary>
                public Types.VSphereSite? Vsphere { get; set; } = null!;
            }

            public class AwsSite
            {
                /// <summary>
                /// An access key, where none is to be taken from the environment.
                /// </summary>
                public string? AccessKeyId { get; set; } = null!;
                /// <summary>
                /// A role to take on.
                /// </summary>
                public Types.AwsAssumeRole? AssumeRole { get; set; } = null!;
                /// <summary>
                /// Blocks on their way at once, of one disk.
                /// </summary>
                public int? BlocksInFlight { get; set; }
                /// <summary>
                /// The most calls a second to EBS direct for blocks of 512 KiB; stay below the account's quota.
                /// </summary>
                public int? BlocksPerSecond { get; set; }
                /// <summary>
                /// One address in place of AWS's endpoints, for test servers.
                /// </summary>
                public string? Endpoint { get; set; } = null!;
                /// <summary>
                /// The KMS key with which disks made here are encrypted. Default: as the account has it.
                /// </summary>
                public string? KmsKeyArn { get; set; } = null!;
                /// <summary>
                /// A JSON file with your own prices for the cost at preview.
                /// </summary>
                public string? PriceFile { get; set; } = null!;
                /// <summary>
                /// A profile of the shared config and credentials files, also one with SSO or a role.
                /// </summary>
                public string? Profile { get; set; } = null!;
                /// <summary>
                /// The region, such as `eu-central-1`.
                /// </summary>
                public string Region { get; set; } = null!;
                /// <summary>
                /// Its secret.
                /// </summary>
                public string? SecretAccessKey { get; set; } = null!;
                /// <summary>
                /// Its session token.
                /// </summary>
                public string? SessionToken { get; set; } = null!;
            }

            public class AwsAssumeRole
            {
                /// <summary>
                /// The external id that the role's trust policy asks for.
                /// </summary>
                public string? ExternalId { get; set; } = null!;
                /// <summary>
                /// The role's ARN.
                /// </summary>
                public string RoleArn { get; set; } = null!;
                /// <summary>
                /// How the session is called in CloudTrail.
                /// </summary>
                public string? SessionName { get; set; } = null!;
            }

            public class LibvirtSite
            {
                /// <summary>
                /// How VMs that move live come to this host.
                /// </summary>
                public Types.LibvirtLiveMigration? LiveMigration { get; set; } = null!;
                /// <summary>
                /// Lets a helper run on the host, which sends less over the link. Only for `qemu+ssh://`.
                /// </summary>
                public Types.LibvirtRelay? Relay { get; set; } = null!;
                /// <summary>
                /// libvirt's connection URI: `qemu:///system`, `qemu+ssh://root@kvm1/system`, `qemu+unix:///session?socket=/path`, `qemu+tls://kvm1/system`, ...
                /// </summary>
                public string Uri { get; set; } = null!;
            }

            public class LibvirtLiveMigration
            {
                /// <summary>
                /// The host's name or address in the network for migrations, as the other host reaches it. Default: the host in the URI.
                /// </summary>
                public string? Address { get; set; } = null!;
                /// <summary>
                /// Whether memory and disks go over TLS. Both hosts need certificates for it (`migrate_tls_x509_cert_dir` or `default_tls_x509_cert_dir` in qemu.conf) that name the address.
                /// </summary>
                public bool? Tls { get; set; }
            }

            public class LibvirtRelay
            {
                /// <summary>
                /// Whether the provider may copy its program to the host when it is not there (it is removed again at the end) and run it, as the account that ssh uses.
                /// </summary>
                public bool? Allow { get; set; }
                /// <summary>
                /// The folder on the host that the program is copied to, where programs may be run. Without it: `~/.cache`.
                /// </summary>
                public string? Folder { get; set; } = null!;
                /// <summary>
                /// The path of a `vmmigrate` of the same version that is installed on the host. It is used in place of a copy.
                /// </summary>
                public string? Program { get; set; } = null!;
            }

            public class SimulatorSite
            {
                /// <summary>
                /// What all disks of the site together read and write. Default: no limit. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? Bandwidth { get; set; } = null!;
                /// <summary>
                /// How much of each disk holds data at first, which is what a migration has to copy. Default: from 1MiB to 8MiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? DiskData { get; set; } = null!;
                /// <summary>
                /// The first disk's size of made-up VMs. Default: from 10GiB to 100GiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? DiskSize { get; set; } = null!;
                /// <summary>
                /// Further facts of the site, its hosts, pools and networks, as docs/checks/facts.md names them: `"host.cpuAverage": "40"`; `"pool.media@fast"` is about one of them.
                /// </summary>
                public ImmutableDictionary<string, string>? Facts { get; set; } = null!;
                /// <summary>
                /// What goes wrong on purpose. Of several that match one call, the first strikes.
                /// </summary>
                public ImmutableArray<Types.SimulatorFault> Faults { get; set; }
                /// <summary>
                /// How the guests behave.
                /// </summary>
                public Types.SimulatorGuest? Guest { get; set; } = null!;
                /// <summary>
                /// Default: as many as the VMs need, `NAME-host1` and so on.
                /// </summary>
                public ImmutableArray<Types.SimulatorHost> Hosts { get; set; }
                /// <summary>
                /// How long each call takes. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Latency { get; set; } = null!;
                /// <summary>
                /// VMs that are described one by one.
                /// </summary>
                public ImmutableArray<Types.SimulatorVm> Machines { get; set; }
                /// <summary>
                /// Default: `default` and `backend`.
                /// </summary>
                public ImmutableArray<string> Networks { get; set; }
                /// <summary>
                /// Share (0 to 1) of the made-up VMs that have something for preflight to find: a snapshot, a passthrough device, a TPM, UEFI, an encrypted disk, another architecture.
                /// </summary>
                public double? Oddities { get; set; }
                /// <summary>
                /// The platform whose rules preview's checks apply: `libvirt`, `vsphere`, `aws`, `azure`, `gcp`, `hyperv`, `kubevirt`, ...
                /// </summary>
                public string? Plays { get; set; } = null!;
                /// <summary>
                /// Default: `fast` with 100TiB and `bulk` with 400TiB.
                /// </summary>
                public ImmutableArray<Types.SimulatorPool> Pools { get; set; }
                /// <summary>
                /// Another seed makes other VMs, contents and chances.
                /// </summary>
                public int? Seed { get; set; }
                /// <summary>
                /// A folder that keeps the world between runs and is shared by all sites that name it. Needed wherever preview and up are two processes. Remove it to begin anew. Only its `calls.jsonl` and `events.jsonl` tell what was done; everything else in it is ours.
                /// </summary>
                public string? State { get; set; } = null!;
                /// <summary>
                /// How many VMs to make up, named `web-001`, `db-002`, ...
                /// </summary>
                public int? Vms { get; set; }
                /// <summary>
                /// Without `state`: the name of a world in memory, shared by the sites of one process that name it.
                /// </summary>
                public string? World { get; set; } = null!;
            }

            public class SimulatorFault
            {
                /// <summary>
                /// The call: `EnsureRunning`, `EnsureOff`, `EnsureFenced`, `EnsureDisk`, `EnsureDefined`, ..., `ReadBlocks`, `WriteBlocks` (one for each 64 KiB); `*` stands for any characters. What guests do has names of its own: `Guest.Boot`, `Guest.Shutdown`, `Guest.Agent`, and `Guest.Memory`, which follows a guest that has changed sides before it (post-copy).
                /// </summary>
                public string? Call { get; set; } = null!;
                /// <summary>
                /// How long `Slow` and `Hang` last. Default for `Hang`: until cancelled. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Duration { get; set; } = null!;
                /// <summary>
                /// The error of `Refuse`.
                /// </summary>
                public VmMigrate.Sdk.SimulatorFaultError? Error { get; set; }
                /// <summary>
                /// Strikes only later than this after the site's first use. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? From { get; set; } = null!;
                /// <summary>
                /// What goes wrong.
                /// </summary>
                public VmMigrate.Sdk.SimulatorFaultKind Kind { get; set; }
                /// <summary>
                /// The error's text.
                /// </summary>
                public string? Message { get; set; } = null!;
                /// <summary>
                /// Where in the call `Crash` and `Kill` strike.
                /// </summary>
                public VmMigrate.Sdk.SimulatorFaultMoment? Moment { get; set; }
                /// <summary>
                /// Strikes from this matching call on, counted from 1 over all runs.
                /// </summary>
                public int? Nth { get; set; }
                /// <summary>
                /// With which probability (0 to 1) it strikes at a matching call. The same seed gives the same calls.
                /// </summary>
                public double? Probability { get; set; }
                /// <summary>
                /// Only calls within this step of the migration, as preview names it, with `*`.
                /// </summary>
                public string? Step { get; set; } = null!;
                /// <summary>
                /// How often it strikes; 0 means for ever.
                /// </summary>
                public int? Times { get; set; }
                /// <summary>
                /// Strikes only earlier than this after the site's first use. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Until { get; set; } = null!;
                /// <summary>
                /// Only calls about this VM: its name or id, with `*`.
                /// </summary>
                public string? Vm { get; set; } = null!;
            }

            public class SimulatorGuest
            {
                /// <summary>
                /// Whether it has a guest agent.
                /// </summary>
                public bool? Agent { get; set; }
                /// <summary>
                /// From power on until its agent answers and it writes. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Boot { get; set; } = null!;
                /// <summary>
                /// It does nothing when asked to shut down.
                /// </summary>
                public bool? IgnoresShutdown { get; set; }
                /// <summary>
                /// It hangs early in boot.
                /// </summary>
                public bool? NeverBoots { get; set; }
                /// <summary>
                /// What it says it is.
                /// </summary>
                public string? Os { get; set; } = null!;
                /// <summary>
                /// Records of its journal, each acknowledged to a client, so that lost writes can be counted.
                /// </summary>
                public double? RecordsPerSecond { get; set; }
                /// <summary>
                /// From the request until it is off. A duration with its unit, such as `30s` or `2m`.
                /// </summary>
                public string? Shutdown { get; set; } = null!;
                /// <summary>
                /// How much of each disk that data is spread over. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? WorkingSet { get; set; } = null!;
                /// <summary>
                /// Other data that it overwrites on each disk. A rate with its unit, such as `200 Mbit/s`.
                /// </summary>
                public string? WriteRate { get; set; } = null!;
            }

            public class SimulatorHost
            {
                /// <summary>
                /// `x86_64`, `aarch64`, ...
                /// </summary>
                public string? Architecture { get; set; } = null!;
                /// <summary>
                /// Its CPU's model.
                /// </summary>
                public string? CpuModel { get; set; } = null!;
                /// <summary>
                /// Its CPUs.
                /// </summary>
                public int? Cpus { get; set; }
                /// <summary>
                /// Its memory. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? Memory { get; set; } = null!;
                /// <summary>
                /// Its name.
                /// </summary>
                public string Name { get; set; } = null!;
            }

            public class SimulatorVm
            {
                /// <summary>
                /// `x86_64`, `aarch64`, ...
                /// </summary>
                public string? Architecture { get; set; } = null!;
                /// <summary>
                /// Whether it starts with its host.
                /// </summary>
                public bool? Autostart { get; set; }
                /// <summary>
                /// Its CPUs.
                /// </summary>
                public int? Cpus { get; set; }
                /// <summary>
                /// The sizes of its disks, which are named `vda`, `vdb`, ... Default: one of 20GiB. A size with its unit, such as `40GiB`.
                /// </summary>
                public ImmutableArray<string> Disks { get; set; }
                /// <summary>
                /// Whether its disks are encrypted.
                /// </summary>
                public bool? EncryptedDisks { get; set; }
                /// <summary>
                /// Further facts that preview's checks judge, as docs/checks/facts.md names them: `"vm.ha": "true"`; `"disk.rdm@vda"` is about one disk.
                /// </summary>
                public ImmutableDictionary<string, string>? Facts { get; set; } = null!;
                /// <summary>
                /// How it boots.
                /// </summary>
                public VmMigrate.Sdk.SimulatorFirmware? Firmware { get; set; }
                /// <summary>
                /// How its guest behaves. Default: the site's `guest`.
                /// </summary>
                public Types.SimulatorGuest? Guest { get; set; } = null!;
                /// <summary>
                /// The host it is on.
                /// </summary>
                public string? Host { get; set; } = null!;
                /// <summary>
                /// The hardware addresses of its NICs. Default: made up.
                /// </summary>
                public ImmutableArray<string> Macs { get; set; }
                /// <summary>
                /// Its memory. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? Memory { get; set; } = null!;
                /// <summary>
                /// Its name.
                /// </summary>
                public string Name { get; set; } = null!;
                /// <summary>
                /// The network of each NIC. Default: one NIC in the site's first network.
                /// </summary>
                public ImmutableArray<string> Networks { get; set; }
                /// <summary>
                /// The pool that its disks are in.
                /// </summary>
                public string? Pool { get; set; } = null!;
                /// <summary>
                /// Whether it runs at first.
                /// </summary>
                public bool? Running { get; set; }
                /// <summary>
                /// Whether it boots only what is signed.
                /// </summary>
                public bool? SecureBoot { get; set; }
                /// <summary>
                /// How many snapshots it has.
                /// </summary>
                public int? Snapshots { get; set; }
                /// <summary>
                /// Kinds of devices that tie it to its host: `hostdev-pci`, `hostdev-usb`, `filesystem`, `shmem`, ...
                /// </summary>
                public ImmutableArray<string> SpecialDevices { get; set; }
                /// <summary>
                /// Whether it has a TPM.
                /// </summary>
                public bool? Tpm { get; set; }
                /// <summary>
                /// Its UUID. Default: made from the site's name and seed.
                /// </summary>
                public string? Uuid { get; set; } = null!;
            }

            public class SimulatorPool
            {
                /// <summary>
                /// Its size. Disks take only what is written to them. A size with its unit, such as `40GiB`.
                /// </summary>
                public string? Capacity { get; set; } = null!;
                /// <summary>
                /// Its name.
                /// </summary>
                public string Name { get; set; } = null!;
            }

            public class VSphereSite
            {
                /// <summary>
                /// A PEM file with the authorities that sign the server's certificate, where this machine does not trust them already.
                /// </summary>
                public string? CaFile { get; set; } = null!;
                /// <summary>
                /// Whether changed-block tracking may be switched on for a VM that lacks it, which warm moves need. It takes a snapshot that stuns a running VM for a moment.
                /// </summary>
                public bool? EnableChangeTracking { get; set; }
                /// <summary>
                /// Inventory path of the folder for VMs that are moved here, such as `/DC0/vm/moved`. Default: the datacenter's VM folder.
                /// </summary>
                public string? Folder { get; set; } = null!;
                /// <summary>
                /// The account's password.
                /// </summary>
                public string? Password { get; set; } = null!;
                /// <summary>
                /// Inventory path of the resource pool for VMs that are moved here, such as `/DC0/host/Cluster/Resources/moved`. Default: the one of the host's cluster.
                /// </summary>
                public string? ResourcePool { get; set; } = null!;
                /// <summary>
                /// The vCenter or ESXi host: a name or address, with a port where it is not 443, or the URL of its SDK: `vc1.example.com`, `10.0.0.5:8443`, `https://vc1.example.com/sdk`.
                /// </summary>
                public string Server { get; set; } = null!;
                /// <summary>
                /// An open session in place of user and password: the value of its cookie `vmware_soap_session`. It is not ended, and not renewed when it ends.
                /// </summary>
                public string? SessionToken { get; set; } = null!;
                /// <summary>
                /// The SHA-256 thumbprint of the server's own certificate, in hex with or without colons. Then this certificate is taken and no other.
                /// </summary>
                public string? Thumbprint { get; set; } = null!;
                /// <summary>
                /// The account, such as `migrate@vsphere.local`.
                /// </summary>
                public string? User { get; set; } = null!;
                /// <summary>
                /// The folder of VMware's Virtual Disk Development Kit, for `nbdkit vddk`: the fastest way to read and write disks. It is not shipped with this provider.
                /// </summary>
                public string? VddkLibrary { get; set; } = null!;
            }
        }
    }
}
