using System.Collections.Immutable;
using VmMigrate.Engine.Checks.Compute;
using VmMigrate.Engine.Checks.Devices;
using VmMigrate.Engine.Checks.Network;
using VmMigrate.Engine.Checks.Request;
using VmMigrate.Engine.Checks.Storage;

namespace VmMigrate.Engine.Checks;

/// <summary>Every check of preflight: one line each, in the order in which findings of the same severity are shown.</summary>
public static class CheckList
{
    public static ImmutableArray<Check> All { get; } =
    [
        ModeNotSupported.Run,
        SameSourceAndTarget.Run,
        HeldByOther.Run,
        PowerStateNotSupported.Run,
        VmBusy.Run,
        TargetNameTaken.Run,
        ProbeNotUsable.Run,
        ArchitectureDiffers.Run,
        AccelerationMissing.Run,
        MachineTypeUnknown.Run,
        MemoryTooSmall.Run,
        CpusTooMany.Run,
        FirmwareNotMovable.Run,
        DiskNotMovable.Run,
        PoolTooSmall.Run,
        SnapshotsPresent.Run,
        HostDevicePresent.Run,
        MacInUse.Run,
    ];

    /// <summary>All findings of all checks, worst first.</summary>
    public static ImmutableArray<Finding> Run(CheckSubject subject) =>
        [.. All.SelectMany(check => check(subject)).OrderByDescending(finding => finding.Severity)];
}
