using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes a copy, or a copy and every disk of ours, at one site.</summary>
internal static class CopyRemoval
{
    /// <summary>Switches off and undefines copies, whose disks stay.</summary>
    /// <param name="which">Which of this migration's copies.</param>
    internal static async Task UndefineAsync(Site site, string migrationId, Func<Vm, bool> which, CancellationToken cancellation)
    {
        // The id may not have come back from its making: look for the stamp.
        foreach (var copy in await site.FindStampedAsync(migrationId, cancellation))
        {
            if (copy.Stamp is { Role: StampRole.Target } && which(copy))
            {
                await ReadyAsync(site, copy, migrationId, cancellation);
                await site.EnsureTrackingRemovedAsync(copy.Id, migrationId, cancellation);
                await site.EnsureUndefinedAsync(copy.Id, migrationId, cancellation);
            }
        }
    }

    /// <param name="vmId">The one copy to remove; null: all of this migration.</param>
    internal static async Task RunAsync(Site site, string migrationId, string? vmId, CancellationToken cancellation)
    {
        foreach (var copy in await site.FindStampedAsync(migrationId, cancellation))
        {
            if (copy.Stamp is { Role: StampRole.Target } && (vmId is null || copy.Id == vmId))
            {
                await ReadyAsync(site, copy, migrationId, cancellation);
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

        if (vmId is null)
        {
            await site.EnsureNothingLeftAsync(migrationId, cancellation);
        }
    }

    /// <summary>Off and without a fence, so that it can be removed. One that has gone meanwhile, by the last call of a run that was killed, is as wanted.</summary>
    private static async Task ReadyAsync(Site site, Vm copy, string migrationId, CancellationToken cancellation)
    {
        try
        {
            await site.EnsureOffAsync(copy.Id, TimeSpan.Zero, force: true, cancellation);
            await site.EnsureUnfencedAsync(copy.Id, migrationId, cancellation);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
        }
    }
}
