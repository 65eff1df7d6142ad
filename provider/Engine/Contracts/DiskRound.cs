using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Contracts;

/// <param name="Checkpoint">Name of the checkpoint to make, unique in the migration; letters, digits, dots and dashes.</param>
/// <param name="Since">The checkpoint of the round before; null for the base copy, where everything counts as changed.</param>
/// <param name="Quiesce">Whether the guest is asked to freeze its file systems for the moment of the checkpoint. They are thawed whatever happens.</param>
public sealed record RoundRequest(string VmId, string MigrationId, string Checkpoint, string? Since, bool Quiesce);

/// <summary>All disks of one VM as they were at one moment. Disposing it ends what opening it began (a backup job, an export, a snapshot); checkpoints stay.</summary>
public abstract class DiskRound : IAsyncDisposable
{
    public abstract string Checkpoint { get; }

    /// <summary>Since which checkpoint changes are told: as asked, or null where the platform has lost it and everything may have changed.</summary>
    public abstract string? Since { get; }

    /// <summary>Whether the guest's file systems were frozen at that moment.</summary>
    public abstract bool Quiesced { get; }

    /// <summary>Why it was not quiesced, for people; null when it was, or was not asked for.</summary>
    public abstract string? WhyNotQuiesced { get; }

    /// <summary>What may have changed since <see cref="Since"/>, in ascending order; null: everything (then compare or copy all that is allocated).</summary>
    public abstract Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation);

    /// <summary>Opens one disk's content at that moment, for reading. The caller disposes it before the round.</summary>
    public abstract Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}
