namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A persistent dirty bitmap: which parts of the disk were written since it was made.</summary>
internal sealed record Qcow2Bitmap
{
    internal required string Name { get; init; }

    internal required long GranularityBytes { get; init; }

    /// <summary>The bitmap was in use when its writer went away: what it says may be wrong.</summary>
    internal required bool IsInUse { get; init; }

    /// <summary>QEMU goes on recording into it when the image is opened for writing.</summary>
    internal required bool IsRecording { get; init; }

    /// <summary>It has extra data that a reader must understand, and we do not.</summary>
    internal required bool HasUnknownData { get; init; }

    internal required long TableOffset { get; init; }

    internal required uint TableEntries { get; init; }
}
