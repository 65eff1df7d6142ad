using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

// Changed-block tracking: what warm mode, the reverse delta of a way back, and recovery points rest on. Optional: see Capabilities.ChangedBlockTracking.
public abstract partial class Site
{
    /// <summary>
    /// Opens a consistent view of all disks of a VM at this moment, and makes the checkpoint from which the next round's changes are computed, in one
    /// step of the platform: no write falls between the two. Works for a running VM and for one that is off (the last round). The source goes on running.
    /// </summary>
    /// <remarks>
    /// What an earlier, killed run left open (a backup job, a snapshot) is closed first. A checkpoint of the asked name that exists already belongs to such a
    /// run and is made anew. Platforms with costs at removal (a snapshot's consolidation) pay them when the round is disposed.
    /// </remarks>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.Busy"/> when another tool's backup holds the VM.</exception>
    public virtual Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation) => throw Lacks("read the blocks that a VM has changed");

    /// <summary>Our checkpoints of this VM from which changes can be computed now, oldest first. A reset of the platform's tracking leaves none.</summary>
    public virtual Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        Task.FromResult(ImmutableArray<string>.Empty);

    /// <summary>The checkpoint is gone, and what the platform kept for it; nothing happens where there is none.</summary>
    public virtual Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>
    /// Nothing that a round or a live move of this migration began is left on the VM: no checkpoint, also none from which changes can no longer be computed; no open
    /// job; the guest's file systems are thawed. Done at the end of a migration, and on a VM that is on or off.
    /// </summary>
    public virtual async Task EnsureTrackingRemovedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        foreach (var checkpoint in await FindCheckpointsAsync(vmId, migrationId, cancellation))
        {
            await EnsureCheckpointRemovedAsync(vmId, migrationId, checkpoint, cancellation);
        }
    }

    /// <summary>
    /// The VM is off, and was switched off while its agent held its file systems frozen: all that they hold is on its disks; its applications saw a loss of power.
    /// One that is off already stays so. Where it cannot be frozen, or not be switched off then, it runs on, thawed. Changed-block tracking goes on over it.
    /// </summary>
    /// <remarks>The file systems stand frozen only between two calls of the platform. A run that dies there leaves them so until the next one: <see cref="EnsureRunningAsync"/>, <see cref="OpenRoundAsync"/>
    /// and <see cref="EnsureTrackingRemovedAsync"/> thaw what this migration froze.</remarks>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.Refused"/> where it cannot be frozen, with the reason.</exception>
    public virtual Task EnsureOffFrozenAsync(string vmId, string migrationId, CancellationToken cancellation) => throw Lacks("switch a VM off with its file systems frozen");

    /// <summary>
    /// The running VM writes at most so much per second to its disks, all together; null: as much as before. It lasts no longer than the VM runs, does not go along when it moves, and is
    /// also taken away by <see cref="EnsureTrackingRemovedAsync"/>. Does nothing to a VM that is off, nor, for null, to one that we do not hold back.
    /// </summary>
    /// <exception cref="PlatformException"><see cref="PlatformErrorKind.Refused"/> where a disk has a limit of its own already: it is left alone.</exception>
    public virtual Task EnsureSlowedAsync(string vmId, string migrationId, long? bytesPerSecond, CancellationToken cancellation) =>
        bytesPerSecond is null ? Task.CompletedTask : throw Lacks("hold a VM's writes back");

    /// <summary>
    /// The VM runs, and every block that it has written since this very start counts as changed since <paramref name="checkpoint"/>. The VM is off before; one that runs
    /// already keeps running, with the checkpoint if it has it. A checkpoint of that name which is there and in order is kept: more counts as changed then, never less. A fenced VM is refused as by <see cref="EnsureRunningAsync"/>.
    /// </summary>
    /// <returns>False where the VM runs and its writes since the start are not tracked.</returns>
    public virtual async Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        await EnsureRunningAsync(vmId, cancellation);
        return false;
    }
}
