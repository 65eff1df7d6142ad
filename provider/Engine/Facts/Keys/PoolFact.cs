using System.Collections.Immutable;
using static VmMigrate.Engine.Facts.FactSource;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Facts of the storage pool.</summary>
public static class PoolFact
{
    private static readonly KeyList Keys = new(FactScope.Pool);

    public static FactKey<double> Free { get; } = Keys.Number("pool.free", Platform, "free space", FactUnit.Bytes, pool => ((StoragePool)pool).FreeBytes.Select(bytes => (double)bytes));

    public static FactKey<double> Capacity { get; } = Keys.Number("pool.capacity", Platform, "size", FactUnit.Bytes, pool => ((StoragePool)pool).CapacityBytes.Select(bytes => (double)bytes));

    public static FactKey<string> Media { get; } = Keys.Text("pool.media", Platform, "kind of media");

    public static FactKey<double> Iops { get; } = Keys.Number("pool.iops", Platform, "operations a second");

    public static FactKey<double> Latency { get; } = Keys.Number("pool.latency", Probe, "latency", FactUnit.Seconds);

    public static FactKey<double> SectorSize { get; } = Keys.Number("pool.sectorSize", Platform, "sector size", FactUnit.Bytes);

    public static FactKey<bool> ThinOnly { get; } = Keys.Flag("pool.thin", Platform, "thin allocation");

    public static FactKey<double> Granularity { get; } = Keys.Number("pool.granularity", Platform, "unit of sizes", FactUnit.Bytes);

    public static FactKey<bool> AtRest { get; } = Keys.Flag("pool.encryptedAtRest", Platform, "encryption at rest");

    public static FactKey<ImmutableArray<string>> ClassMissing { get; } = Keys.List("pool.classLacks", Platform, "abilities that its class lacks");

    public static FactKey<bool> FsOverhead { get; } = Keys.Flag("pool.overheadShort", Platform, "volume without allowance for its filesystem");

    public static FactKey<double> MaxFile { get; } = Keys.Number("pool.maxFile", Platform, "largest file", FactUnit.Bytes);

    public static FactKey<string> State { get; } = Keys.Text("pool.state", Platform, "state");

    public static FactKey<bool> Shared { get; } = Keys.Flag("pool.shared", Platform, "storage that both hosts see");

    internal static IReadOnlyList<FactKey> All => Keys.Keys;
}
