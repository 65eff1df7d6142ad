namespace VmMigrate.Engine.Blocks;

/// <summary>The one exception of the block path. The message says what failed, where, and why.</summary>
public sealed class BlockException : Exception
{
    public BlockException(BlockErrorKind kind, string message, bool canRetry, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        CanRetry = canRetry;
    }

    public BlockErrorKind Kind { get; }

    /// <summary>True when the same call may succeed later with nothing changed by the user: a dropped link, a server that restarts.</summary>
    public bool CanRetry { get; }

    /// <summary>The disk's name as its reader or writer gives it, such as an NBD address; never contains a secret.</summary>
    public string? Disk { get; init; }

    /// <summary>The offset on the disk in bytes, where one block is to blame.</summary>
    public long? Offset { get; init; }

    /// <summary>The other side's code, such as <c>EIO</c> or <c>NBD_REP_ERR_UNKNOWN</c>.</summary>
    public string? Code { get; init; }

    /// <summary>True when the target's side failed, false when the source's did, null when neither is to blame alone.</summary>
    public bool? AtTarget { get; internal set; }
}
