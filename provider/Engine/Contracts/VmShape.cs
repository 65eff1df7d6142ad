using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

/// <summary>What of a VM can be put back after a hand has changed it.</summary>
[Flags]
public enum VmAspects
{
    None = 0,
    Name = 1,
    Host = 2,
    Pool = 4,
    Cpus = 8,
    Memory = 16,
    All = Name | Host | Pool | Cpus | Memory,
}

/// <summary>What a VM is to be again; null: as it is.</summary>
public sealed record VmShape
{
    public string? Name { get; init; }

    public string? Host { get; init; }

    /// <summary>Where <see cref="Disks"/> are to lie.</summary>
    public string? StoragePool { get; init; }

    /// <summary>Names of the disks that lie elsewhere.</summary>
    public ImmutableArray<string> Disks { get; init; } = [];

    public int? Cpus { get; init; }

    public long? MemoryBytes { get; init; }

    public VmAspects Aspects =>
        (Name is null ? 0 : VmAspects.Name) | (Host is null ? 0 : VmAspects.Host) | (StoragePool is null ? 0 : VmAspects.Pool)
        | (Cpus is null ? 0 : VmAspects.Cpus) | (MemoryBytes is null ? 0 : VmAspects.Memory);
}
