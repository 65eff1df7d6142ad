using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Inventories;

/// <content>Calls that may change something: passed on, and nothing that was read before or meanwhile is kept.</content>
public sealed partial class InventorySite
{
    public override Task EnsurePointAsync(string migrationId, string point, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsurePointAsync(migrationId, point, cancellation));

    public override Task EnsurePointRestoredAsync(string migrationId, string point, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsurePointRestoredAsync(migrationId, point, cancellation));

    public override Task EnsurePointRemovedAsync(string migrationId, string point, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsurePointRemovedAsync(migrationId, point, cancellation));

    public override Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureStampAsync(vmId, stamp, cancellation));

    public override Task EnsureRunningAsync(string vmId, CancellationToken cancellation) => ChangeAsync(() => _site.EnsureRunningAsync(vmId, cancellation));

    public override Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureOffAsync(vmId, patience, force, cancellation));

    public override Task EnsureOffFrozenAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureOffFrozenAsync(vmId, migrationId, cancellation));

    public override Task EnsureSlowedAsync(string vmId, string migrationId, long? bytesPerSecond, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureSlowedAsync(vmId, migrationId, bytesPerSecond, cancellation));

    public override Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureFencedAsync(vmId, migrationId, cancellation));

    public override Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureUnfencedAsync(vmId, migrationId, cancellation));

    public override Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation) =>
        ChangeAsync(() => _site.OpenVmDiskAsync(vmId, diskName, writable, cancellation));

    public override Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureRemovedAsync(vmId, migrationId, cancellation));

    public override Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation) => ChangeAsync(() => _site.EnsureDiskAsync(request, cancellation));

    public override Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation) => ChangeAsync(() => _site.OpenDiskAsync(disk, cancellation));

    public override Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation) => ChangeAsync(() => _site.EnsureDiskRemovedAsync(disk, cancellation));

    public override Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation) => ChangeAsync(() => _site.EnsureDefinedAsync(request, cancellation));

    public override Task<bool> EnsureFirmwareAsync(string vmId, string migrationId, ReadOnlyMemory<byte> variables, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureFirmwareAsync(vmId, migrationId, variables, cancellation));

    public override Task<string> EnsureTestCloneAsync(VmRequest request, CancellationToken cancellation) => ChangeAsync(() => _site.EnsureTestCloneAsync(request, cancellation));

    public override Task EnsureNothingLeftAsync(string migrationId, CancellationToken cancellation) => ChangeAsync(() => _site.EnsureNothingLeftAsync(migrationId, cancellation));

    public override Task EnsureTestClonesRemovedAsync(string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureTestClonesRemovedAsync(migrationId, cancellation));

    public override Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureUndefinedAsync(vmId, migrationId, cancellation));

    public override Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation) => ChangeAsync(() => _site.OpenRoundAsync(request, cancellation));

    public override Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureCheckpointRemovedAsync(vmId, migrationId, checkpoint, cancellation));

    public override Task EnsureArchivedAsync(string vmId, string migrationId, string name, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureArchivedAsync(vmId, migrationId, name, cancellation));

    public override Task EnsureTrackingRemovedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureTrackingRemovedAsync(vmId, migrationId, cancellation));

    public override Task EnsureShapedAsync(string vmId, string migrationId, VmShape shape, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureShapedAsync(vmId, migrationId, shape, cancellation));

    /// <summary>No part of the inventory.</summary>
    public override Task<ImmutableArray<string>> EndLateServersAsync(string migrationId, CancellationToken cancellation) =>
        _site.EndLateServersAsync(migrationId, cancellation);

    /// <summary>No part of the inventory.</summary>
    public override Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation) =>
        _site.TrySetLeaseAsync(migrationId, expected, next, cancellation);

    public override Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        ChangeAsync(() => _site.EnsureRunningTrackedAsync(vmId, migrationId, checkpoint, cancellation));

    public override Task<LiveResult> MoveLiveAsync(LiveRequest request, Site to, IProgress<LiveProgress>? progress, CancellationToken cancellation) =>
        ChangeAsync(async () =>
        {
            try
            {
                return await _site.MoveLiveAsync(request, FreshOf(to), progress, cancellation);
            }
            finally
            {
                (to as InventorySite)?.Forget();
            }
        });

    public override Task<RelocationResult> RelocateAsync(RelocationRequest request, Site to, IProgress<int>? percent, CancellationToken cancellation) =>
        ChangeAsync(async () =>
        {
            try
            {
                return await _site.RelocateAsync(request, FreshOf(to), percent, cancellation);
            }
            finally
            {
                (to as InventorySite)?.Forget();
            }
        });

    private Task<bool> ChangeAsync(Func<Task> change) => ChangeAsync(async () =>
    {
        await change();
        return true;
    });

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        Forget();
        try
        {
            return await change();
        }
        finally
        {
            Forget();
        }
    }
}
