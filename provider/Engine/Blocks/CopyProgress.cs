namespace VmMigrate.Engine.Blocks;

/// <summary>How far a copy is.</summary>
/// <param name="Phase">What runs now: <c>copy</c> or <c>read back</c>.</param>
/// <param name="DoneBytes">Bytes of the disk that are settled: copied, or known to be zeroes.</param>
/// <param name="TotalBytes">Bytes to settle in this phase.</param>
/// <param name="TransferredBytes">Bytes that crossed the link so far.</param>
/// <param name="BytesPerSecond">Transferred bytes over the last few seconds.</param>
public readonly record struct CopyProgress(string Phase, long DoneBytes, long TotalBytes, long TransferredBytes, double BytesPerSecond)
{
    /// <summary>How long the rest takes at the pace of settling so far; null while nothing is known.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>Bytes of the disk that an earlier run had done.</summary>
    public long ResumedBytes { get; init; }

    /// <summary>Content that the target had already.</summary>
    public long SameBytes { get; init; }
}
