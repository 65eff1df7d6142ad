using System.Net.Sockets;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>
/// A disk behind a server that was started for it. One connection of ours keeps the server alive from opening to disposing; readers and writers
/// come and go beside it.
/// </summary>
internal sealed class NbdDiskAccess : DiskAccess
{
    /// <summary>From the server's start to its socket: 20 ms on this machine, an ssh handshake on a far one.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StartPoll = TimeSpan.FromMilliseconds(10);

    private readonly DiskExport _export;
    private readonly NbdReader _guard;
    private readonly bool _writable;

    private NbdDiskAccess(DiskExport export, NbdReader guard, bool writable, string description)
    {
        _export = export;
        _guard = guard;
        _writable = writable;
        Description = description;
    }

    public override long LengthBytes => _guard.LengthBytes;

    public override string Description { get; }

    /// <summary>What a bitmap that the image was opened with marks as changed.</summary>
    internal async Task<ExtentSet> ChangedAsync(string bitmap, CancellationToken cancellation)
    {
        await using var reader = await NbdReader.ConnectAsync(NbdEndpoint.Unix(_export.SocketPath), new NbdOptions { DirtyBitmap = bitmap }, cancellation).ConfigureAwait(false);
        return await reader.ChangedExtentsAsync(cancellation).ConfigureAwait(false);
    }

    internal static async Task<NbdDiskAccess> OpenAsync(DiskExporter exporter, DiskImage image, string site, CancellationToken cancellation)
    {
        var export = await exporter.ExportAsync(image, cancellation).ConfigureAwait(false);
        try
        {
            var guard = await ConnectAsync(export, image, site, cancellation).ConfigureAwait(false);
            if (image.LengthBytes is { } expected && RoundedUp(expected) != guard.LengthBytes)
            {
                var found = guard.LengthBytes;
                await guard.DisposeAsync().ConfigureAwait(false);
                throw new PlatformException(
                    PlatformErrorKind.Refused,
                    site,
                    $"disk {image.Path} at site {site} has {found} bytes as a file seen from here, but {expected} as libvirt reports it: they are not the same disk");
            }

            return new NbdDiskAccess(export, guard, image.Writable, exporter.Description);
        }
        catch
        {
            await export.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override BlockReader OpenReader() => Wait(NbdReader.ConnectAsync(NbdEndpoint.Unix(_export.SocketPath), new NbdOptions(), CancellationToken.None));

    public override BlockWriter OpenWriter() => _writable
        ? Wait(NbdWriter.ConnectAsync(NbdEndpoint.Unix(_export.SocketPath), new NbdOptions(), CancellationToken.None))
        : throw new InvalidOperationException("The disk was opened for reading only.");

    public override async ValueTask DisposeAsync()
    {
        await _guard.DisposeAsync().ConfigureAwait(false);
        await _export.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<NbdReader> ConnectAsync(DiskExport export, DiskImage image, string site, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            while (!File.Exists(export.SocketPath))
            {
                if (await export.HasEndedWithinAsync(StartPoll, both.Token).ConfigureAwait(false))
                {
                    throw QemuNbd.Failed(site, image, export.Words);
                }
            }

            try
            {
                return await NbdReader.ConnectAsync(NbdEndpoint.Unix(export.SocketPath), new NbdOptions(), both.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BlockException or SocketException)
            {
                // It listens before it has opened the image; when that fails it ends and says why.
                if (await export.HasEndedWithinAsync(TimeSpan.FromSeconds(2), both.Token).ConfigureAwait(false))
                {
                    throw QemuNbd.Failed(site, image, export.Words);
                }

                throw new PlatformException(PlatformErrorKind.Unreachable, site, $"disk {image.Path} at site {site}: its server does not answer: {exception.Message}", exception);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, site, $"disk {image.Path} at site {site}: its server did not start within {StartLimit.TotalSeconds:0} s: {export.Words}");
        }
    }

    /// <summary>QEMU counts in sectors: a raw file that ends within one is served with zeroes behind it.</summary>
    private static long RoundedUp(long lengthBytes)
    {
        const int Sector = 512;
        return (lengthBytes + Sector - 1) / Sector * Sector;
    }

    /// <summary>A connection to a server on this machine that is known to answer: milliseconds, and limited by the client itself.</summary>
    private static T Wait<T>(Task<T> connecting) => connecting.GetAwaiter().GetResult();
}
