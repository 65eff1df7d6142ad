namespace VmMigrate.Engine.Blocks;

/// <summary>A run of a disk of which the source knows whether it reads as zeroes.</summary>
public readonly record struct AllocationExtent(long Offset, long LengthBytes, bool IsZero);
