namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A disk inside a file that this object alone writes to (it holds QEMU's locks), written and read back by position.</summary>
/// <remarks>Calls block, and any number of threads may call at once; what two writes that overlap leave behind is one of the two for each byte.</remarks>
internal abstract class ImageWriter : ImageReader
{
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the disk.</exception>
    /// <exception cref="ImageException">The file cannot be written.</exception>
    internal abstract void WriteAt(ReadOnlySpan<byte> data, long offset);

    /// <summary>Makes a range read as zeroes and gives its space back where that can be done.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the disk.</exception>
    /// <exception cref="ImageException">The file cannot be written.</exception>
    internal abstract void WriteZeroesAt(long offset, long lengthBytes);

    /// <summary>When this returns, every write that had returned before it was called survives a power cut.</summary>
    /// <exception cref="ImageException">The file cannot be written.</exception>
    internal abstract void Flush();
}
