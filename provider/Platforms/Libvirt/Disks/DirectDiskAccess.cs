using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>An image file of this machine that nobody else holds, read and written by ourselves, under the locks that QEMU's processes keep.</summary>
internal sealed class DirectDiskAccess : DiskAccess
{
    private readonly DiskImage _image;
    private readonly ImageFormat _format;
    private readonly ImageReader _guard;
    private readonly ImageWriter? _writer;

    private DirectDiskAccess(DiskImage image, ImageFormat format, ImageReader guard)
    {
        (_image, _format, _guard) = (image, format, guard);
        _writer = guard as ImageWriter;
    }

    public override long LengthBytes => _guard.LengthBytes;

    public override string Description => Describe(_image.Format);

    public override ResumeStore? Resume => LocalExporter.MapOf(_image);

    internal static string Describe(string format) => $"direct {format} file";

    /// <summary>Whether a disk may turn out to be such a file, without looking at it.</summary>
    internal static bool Fits(string? format, Disk? disk) =>
        FormatOf(format) is not null && (disk is null || (disk.Location.StartsWith('/') && !disk.Location.StartsWith("/dev/", StringComparison.Ordinal) && (disk.BackingChain.IsEmpty || PosixFile.UserId() != 0)));

    /// <summary>Null where a server has to do it: another format, somebody holds it (whose words are the better ones), no right, or something in the image that we leave to QEMU.</summary>
    internal static DiskAccess? TryOpen(DiskImage image)
    {
        if (FormatOf(image.Format) is not { } format || !PosixFile.IsRegular(image.Path))
        {
            return null;
        }

        try
        {
            // A server runs as the image's owner; we may be root, and must not follow an image to files that its owner could not read.
            var options = new ImageOpenOptions { Backing = PosixFile.UserId() == 0 && PosixFile.OwnerOf(image.Path).User != 0 ? BackingPolicy.Refuse : BackingPolicy.Follow, Snapshot = image.Snapshot };
            var guard = image.Writable ? ImageFile.OpenForWriting(image.Path, format) : ImageFile.OpenForReading(image.Path, format, options);
            if (image.LengthBytes is { } expected && expected != guard.LengthBytes)
            {
                guard.Dispose();
                return null;
            }

            return new DirectDiskAccess(image, format, guard);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What persistent bitmaps of an image mark as changed, taken together. Null where a server has to read them, or has to say what is wrong with them.</summary>
    internal static ExtentSet? TryReadChanged(DiskImage image, IEnumerable<string> bitmaps)
    {
        if (image.Format != "qcow2" || !PosixFile.IsRegular(image.Path))
        {
            return null;
        }

        try
        {
            // Only the image's own bitmaps are looked at, so whatever it rests on need not be opened.
            using var reader = (Qcow2Reader)ImageFile.OpenForReading(image.Path, ImageFormat.Qcow2, new ImageOpenOptions { Backing = BackingPolicy.TopLayerOnly });
            return ExtentSet.Of(bitmaps.SelectMany(bitmap => reader.DirtyExtents(bitmap, new Extent(0, reader.LengthBytes))));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public override BlockReader OpenReader() => new ImageBlockReader(_guard, ownsImage: false);

    public override BlockWriter OpenWriter() => _writer is not null
        ? new ImageBlockWriter(_writer, ownsImage: false)
        : throw new InvalidOperationException("The disk was opened for reading only.");

    public override async ValueTask DisposeAsync() => await Task.Run(_guard.Dispose).ConfigureAwait(false);

    private static ImageFormat? FormatOf(string? format) => format switch
    {
        "raw" => ImageFormat.Raw,
        "qcow2" => ImageFormat.Qcow2,
        _ => null,
    };
}
