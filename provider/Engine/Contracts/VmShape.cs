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
    Nics = 32,
    All = Name | Host | Pool | Cpus | Memory | Nics,
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

    /// <summary>Network cards that are to be there again, or on that network again; others stay as they are.</summary>
    public ImmutableArray<NicShape> Nics { get; init; } = [];

    public VmAspects Aspects =>
        (Name is null ? 0 : VmAspects.Name) | (Host is null ? 0 : VmAspects.Host) | (StoragePool is null ? 0 : VmAspects.Pool)
        | (Cpus is null ? 0 : VmAspects.Cpus) | (MemoryBytes is null ? 0 : VmAspects.Memory) | (Nics.IsEmpty ? 0 : VmAspects.Nics);
}

/// <param name="Mac">Its hardware address, in capitals.</param>
/// <param name="Model">What it was at home, for one that has to be attached anew; null where that is not known: the platform's usual one.</param>
public sealed record NicShape(string Mac, string Network, string? Model);
