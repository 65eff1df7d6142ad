using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Checks;

/// <summary>What a check looks at: a pure function of this gives findings.</summary>
public sealed record CheckSubject
{
    public required MigrationSpec Spec { get; init; }

    public required string MigrationId { get; init; }

    /// <summary>The VM where it lives now.</summary>
    public required Vm Vm { get; init; }

    public required SiteFacts From { get; init; }

    public required SiteFacts To { get; init; }

    public required Capabilities FromCapabilities { get; init; }

    public required Capabilities ToCapabilities { get; init; }

    public required Placement Placement { get; init; }

    /// <summary>A copy of ours exists at the target already: an earlier run got that far.</summary>
    public required bool CopyExists { get; init; }

    /// <summary>What our disks at the target take already.</summary>
    public long BytesAtTarget { get; init; }

    public Hypervisor? TargetHost => To.Hosts.FirstOrDefault(host => host.Name == Placement.Host);

    public StoragePool? TargetPool => To.Pools.FirstOrDefault(pool => pool.Name == Placement.Pool);
}

/// <summary>A check: no I/O, all findings at once, an unknown fact is a note.</summary>
public delegate IEnumerable<Finding> Check(CheckSubject subject);
