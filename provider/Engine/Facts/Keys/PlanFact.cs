using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>What only the user can say: windows, licences, promises.</summary>
public static class PlanFact
{
    private static readonly KeyList Keys = new(FactScope.Plan);

    public static FactKey<double> Budget { get; } = Keys.Number("plan.budget", Declared, "monthly budget");

    public static FactKey<double> MonthlyCost { get; } = Keys.Number("plan.monthlyCost", Declared, "estimated monthly cost");

    public static FactKey<double> Window { get; } = Keys.Number("plan.window", Declared, "length of the change window", FactUnit.Seconds);

    public static FactKey<DateTimeOffset> WindowEnds { get; } = Keys.Date("plan.windowEnds", Declared, "end of the change window");

    public static FactKey<DateTimeOffset> FreezeUntil { get; } = Keys.Date("plan.freezeUntil", Declared, "end of the change freeze");

    public static FactKey<double> MaxDowntime { get; } = Keys.Number("plan.maxDowntime", Declared, "longest downtime", FactUnit.Seconds);

    public static FactKey<double> Rpo { get; } = Keys.Number("plan.rpo", Declared, "recovery point objective", FactUnit.Seconds);

    public static FactKey<double> SyncInterval { get; } = Keys.Number("plan.syncInterval", Declared, "time between two rounds", FactUnit.Seconds);

    public static FactKey<double> Rto { get; } = Keys.Number("plan.rto", Declared, "recovery time objective", FactUnit.Seconds);

    public static FactKey<double> RollbackTime { get; } = Keys.Number("plan.rollbackTime", Declared, "time that the way back takes", FactUnit.Seconds);

    public static FactKey<bool> PreserveIps { get; } = Keys.Flag("plan.keepAddresses", Declared, "wish to keep addresses");

    public static FactKey<bool> PreserveMacs { get; } = Keys.Flag("plan.keepMacs", Declared, "wish to keep hardware addresses");

    public static FactKey<bool> FirmwareChange { get; } = Keys.Flag("plan.changeFirmware", Declared, "wish to change the firmware");

    public static FactKey<bool> RebuildForArm { get; } = Keys.Flag("plan.rebuildForArm", Declared, "wish to rebuild it for ARM");

    public static FactKey<bool> TestClone { get; } = Keys.Flag("plan.testClone", Declared, "test clone beside the original");

    public static FactKey<bool> Deep { get; } = Keys.Flag("plan.quiesce", Declared, "wish to quiesce");

    public static FactKey<bool> AutoCutover { get; } = Keys.Flag("plan.autoCutover", Declared, "automatic cutover");

    public static FactKey<bool> AutoRollback { get; } = Keys.Flag("plan.autoRollback", Declared, "automatic rollback");

    public static FactKey<string> HealthCheck { get; } = Keys.Text("plan.healthCheck", Declared, "health check");

    public static FactKey<string> MetricSource { get; } = Keys.Text("plan.metricSource", Declared, "source of measurements after the move");

    public static FactKey<ImmutableArray<string>> HooksNotReady { get; } = Keys.List("plan.hooksNotReady", Declared, "hooks that are not ready");

    public static FactKey<double> RecoveryPoints { get; } = Keys.Number("plan.recoveryPoints", Declared, "recovery points at the target");

    public static FactKey<double> BackupAge { get; } = Keys.Number("plan.backupAge", Declared, "age of the last good backup", FactUnit.Seconds);

    public static FactKey<double> RestoreTestAge { get; } = Keys.Number("plan.restoreTestAge", Declared, "age of the last test of a restore", FactUnit.Seconds);

    public static FactKey<string> BackupJob { get; } = Keys.Text("plan.backupJob", Declared, "backup job that points at the source");

    public static FactKey<string> BackupInWindow { get; } = Keys.Text("plan.backupInWindow", Declared, "backup or snapshot job within the window");

    public static FactKey<string> OsLicence { get; } = Keys.Text("plan.osLicence", Declared, "licence of the operating system at the target");

    public static FactKey<double> LicensedCores { get; } = Keys.Number("plan.licensedCores", Declared, "cores that the applications are licensed for");

    public static FactKey<ImmutableArray<string>> BoundLicences { get; } = Keys.List("plan.boundLicences", Declared, "licences bound to hardware");

    public static FactKey<ImmutableArray<string>> Repositories { get; } = Keys.List("plan.unreachableRepositories", Declared, "repositories that the target does not reach");

    public static FactKey<ImmutableArray<string>> AllowedRegions { get; } = Keys.List("plan.allowedRegions", Declared, "regions where the data may be");

    public static FactKey<bool> PersonalData { get; } = Keys.Flag("plan.personalData", Declared, "personal data");

    public static FactKey<string> TransferBasis { get; } = Keys.Text("plan.transferBasis", Declared, "legal basis of the transfer");

    public static FactKey<ImmutableArray<string>> OutsideOperators { get; } = Keys.List("plan.operatorsOutside", Declared, "operators outside the region");

    public static FactKey<ImmutableArray<string>> RequiredControls { get; } = Keys.List("plan.requiredControls", Declared, "required control sets");

