using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Snapshots;

/// <summary>Snapshots, change tracking, backup.</summary>
internal static class SnapshotsChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("snapshot.present", Warns, "CWL", "the VM has snapshots", SnapshotsPresent.Rule)
        {
            Core = true,
            Pairs = "VS HV KV KU > any",
            Why = "They stay at the source; the copy has the present state only, and a commit deletes them with the source. libvirt refuses native moves with them.",
            Fix = "Delete them if nobody needs them.",
            Source = "FL, LV, FV, HCX5",
            At = "vm",
        },
        new("snapshot.memory", Warns, "CWL", "a snapshot holds memory", Is(VmFact.SnapshotMemory))
        {
            Pairs = "OV VS KV > any",
            Why = "That memory is lost.",
            Fix = "Delete it if nobody needs it.",
            Source = "FL",
            At = "vm",
        },
        new("snapshot.depth", Stops, "W", "the chain of snapshots is too long", Over(VmFact.SnapshotDepth, PolicyKeys.SnapshotDepth))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "vSphere allows 32, and a warm move needs some.",
            Fix = "Delete old ones.",
            Source = "FD",
            At = "vm",
        },
        new("snapshot.consolidation", Warns, "CW", "snapshots need consolidation", Is(VmFact.Consolidation))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "Orphaned deltas make reads slow or wrong.",
            Fix = "Consolidate first.",
            Source = "FL",
            At = "vm",
        },
        new("snapshot.space", Stops, "W", "the pool has too little room for snapshots", Own("`vm.snapshotGrowth` is above the source's `pool.free`", [VmFact.SnapshotGrowth, PoolFact.Free], Memory.DirtyRate.SnapshotSpace))
        {
            Pairs = "VS HV KV > any",
            Why = "Snapshots grow while the VM writes; a full pool stops it.",
            Fix = "Free space at the source.",
            Source = "HCX3, J",
            At = "vm",
        },
        new("snapshot.stun", Tells, "W", "a snapshot pauses the VM for long", Over(VmFact.SnapshotStun, PolicyKeys.Stun))
        {
            Pairs = "VS > any",
            Why = "Clients notice it.",
            Fix = "Use a quieter time.",
            Source = "J",
            At = "vm",
        },
        new("snapshot.retention", Warns, "CWL", "too few recovery points at the target", Under(PlanFact.RecoveryPoints, PolicyKeys.RecoveryPoints))
        {
            Core = true,
            Why = "After the cutover there is less to go back to. They must be backups or the target's own snapshots, never the source's chain.",
            Fix = "Set a schedule at the target.",
            Source = "B",
            At = "vm",
        },
        new("snapshot.schedule-freeze", Warns, "WL", "a backup or snapshot job falls within the window", Has(PlanFact.BackupInWindow))
        {
            Why = "It would collide with the move's snapshots.",
            Fix = "Pause it.",
            Source = "HCX6, FD",
            At = "vm",
        },
        new("cbt.vm", Stops, "W", "change tracking is off", Not(VmFact.ChangeTracking))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "A warm move reads changed blocks only.",
            Fix = "Enable it and make one snapshot.",
            Source = "FL, FV",
            At = "vm",
        },
        new("cbt.disk", Stops, "W", "change tracking is off for a disk", Not(DiskFact.ChangeTracking))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "A warm move reads changed blocks only.",
            Fix = "Enable it for the disk.",
            Source = "FL",
            At = "vm",
        },
        new("cbt.equivalent", Stops, "W", "the platform cannot tell changed blocks", TrackingRule.Rule)
        {
            Core = true,
            Pairs = "KV HV AW AZ GC > any",
            Why = "A warm move reads changed blocks only.",
            Fix = "Use a disk format with change tracking (KVM: qcow2), or a cold move.",
            Source = "HV, EBS, J",
            At = "vm",
        },
        new("cbt.reset-risk", Warns, "W", "change tracking was reset", Is(VmFact.TrackingReset))
        {
            Pairs = "VS > any",
            Why = "The next round is likely to copy everything.",
            Fix = "Plan time for it.",
            Source = "FDOC-156, J",
            At = "vm",
        },
        new("backup.recent", Stops, "CWL", "the last backup is too old", Over(PlanFact.BackupAge, PolicyKeys.BackupAge))
        {
            Core = true,
            Why = "If the worst happens, that is what is left.",
            Fix = "Run a backup.",
            Source = "J",
            At = "vm",
        },
        new("backup.restore-tested", Tells, "CWL", "no restore was tested lately", Over(PlanFact.RestoreTestAge, PolicyKeys.RestoreTestAge))
        {
            Why = "A backup that nobody restored is a hope.",
            Fix = "Test a restore.",
            Source = "J",
            At = "vm",
        },
        new("backup.agent-license", Tells, "CWL", "a backup job still points at the source", Has(PlanFact.BackupJob))
        {
            Why = "After the cutover it backs up a VM that is off.",
            Fix = "Point it at the target.",
            Source = "J",
            At = "vm",
        },
    ];
}
