using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Checks;

/// <summary>What a check looks at: a pure function of this gives findings.</summary>
public sealed record CheckSubject
{
    public required MigrationSpec Spec { get; init; }

    /// <summary>The mode's name.</summary>
    public string Mode { get => field ?? Spec.Mode.ToString(); init; }

    public required string MigrationId { get; init; }

    /// <summary>The VM where it lives now.</summary>
    public required Vm Vm { get; init; }

    public required SiteFacts From { get; init; }

    public required SiteFacts To { get; init; }

    public required Capabilities FromCapabilities { get; init; }

    public required Capabilities ToCapabilities { get; init; }

    public required Placement Placement { get; init; }

    /// <summary>What placement found while it chose.</summary>
    public ImmutableArray<Finding> Placing { get; init; } = [];

    /// <summary>Disks of the VM that are not carried (<c>replatform</c>); <see cref="Vm"/> has the others.</summary>
    public ImmutableArray<Disk> LeftDisks { get; init; } = [];

    /// <summary>The platform moves the VM itself, maybe within one place.</summary>
    public bool Relocates { get; init; }

    /// <summary>A copy of ours exists at the target already: an earlier run got that far.</summary>
    public required bool CopyExists { get; init; }

    /// <summary>What our disks at the target take already.</summary>
    public long BytesAtTarget { get; init; }

    /// <summary>What other migrations of this run are going to take of the same host and pool.</summary>
    public Reserved Others { get; init; } = Reserved.Nothing;

    public required DateTimeOffset Now { get; init; }

    public Link Link { get; init; } = new();

    /// <summary>What the user says under <c>facts</c>.</summary>
    public FactSet Declared { get; init; } = FactSet.Empty;

    public Policy Policy { get; init; } = Policy.Default;

    /// <summary>What preview expects; null where there is no plan yet.</summary>
    public Estimate? Estimate { get; init; }

    public Hypervisor? TargetHost => To.Hosts.FirstOrDefault(host => host.Name == Placement.Host);

    public Hypervisor? SourceHost => From.Hosts.FirstOrDefault(host => host.Name == Vm.Host.Or("")) ?? (From.Hosts.Length == 1 ? From.Hosts[0] : null);

    /// <summary>The pool of the VM's first disk.</summary>
    public StoragePool? SourcePool => From.Pools.FirstOrDefault(pool => Vm.Disks.Any(disk => disk.Pool.Or("") == pool.Name)) ?? (From.Pools.Length == 1 ? From.Pools[0] : null);

    public StoragePool? TargetPool => To.Pools.FirstOrDefault(pool => pool.Name == Placement.Pool);

    /// <summary>The networks that the VM's cards go to.</summary>
    public IEnumerable<Facts.Network> TargetNetworks => To.Networks.Where(network => Placement.Networks.ContainsValue(network.Name));
}
