namespace VmMigrate.Engine.Blocks.Images;

/// <summary>What kind of trouble an <see cref="ImageException"/> tells of: callers decide by this, never by the text.</summary>
internal enum ImageFault
{
    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>There is one already, and we never write over a file that we were told to create.</summary>
    Exists,

    /// <summary>The system refused us the file (permissions, read-only file system).</summary>
    Denied,

    /// <summary>Another process has the image open in a way that excludes ours.</summary>
    InUse,

    /// <summary>The file breaks its format's rules; nothing of it can be believed.</summary>
    Malformed,

    /// <summary>The file is well formed but says of itself that it is damaged or stale.</summary>
    Inconsistent,

    /// <summary>The file uses something that we do not do (encryption, an unknown feature …).</summary>
    Unsupported,

    /// <summary>No space left where the image lives.</summary>
    Full,

    /// <summary>The system failed to read or write.</summary>
    Io,
}
