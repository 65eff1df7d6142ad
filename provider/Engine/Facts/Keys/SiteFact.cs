using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of a whole site; the table of cloud limits fills many of them.</summary>
public static class SiteFact
{
    private static readonly KeyList Keys = new(FactScope.Site);

    public static FactKey<string> Version { get; } = Keys.Text("site.version", Platform, "version", site => ((SiteFacts)site).Version);

    public static FactKey<bool> Untested { get; } = Keys.Flag("site.untestedVersion", Platform, "version outside the tested range");

    public static FactKey<ImmutableArray<string>> MissingRights { get; } = Keys.List("site.missingRights", Platform, "missing rights");

    public static FactKey<ImmutableArray<string>> ExtraRights { get; } = Keys.List("site.extraRights", Platform, "rights beyond what is needed");

    public static FactKey<ImmutableArray<string>> ClosedPorts { get; } = Keys.List("site.closedPorts", Probe, "closed ports");

    public static FactKey<string> ControlProblem { get; } = Keys.Text("site.controlProblem", Probe, "problem of its API");

    public static FactKey<double> ClockSkew { get; } = Keys.Number("site.clockSkew", Probe, "difference of clocks", FactUnit.Seconds);

    public static FactKey<bool> DiskLibraryMissing { get; } = Keys.Flag("site.diskLibraryMissing", Probe, "missing disk library");

    public static FactKey<bool> MoverRoute { get; } = Keys.Flag("site.moverRoute", Probe, "route from the mover");

    public static FactKey<bool> MixedMethods { get; } = Keys.Flag("site.mixedMethods", Platform, "disks that need different copy methods");

    public static FactKey<double> FactAge { get; } = Keys.Number("site.factAge", Platform, "age of what is known about it", FactUnit.Seconds);

    public static FactKey<double> MaxDisks { get; } = Keys.Number("site.maxDisks", Platform, "disks for one VM");

    public static FactKey<double> WarnDisks { get; } = Keys.Number("site.warnDisks", Platform, "disks for one VM before it gets slow");

    public static FactKey<double> MaxNics { get; } = Keys.Number("site.maxNics", Platform, "network cards for one VM");

    public static FactKey<double> MaxCpus { get; } = Keys.Number("site.maxCpus", Platform, "virtual CPUs for one VM");

    public static FactKey<double> MaxMemory { get; } = Keys.Number("site.maxMemory", Platform, "memory for one VM", FactUnit.Bytes);

    public static FactKey<double> MaxDisk { get; } = Keys.Number("site.maxDisk", Platform, "size of one disk", FactUnit.Bytes);

    public static FactKey<double> MaxOsDisk { get; } = Keys.Number("site.maxOsDisk", Platform, "size of the system disk", FactUnit.Bytes);

    public static FactKey<double> MinBits { get; } = Keys.Number("site.minBits", Platform, "word length of guests");

    public static FactKey<ImmutableArray<string>> OsList { get; } = Keys.List("site.guestList", Platform, "guests that it supports");

    public static FactKey<string> DriverGeneration { get; } = Keys.Text("site.driverGeneration", Platform, "generation of drivers");

    public static FactKey<ImmutableArray<string>> Firmwares { get; } = Keys.List("site.firmwares", Platform, "firmware that it offers");

    public static FactKey<bool> SecureBoot { get; } = Keys.Flag("site.secureBoot", Platform, "Secure Boot");

    public static FactKey<bool> EncryptedGuests { get; } = Keys.Flag("site.encryptedGuests", Platform, "encrypted guests");

    public static FactKey<double> NameMax { get; } = Keys.Number("site.nameMax", Platform, "length of names");

    public static FactKey<string> NamePattern { get; } = Keys.Text("site.namePattern", Platform, "pattern of names");

    public static FactKey<bool> TypeInZone { get; } = Keys.Flag("site.typeInZone", Platform, "instance type in the chosen zone");

    public static FactKey<double> TypeBandwidth { get; } = Keys.Number("site.typeBandwidth", Platform, "bandwidth of the instance type", FactUnit.BytesPerSecond);

    public static FactKey<double> QuotaCpus { get; } = Keys.Number("site.quotaCpus", Platform, "virtual CPUs left in the quota");

    public static FactKey<double> QuotaVms { get; } = Keys.Number("site.quotaVms", Platform, "VMs left in the quota");

    public static FactKey<double> QuotaDisk { get; } = Keys.Number("site.quotaDisk", Platform, "disk space left in the quota", FactUnit.Bytes);

    public static FactKey<double> QuotaSnapshots { get; } = Keys.Number("site.quotaSnapshots", Platform, "snapshots left in the quota");

