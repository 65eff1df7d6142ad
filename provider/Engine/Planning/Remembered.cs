using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Planning;

/// <summary>What the engine's state remembers of a migration. The platforms are asked first; this tells only what they no longer can.</summary>
/// <param name="PlacementSite">Where the VM was at the end of the last run.</param>
public sealed record Remembered(MigrationPhase Phase, string? PlacementSite, string? VmId)
{
    /// <summary>The moved VM as the last run left it; null where it has not moved, or nobody knows.</summary>
    public RecordedVm? Recorded { get; init; }
}
