namespace VmMigrate.Engine.Contracts;

/// <param name="Target">What to make there: its disks were made by <see cref="Site.EnsureDiskAsync"/>.</param>
/// <param name="MaxDowntime">How long the VM may be paused at the switch.</param>
/// <param name="AutoConverge">Whether the platform may slow the guest down where it writes faster than its memory can be sent.</param>
/// <param name="BytesPerSecond">Limit of the transfer; null: none.</param>
public sealed record LiveRequest(
    string VmId, string MigrationId, VmRequest Target, TimeSpan MaxDowntime, bool AutoConverge, long? BytesPerSecond)
{
    /// <summary>Where the guest writes faster than its memory can be sent, it is paused for as long as the rest takes. Without it such a move ends with <see cref="PlatformErrorKind.Refused"/>, both rates told.</summary>
    public bool PauseToConverge { get; init; }

    /// <summary>
    /// Where the guest writes faster than its memory can be sent, it changes sides before all of it has come, and the rest follows (post-copy). From then on there is no way back, and
    /// a cancellation waits for the end. What breaks it then (the link) leaves both halves as they are and ends with <see cref="PlatformErrorKind.TimedOut"/>; a repeat goes on with it.
    /// </summary>
    public bool PostCopy { get; init; }
}

/// <summary>Whether memory may follow a running VM to another site.</summary>
/// <param name="Blockers">What stands against it, in the platform's own words.</param>
/// <param name="NotSeen">What could not be looked at, and why; null: all was seen.</param>
public sealed record PostCopyAbility(System.Collections.Immutable.ImmutableArray<string> Blockers, string? NotSeen);

/// <summary>How a live move stands. Sizes in bytes.</summary>
public sealed record LiveProgress(long TotalBytes, long DoneBytes, double BytesPerSecond, string Phase);

/// <param name="VmId">The VM's id at the target.</param>
/// <param name="Downtime">How long it was paused, as the platform measured it.</param>
public sealed record LiveResult(string VmId, TimeSpan Downtime, long TransferredBytes, TimeSpan Duration);
