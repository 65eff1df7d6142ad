using System.Collections.Immutable;

namespace VmMigrate.Engine.Facts;

/// <summary>What a site has to put VMs on, without its VMs. Sizes in bytes.</summary>
public sealed record SiteFacts : IFactHolder
{
    public required string Site { get; init; }

    /// <summary>The platform's key, such as <c>libvirt</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>Whose rules apply here: the platform itself, unless a simulator plays another.</summary>
    public string Kind { get => field ?? Platform; init; }

    /// <summary>What makes this site itself and no other (libvirt: the host's UUID): the same for two names of one site.</summary>
    public required string Identity { get; init; }

    public Fact<string> Version { get; init; }

    public ImmutableArray<Hypervisor> Hosts { get; init; } = [];

    public ImmutableArray<StoragePool> Pools { get; init; } = [];

    public ImmutableArray<Network> Networks { get; init; } = [];

    /// <summary>Names and ids of all VMs, for near names and collisions.</summary>
    public ImmutableArray<VmName> Vms { get; init; } = [];

    /// <summary>Upper-case hardware addresses in use and the VM that has each, where the platform tells.</summary>
    public Fact<ImmutableDictionary<string, string>> MacsInUse { get; init; }

    public FactSet Observed { get; init; } = FactSet.Empty;
}

/// <param name="MigrationId">The stamp it carries, if any.</param>
public sealed record VmName(string Id, string Name, string? MigrationId);

/// <summary>A host that runs VMs.</summary>
public sealed record Hypervisor : IFactHolder
{
    public required string Name { get; init; }

    public Fact<string> Architecture { get; init; }

    public Fact<int> Cpus { get; init; }

    public Fact<long> MemoryBytes { get; init; }

    public Fact<long> FreeMemoryBytes { get; init; }

    /// <summary>Kinds of virtual CPU that it can run VMs with: <c>kvm</c>, <c>qemu</c>, ...</summary>
    public ImmutableArray<string> Accelerations { get; init; } = [];

    /// <summary>Virtual hardware versions that it knows; empty where the platform does not tell.</summary>
    public ImmutableArray<string> Machines { get; init; } = [];

    public Fact<string> CpuModel { get; init; }

    public FactSet Observed { get; init; } = FactSet.Empty;
}

public sealed record StoragePool : IFactHolder
{
    public required string Name { get; init; }

    /// <summary>The platform's word: <c>dir</c>, <c>logical</c>, <c>vmfs</c>, ...</summary>
    public required string Kind { get; init; }

    public bool Active { get; init; } = true;

    public Fact<long> CapacityBytes { get; init; }

    public Fact<long> FreeBytes { get; init; }

    /// <summary>Where it lies, for messages.</summary>
    public string Location { get; init; } = "";

    public FactSet Observed { get; init; } = FactSet.Empty;
}

/// <param name="Kind">The platform's word: <c>nat</c>, <c>bridge</c>, <c>portgroup</c>, ...</param>
public sealed record Network(string Name, string Kind, bool Active) : IFactHolder
{
    public FactSet Observed { get; init; } = FactSet.Empty;
}

/// <summary>The way between two sites, as measured; what the user declares of it comes on top.</summary>
public sealed record Link : IFactHolder
{
    public FactSet Observed { get; init; } = FactSet.Empty;
}
