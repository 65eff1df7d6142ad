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
}

/// <summary>How a live move stands. Sizes in bytes.</summary>
public sealed record LiveProgress(long TotalBytes, long DoneBytes, double BytesPerSecond, string Phase);

/// <param name="VmId">The VM's id at the target.</param>
/// <param name="Downtime">How long it was paused, as the platform measured it.</param>
public sealed record LiveResult(string VmId, TimeSpan Downtime, long TransferredBytes, TimeSpan Duration);
