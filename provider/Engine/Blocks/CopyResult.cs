namespace VmMigrate.Engine.Blocks;

/// <summary>What a copy did.</summary>
public sealed record CopyResult
{
    /// <summary>The disk's length, or that of the ranges asked for.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Content that came from the source.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Content that was sent to the target.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Content that the target had already, seen by comparing digests.</summary>
    public long SameBytes { get; init; }

    /// <summary>What was zeroes, by the source's word or by looking.</summary>
    public required long ZeroBytes { get; init; }

    /// <summary>What an earlier run had done and this one did not touch.</summary>
    public long ResumedBytes { get; init; }

    /// <summary>How often a lost connection was opened again.</summary>
    public int Reconnects { get; init; }

    /// <summary>The time of the copy, without <see cref="ReadBackDuration"/>.</summary>
    public required TimeSpan Duration { get; init; }

    public TimeSpan ReadBackDuration { get; init; }

    /// <summary>The digest of what was read, such as <c>xxh128-tree:…</c> (see <see cref="DigestTree"/>); null without a digest.</summary>
    public string? SourceDigest { get; init; }

    /// <summary>The digest of what was read back from the target; null when nothing was. Equal to <see cref="SourceDigest"/>, or the copy had failed.</summary>
    public string? TargetDigest { get; init; }
}