    public static FactKey<bool> LegalHold { get; } = Keys.Flag("plan.legalHold", Declared, "legal hold");

    public static FactKey<bool> AuditSink { get; } = Keys.Flag("plan.auditSink", Declared, "audit sink");

    public static FactKey<bool> KeyEscrow { get; } = Keys.Flag("plan.recoveryKeys", Declared, "recovery keys in a vault");

    public static FactKey<bool> DiskKey { get; } = Keys.Flag("plan.diskKeyGiven", Declared, "key of the encrypted disks");

    public static FactKey<bool> KeyProviderGiven { get; } = Keys.Flag("plan.keyHandOver", Declared, "hand-over of the encryption key");

    public static FactKey<bool> Dongle { get; } = Keys.Flag("plan.dongle", Declared, "licence dongle");

    public static FactKey<ImmutableArray<string>> Companions { get; } = Keys.List("plan.replicasInSameWave", Declared, "replicas of one database in the same wave");

    public static FactKey<ImmutableArray<string>> StartBefore { get; } = Keys.List("plan.startsTooEarly", Declared, "VMs that start before what they need");

    public static FactKey<string> LicenceServer { get; } = Keys.Text("plan.licenceServerUnreachable", Declared, "licence server without a route");

    public static FactKey<double> CrossFlows { get; } = Keys.Number("plan.crossSiteFlows", Metrics, "connections that would cross sites");

    public static FactKey<double> LatencyAfter { get; } = Keys.Number("plan.latencyAfter", Metrics, "estimated latency (p99) after the move", FactUnit.Seconds);

    public static FactKey<bool> LatencyCritical { get; } = Keys.Flag("plan.latencyCritical", Declared, "latency-critical application");

    public static FactKey<ImmutableArray<string>> DnsRecords { get; } = Keys.List("plan.dnsRecords", Probe, "DNS records of the old address");

    public static FactKey<double> DnsTtl { get; } = Keys.Number("plan.dnsTtl", Probe, "time to live of its DNS records", FactUnit.Seconds);

    public static FactKey<ImmutableArray<string>> Resolvers { get; } = Keys.List("plan.unreachableResolvers", Probe, "resolvers that the target does not reach");

    public static FactKey<bool> DynamicDns { get; } = Keys.Flag("plan.dynamicDns", Probe, "dynamic DNS updates");

    public static FactKey<ImmutableArray<string>> MissingZones { get; } = Keys.List("plan.missingZones", Probe, "DNS zones missing at the target");

    public static FactKey<double> HealthInterval { get; } = Keys.Number("plan.healthInterval", Probe, "interval of the load balancer's health check", FactUnit.Seconds);

    public static FactKey<double> HealthFailures { get; } = Keys.Number("plan.healthFailures", Probe, "failures before a member is down");

    public static FactKey<bool> HealthPath { get; } = Keys.Flag("plan.healthPath", Probe, "path from the load balancer to the target");

    public static FactKey<double> MemberLoad { get; } = Keys.Number("plan.memberLoad", Metrics, "load of each remaining member", FactUnit.Percent);

    public static FactKey<bool> SourceIpHidden { get; } = Keys.Flag("plan.clientAddressHidden", Probe, "hidden client addresses");

    public static FactKey<bool> Sticky { get; } = Keys.Flag("plan.stickySessions", Probe, "sticky sessions");

    public static FactKey<DateTimeOffset> CertificateEnds { get; } = Keys.Date("plan.certificateEnds", Probe, "end of its certificates");

    public static FactKey<ImmutableArray<string>> CertificateNames { get; } = Keys.List("plan.uncoveredNames", Probe, "names that its certificates do not cover");

    public static FactKey<ImmutableArray<string>> IpSan { get; } = Keys.List("plan.certificateAddresses", Probe, "addresses in its certificates");

    public static FactKey<double> MtlsPeers { get; } = Keys.Number("plan.pinnedPeers", Probe, "peers that pin its certificate or address");

    public static FactKey<ImmutableArray<string>> SameZone { get; } = Keys.List("plan.sameZoneReplicas", Platform, "replicas in the same zone");

    public static FactKey<double> ParallelConversions { get; } = Keys.Number("plan.conversions", Platform, "parallel conversions");

    public static FactKey<double> MoverCpus { get; } = Keys.Number("plan.moverCpus", Platform, "cores of the mover");

    public static FactKey<double> StagingFree { get; } = Keys.Number("plan.stagingFree", Probe, "room for temporary files", FactUnit.Bytes);

    public static FactKey<double> StagingNeed { get; } = Keys.Number("plan.stagingNeed", Declared, "temporary files of a conversion", FactUnit.Bytes);

    public static FactKey<double> WaveSize { get; } = Keys.Number("plan.waveSize", Declared, "moves at the same time");

    public static FactKey<ImmutableArray<string>> Names { get; } = Keys.List("plan.otherNames", Platform, "target names of the other migrations");

    public static FactKey<double> DerivedNameLength { get; } = Keys.Number("plan.derivedNameLength", Platform, "length of derived names");

    public static FactKey<string> TemplateBroken { get; } = Keys.Text("plan.brokenTemplate", Declared, "broken name template");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