    public static FactKey<double> QuotaImports { get; } = Keys.Number("site.quotaImports", Platform, "import tasks left in the quota");

    public static FactKey<double> QuotaPublicIps { get; } = Keys.Number("site.quotaPublicAddresses", Platform, "public addresses left in the quota");

    public static FactKey<double> QuotaNics { get; } = Keys.Number("site.quotaNics", Platform, "network cards left in the quota");

    public static FactKey<ImmutableArray<string>> QuotaK8s { get; } = Keys.List("site.quotaExceeded", Platform, "namespace quotas that would be exceeded");

    public static FactKey<double> QuotaKms { get; } = Keys.Number("site.quotaKeys", Platform, "key requests left in the quota");

    public static FactKey<double> QuotaApi { get; } = Keys.Number("site.apiRate", Platform, "rate that its API allows", FactUnit.BytesPerSecond);

    public static FactKey<double> LicenceCores { get; } = Keys.Number("site.licenceCores", Platform, "licensed cores left");

    public static FactKey<string> MachineRule { get; } = Keys.Text("site.brokenMachineRule", Platform, "broken rule for machines");

    public static FactKey<DateTimeOffset> LimitsAsOf { get; } = Keys.Date("site.limitsAsOf", Platform, "date of the table of limits");

    public static FactKey<double> NodesThatFit { get; } = Keys.Number("site.nodesThatFit", Platform, "nodes that fit");

    public static FactKey<double> LiveParallel { get; } = Keys.Number("site.liveParallel", Platform, "live moves at a time");

    public static FactKey<bool> EvictionBlocked { get; } = Keys.Flag("site.evictionBlocked", Platform, "blocked eviction");

    public static FactKey<string> PodSecurity { get; } = Keys.Text("site.podSecurity", Platform, "pod security level");

    public static FactKey<ImmutableArray<string>> OwnersMissing { get; } = Keys.List("site.unmappedOwners", Platform, "owners without a principal");

    public static FactKey<bool> CertificateUnchecked { get; } = Keys.Flag("site.certificateUnchecked", Probe, "unchecked certificate");

    public static FactKey<string> Region { get; } = Keys.Text("site.region", Platform, "region");

    public static FactKey<bool> Eea { get; } = Keys.Flag("site.inEea", Declared, "place in the European Economic Area");

    public static FactKey<ImmutableArray<string>> Controls { get; } = Keys.List("site.controls", Declared, "control sets");

    public static FactKey<string> StagingRegion { get; } = Keys.Text("site.stagingRegion", Platform, "region of temporary copies");

    public static FactKey<string> Edition { get; } = Keys.Text("site.editionLacks", Platform, "feature that its edition lacks");

    public static FactKey<DateTimeOffset> SessionEnds { get; } = Keys.Date("site.sessionEnds", Platform, "end of its session or certificate");

    public static FactKey<string> FolderMissing { get; } = Keys.Text("site.folderMissing", Platform, "missing folder, namespace or resource group");

    public static FactKey<double> TagMax { get; } = Keys.Number("site.tagMax", Platform, "tags for one VM");

    public static FactKey<bool> VmotionEncryption { get; } = Keys.Flag("site.liveEncryption", Platform, "encryption of live moves");

    public static FactKey<double> CompletionTimeout { get; } = Keys.Number("site.liveTimeout", Platform, "time that a live move may take", FactUnit.Seconds);

    public static FactKey<string> LiveCap { get; } = Keys.Text("site.liveCap", Platform, "bandwidth limit of live moves");

    public static FactKey<ImmutableArray<string>> PortClash { get; } = Keys.List("site.clashingPorts", Platform, "ports that live moves need and the VM uses");

    public static FactKey<double> Concurrency { get; } = Keys.Number("site.concurrency", Platform, "moves at a time");

    public static FactKey<bool> Consoles { get; } = Keys.Flag("site.console", Platform, "serial console");

    public static FactKey<bool> GenerationId { get; } = Keys.Flag("site.generationId", Platform, "VM generation id");

    public static FactKey<bool> KeyProvider { get; } = Keys.Flag("site.keyProvider", Platform, "key provider");

    public static FactKey<bool> NatPath { get; } = Keys.Flag("site.behindNat", Declared, "path through NAT or a proxy");

    public static FactKey<string> Unicode { get; } = Keys.Text("site.refusedCharacters", Platform, "characters that it refuses");

    public static FactKey<bool> TransferEncrypted { get; } = Keys.Flag("site.transferEncrypted", Platform, "encrypted way of its data");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
