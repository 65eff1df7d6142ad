namespace VmMigrate.Engine.Blocks;

/// <summary>A range of a disk, in bytes: [<see cref="Offset"/>, <see cref="End"/>).</summary>
public readonly record struct Extent
{
    /// <exception cref="ArgumentOutOfRangeException">A negative offset or length, or an end beyond <see cref="long.MaxValue"/>.</exception>
    public Extent(long offset, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, long.MaxValue - offset);
        Offset = offset;
        LengthBytes = lengthBytes;
    }

    public long Offset { get; }

    public long LengthBytes { get; }

    public long End => Offset + LengthBytes;
}
