using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>An image on a host's storage.</summary>
/// <param name="Path">Of a file or a block device, as the host names it.</param>
/// <param name="Format">Always given: guessing a raw image's format from its content would let a guest choose it.</param>
/// <param name="LengthBytes">As libvirt reports it; null where it could not.</param>
/// <param name="Bitmap">A persistent dirty bitmap of the image to serve along.</param>
internal sealed record DiskImage(string Path, string Format, long? LengthBytes, bool Writable, string? Bitmap = null)
{
    /// <summary>An internal snapshot to serve in place of the present content, by its name; for reading.</summary>
    internal string? Snapshot { get; init; }
}

/// <param name="Complaint">Null when it succeeded.</param>
/// <param name="Said">All that it said.</param>
internal sealed record QemuImgReply(string? Complaint, string Said);

/// <summary>How to get an NBD server for an image of a host: one way for this machine, one through ssh.</summary>
internal abstract class DiskExporter
{
    /// <summary>In words for people, such as <c>NBD over a unix socket</c>.</summary>
    internal abstract string Description { get; }

    /// <summary>Why it is not reached in a better way; shown behind the description.</summary>
    internal string? Note { get; set; }

    /// <summary>Starts a server for the image. It may listen before it has the image open, and then end with an error.</summary>
    /// <param name="lost">The server of the same image that is gone: the new one takes its place, at the same socket. Null at first.</param>
    /// <exception cref="Engine.Contracts.PlatformException">There is no such image, no right to it, or no server program.</exception>
    internal abstract Task<DiskExport> ExportAsync(DiskImage image, DiskExport? lost, CancellationToken cancellation);

    /// <summary>Where the map of a copy to this image is kept while its server runs; null where there is no place beside it.</summary>
    internal abstract ResumeStore? MapOf(DiskImage image, DiskExport export);

    /// <summary>Removes maps that killed copies have left beside images.</summary>
    internal abstract Task ForgetMapsAsync(IReadOnlyCollection<string> imagePaths, CancellationToken cancellation);

    /// <summary>A place for a socket of the QEMU that has this image open: it runs as the image's owner.</summary>
    internal abstract Task<SharedSocket> ShareSocketAsync(string imagePath, CancellationToken cancellation);

    /// <summary>Runs qemu-img on an image, as the image's owner.</summary>
    /// <param name="limit">Beyond this it hangs.</param>
    internal abstract Task<QemuImgReply> AskQemuImgAsync(string imagePath, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation);

    /// <summary>Ends servers that some run of ours has started for these images, and that still have them open.</summary>
    /// <returns>What was ended, for people.</returns>
    internal abstract Task<ImmutableArray<string>> EndServersAsync(IReadOnlyCollection<string> imagePaths, CancellationToken cancellation);

    /// <summary>Runs qemu-img on an image that nobody has open, as the image's owner.</summary>
    /// <returns>Null when it succeeded, else its words.</returns>
    internal async Task<string?> RunQemuImgAsync(string imagePath, IReadOnlyList<string> arguments, CancellationToken cancellation) =>
        (await AskQemuImgAsync(imagePath, arguments, DiskExport.EndLimit, cancellation).ConfigureAwait(false)).Complaint;
}
