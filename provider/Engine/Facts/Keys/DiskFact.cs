using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of one disk.</summary>
public static class DiskFact
{
    private static readonly KeyList Keys = new(FactScope.Disk);

    public static FactKey<double> Length { get; } = Keys.Number("disk.length", Platform, "length", FactUnit.Bytes, disk => ((Disk)disk).LengthBytes.Select(bytes => (double)bytes));

    public static FactKey<string> Bus { get; } = Keys.Text("disk.bus", Platform, "bus", disk => ((Disk)disk).Bus);

    public static FactKey<string> Format { get; } = Keys.Text("disk.format", Platform, "format", disk => ((Disk)disk).Format);

    public static FactKey<bool> Encrypted { get; } = Keys.Flag("disk.encrypted", Platform, "encryption by its image format", disk => ((Disk)disk).Encrypted);

    public static FactKey<bool> Shared { get; } = Keys.Flag("disk.shared", Platform, "sharing with other VMs", disk => ((Disk)disk).Shared ? Fact.Known(true) : ((Disk)disk).SharingSeen ? Fact.Known(false) : Fact<bool>.Unknown("the platform does not tell"));

    public static FactKey<ImmutableArray<string>> SharedWith { get; } = Keys.List("disk.sharedWithOutsideWave", Platform, "VMs that share it and do not move with it");

    public static FactKey<string> Status { get; } = Keys.Text("disk.status", Platform, "state");

    public static FactKey<string> Pool { get; } = Keys.Text("disk.pool", Platform, "storage pool", disk => ((Disk)disk).Pool);

    public static FactKey<bool> PoolMissing { get; } = Keys.Flag("disk.poolMissing", Platform, "lack of a storage pool");

    public static FactKey<string> StoreKind { get; } = Keys.Text("disk.storeKind", Platform, "kind of its storage");

    public static FactKey<bool> NeedsStoreTool { get; } = Keys.Flag("disk.needsOtherMethod", Platform, "storage that this method cannot read");

    public static FactKey<bool> PathHidden { get; } = Keys.Flag("disk.pathHidden", Platform, "path that the mover cannot reach");

    public static FactKey<bool> Thin { get; } = Keys.Flag("disk.thin", Platform, "thin allocation");

    public static FactKey<double> SectorSize { get; } = Keys.Number("disk.sectorSize", Platform, "sector size", FactUnit.Bytes);

    public static FactKey<string> Serial { get; } = Keys.Text("disk.serial", Platform, "serial number");

    public static FactKey<bool> UuidUsed { get; } = Keys.Flag("disk.uuidUsed", Platform, "UUID that rules may depend on");

    public static FactKey<string> Rdm { get; } = Keys.Text("disk.rdm", Platform, "raw device mapping");

    public static FactKey<string> Lun { get; } = Keys.Text("disk.lun", Platform, "LUN");

    public static FactKey<bool> Passthrough { get; } = Keys.Flag("disk.passthrough", Platform, "host device");

    public static FactKey<bool> Independent { get; } = Keys.Flag("disk.independent", Platform, "independent mode");

    public static FactKey<bool> Transient { get; } = Keys.Flag("disk.transient", Platform, "writes that are thrown away");

    public static FactKey<string> Cache { get; } = Keys.Text("disk.cache", Platform, "cache mode");

    public static FactKey<bool> Local { get; } = Keys.Flag("disk.local", Platform, "storage of one host only");

    public static FactKey<string> AccessMode { get; } = Keys.Text("disk.accessMode", Platform, "access mode");

    public static FactKey<bool> ReclaimDelete { get; } = Keys.Flag("disk.reclaimDelete", Platform, "volume that goes with its VM");

    public static FactKey<string> Qos { get; } = Keys.Text("disk.qos", Platform, "I/O limit");

    public static FactKey<bool> AtRest { get; } = Keys.Flag("disk.encryptedAtRest", Platform, "encryption at rest");

    public static FactKey<string> KeyHidden { get; } = Keys.Text("disk.keyNotShared", Platform, "key that the target may not use");

    public static FactKey<bool> Reservations { get; } = Keys.Flag("disk.reservations", Platform, "SCSI reservations");

    public static FactKey<bool> ChangeTracking { get; } = Keys.Flag("disk.changeTracking", Platform, "change tracking");

    public static FactKey<string> PartitionTable { get; } = Keys.Text("disk.partitionTable", Disks, "partition table");

    public static FactKey<bool> Misaligned { get; } = Keys.Flag("disk.misaligned", Disks, "misaligned partition");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
