namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>What a server said about an export when it was opened.</summary>
internal sealed record NbdExport
{
    internal required long LengthBytes { get; init; }

    internal required ushort Flags { get; init; }

    /// <summary>Replies come in chunks, so holes and block status are possible.</summary>
    internal bool StructuredReplies { get; init; }

    /// <summary>The server's number for <c>base:allocation</c>; null when it has none.</summary>
    internal uint? AllocationContext { get; init; }

    /// <summary>The server's number for the dirty bitmap that was asked for.</summary>
    internal uint? DirtyBitmapContext { get; init; }

    /// <summary>Requests are multiples of this.</summary>
    internal uint MinBlockBytes { get; init; } = 1;

    /// <summary>No payload is larger.</summary>
    internal uint MaxBlockBytes { get; init; } = 32 << 20;

    internal bool Has(ushort flag) => (Flags & flag) != 0;
}
