using System.Collections.Immutable;

namespace VmMigrate.Engine.Planning;

/// <summary>What other migrations of the same run have been promised of one host and one storage pool.</summary>
/// <param name="CpuUse">Average use, in whole CPUs.</param>
/// <param name="CpuPeak">Peak use, in whole CPUs; peaks are taken to fall together.</param>
public sealed record Reserved(double Cpus, double CpuUse, double CpuPeak, long MemoryBytes, long StorageBytes)
{
    public static Reserved Nothing { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Names that they take at the same site.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>VMs that go to the same host.</summary>
    public ImmutableArray<string> Vms { get; init; } = [];
}
