namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A disk inside a file that no other process writes to, read by position.</summary>
/// <remarks>Calls block, and any number of threads may call at once. Blocking is deliberate: page cache and local disks answer in microseconds, and threads measured faster than awaiting.</remarks>
internal abstract class ImageReader : IDisposable
{
    /// <summary>The file that was opened, as named by the caller.</summary>
    internal abstract string FilePath { get; }

    /// <summary>The size of the disk as a guest sees it.</summary>
    internal abstract long LengthBytes { get; }

    /// <summary>Fills <paramref name="buffer"/> from the disk's bytes at <paramref name="offset"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the disk.</exception>
    /// <exception cref="ImageException">The file cannot be read or is not what its format says.</exception>
    internal abstract void ReadAt(Span<byte> buffer, long offset);

    /// <summary>What is stored for each part of <paramref name="within"/>: in order, without gaps, neighbours of one kind joined. Found while enumerating, so it costs memory for one entry only.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the disk.</exception>
    /// <exception cref="ImageException">While enumerating: the file cannot be read or is not what its format says.</exception>
    internal abstract IEnumerable<ImageExtent> Extents(Extent within);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);

    private protected void CheckRange(long offset, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - lengthBytes);
    }

    /// <summary>Joins neighbouring extents of one kind.</summary>
    private protected static IEnumerable<ImageExtent> Join(IEnumerable<ImageExtent> parts)
    {
        ImageExtent? open = null;
        foreach (var part in parts)
        {
            if (open is { } before && before.Kind == part.Kind)
            {
                open = new ImageExtent(new Extent(before.Range.Offset, before.Range.LengthBytes + part.Range.LengthBytes), part.Kind);
                continue;
            }

            if (open is { } done)
                yield return done;
            open = part;
        }

        if (open is { } last)
            yield return last;
    }
}
