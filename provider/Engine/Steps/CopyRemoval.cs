using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes a copy and every disk of ours at one site.</summary>
internal static class CopyRemoval
{
    /// <param name="vmId">The one copy to remove; null: all of this migration.</param>
    internal static async Task RunAsync(Site site, string migrationId, string? vmId, CancellationToken cancellation)
    {
        foreach (var copy in await site.FindStampedAsync(migrationId, cancellation))
        {
            if (copy.Stamp is { Role: StampRole.Target } && (vmId is null || copy.Id == vmId))
            {
                await site.EnsureOffAsync(copy.Id, TimeSpan.Zero, force: true, cancellation);
                await site.EnsureUnfencedAsync(copy.Id, migrationId, cancellation);
                await site.EnsureRemovedAsync(copy.Id, migrationId, cancellation);
            }
        }

        foreach (var disk in await site.FindStampedDisksAsync(migrationId, cancellation))
        {
            if (disk.Attached is null)
            {
                await site.EnsureDiskRemovedAsync(disk, cancellation);
            }
        }
    }
}
