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

        await GoneAsync(site, migrationId, which, cancellation);
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

        await GoneAsync(site, migrationId, copy => vmId is null || copy.Id == vmId, cancellation);
        await RemoveDisksAsync(site, migrationId, cancellation);

        if (vmId is null)
        {
            await site.EnsureNothingLeftAsync(migrationId, cancellation);
        }
    }

    /// <summary>Removes every disk of ours that no VM has, and sees that none is left.</summary>
    internal static async Task RemoveDisksAsync(Site site, string migrationId, CancellationToken cancellation)
    {
        var removed = false;
        foreach (var disk in (await site.FindStampedDisksAsync(migrationId, cancellation)).Where(disk => disk.Attached is null))
        {
            await site.EnsureDiskRemovedAsync(disk, cancellation);
            removed = true;
        }

        if (removed && (await site.FindStampedDisksAsync(migrationId, cancellation)).FirstOrDefault(disk => disk.Attached is null) is { } left)
        {
            throw Proven.Untrue(site, $"disk {left.Location} was removed, and it is there");
        }
    }

    private static async Task GoneAsync(Site site, string migrationId, Func<Vm, bool> which, CancellationToken cancellation)
    {
        if ((await site.FindStampedAsync(migrationId, cancellation)).FirstOrDefault(copy => copy.Stamp is { Role: StampRole.Target } && which(copy)) is { } left)
        {
            throw Proven.Untrue(site, $"{left.Name} was removed, and it is there");
        }
    }

    /// <summary>Off and without a fence, so that it can be removed. One that has gone meanwhile, by the last call of a run that was killed, is as wanted.</summary>
    private static async Task ReadyAsync(Site site, Vm copy, string migrationId, CancellationToken cancellation)
    {
        try
        {
            await Proven.OffAsync(site, copy.Id, TimeSpan.Zero, cancellation);
            await site.EnsureUnfencedAsync(copy.Id, migrationId, cancellation);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
        }
    }
}
