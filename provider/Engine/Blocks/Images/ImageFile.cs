namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Opens an image by the format that its owner declares. The content is never asked which format it has: see <see cref="ImageProbe"/>.</summary>
internal static class ImageFile
{
    /// <exception cref="ImageException">It cannot be opened, is in use, malformed, or uses what we do not do.</exception>
    internal static ImageReader OpenForReading(string path, ImageFormat format, ImageOpenOptions? options = null) => format switch
    {
        ImageFormat.Raw => options?.Snapshot is null
            ? RawFile.OpenForReading(path)
            : throw new ImageException(ImageFault.Unsupported, path, $"a raw image has no snapshots, so there is no \"{options.Snapshot}\"."),
        ImageFormat.Qcow2 => Qcow2Reader.Open(path, options ?? ImageOpenOptions.Default),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Opens an image that exists; what it holds stays.</summary>
    /// <exception cref="ImageException">It cannot be opened, another process has it open, or it is of a kind that we do not write.</exception>
    internal static ImageWriter OpenForWriting(string path, ImageFormat format) => format switch
    {
        ImageFormat.Raw => RawFile.OpenForWriting(path),
        ImageFormat.Qcow2 => Qcow2Writer.Open(path),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Creates an image that stores nothing and reads as zeroes.</summary>
    /// <param name="lengthBytes">Of the disk. A qcow2 disk counts in sectors of 512 bytes: an odd size is rounded up, and <see cref="ImageReader.LengthBytes"/> tells.</param>
    /// <exception cref="ImageException">It cannot be created, or exists already.</exception>
    internal static ImageWriter Create(string path, ImageFormat format, long lengthBytes) => format switch
    {
        ImageFormat.Raw => RawFile.Create(path, lengthBytes),
        ImageFormat.Qcow2 => Qcow2Writer.Create(path, lengthBytes),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
