using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>How qemu-nbd is called, and what its complaints mean.</summary>
internal static class QemuNbd
{
    internal const string Program = "qemu-nbd";

    /// <summary>
    /// Without <c>--persistent</c>: it ends with its last client, so it cannot outlive us.
    /// </summary>
    internal static IEnumerable<string> Arguments(DiskImage image, string socketPath)
    {
        yield return "--socket=" + socketPath;
        yield return "--format=" + image.Format;
        // One connection holds the server, up to 3 each read, write and read back.
        yield return "--shared=8";
        // The page cache, made stable by the flush at the end of a copy. O_DIRECT would save a second copy in memory, but not every file system has
        // it (tmpfs), and what is read back for the proof would be fetched from the disk a second time.
        yield return "--cache=writeback";
        if (image.Writable)
        {
            // Zeroes that the copier sends become holes; what it sends as data is not looked at again.
            yield return "--discard=unmap";
            yield return "--detect-zeroes=off";
        }
        else
        {
            yield return "--read-only";
        }

        if (image.Snapshot is { } snapshot)
        {
            yield return "--load-snapshot=snapshot.name=" + snapshot;
        }

        if (image.Bitmap is { } bitmap)
        {
            yield return "--bitmap=" + bitmap;
        }

        yield return image.Path;
    }

    /// <summary>From a server's last words to what they mean for the caller.</summary>
    internal static PlatformException Failed(string site, DiskImage image, string words)
    {
        var kind = words switch
        {
            _ when words.Contains("lock", StringComparison.Ordinal) => PlatformErrorKind.Busy,
            _ when words.Contains("Permission denied", StringComparison.Ordinal) => PlatformErrorKind.Denied,
            _ when words.Contains("No such file", StringComparison.Ordinal) => PlatformErrorKind.NotFound,
            _ => PlatformErrorKind.Refused,
        };
        var why = kind == PlatformErrorKind.Busy ? "another process has it open" : "it cannot be opened";
        return new PlatformException(kind, site, $"disk {image.Path} at site {site}: {why}: {(words.Length == 0 ? "qemu-nbd ended without a word" : words)}");
    }
}
