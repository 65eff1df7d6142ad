namespace VmMigrate.Engine.Blocks;

/// <summary>What kind of thing went wrong on the block path.</summary>
public enum BlockErrorKind
{
    /// <summary>Nobody answered at the address.</summary>
    Unreachable,

    /// <summary>The other side was there and is gone: the connection broke.</summary>
    Lost,

    /// <summary>The other side is connected and silent for longer than the declared limit.</summary>
    TimedOut,

    /// <summary>The other side said no: no such export, TLS required, read-only, wrong certificate.</summary>
    Refused,

    /// <summary>The other side sent something that the protocol does not allow.</summary>
    Protocol,

    /// <summary>A block could not be read.</summary>
    ReadFailed,

    /// <summary>A block could not be written or made stable.</summary>
    WriteFailed,

    /// <summary>The target has no room left.</summary>
    NoSpace,

    /// <summary>The sizes of source and target do not go together.</summary>
    WrongSize,

    /// <summary>What was read back from the target is not what was read from the source.</summary>
    Mismatch,
}
