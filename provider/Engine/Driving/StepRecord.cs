namespace VmMigrate.Engine.Driving;

/// <summary>A step that has been done.</summary>
/// <param name="Bytes">What it sent from one side to the other.</param>
public sealed record StepRecord(string Name, string Detail, DateTimeOffset StartedAt, TimeSpan Took, long Bytes = 0);

/// <summary>One disk's digests at the cutover.</summary>
public sealed record DiskProof(string Disk, long LengthBytes, string SourceDigest, string TargetDigest);

/// <summary>How far a migration has come.</summary>
public enum MigrationPhase
{
    Validated,
    Replicating,
    Replicated,
    Tested,
    CuttingOver,
    CutOver,
    Committed,
    RollingBack,
}
