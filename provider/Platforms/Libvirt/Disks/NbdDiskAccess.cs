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

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    private readonly DiskExporter _exporter;
    private readonly DiskImage _image;
    private readonly string _site;
    private readonly CancellationTokenSource _closing = new();
    private readonly long _length;
    private readonly Task _watch;
    private DiskExport _export;
    private NbdReader _guard;

    private NbdDiskAccess(DiskExporter exporter, DiskImage image, string site, DiskExport export, NbdReader guard)
    {
        (_exporter, _image, _site, _export, _guard) = (exporter, image, site, export, guard);
        _length = guard.LengthBytes;
        _watch = Task.Run(ReviveAsync);
    }

    public override long LengthBytes => _length;

    public override string Description => _exporter.Description;

    public override ResumeStore? Resume => _image.Writable ? _exporter.MapOf(_image, Volatile.Read(ref _export)) is { } now ? new CurrentMap(this, now) : null : null;

    /// <summary>What a bitmap that the image was opened with marks as changed.</summary>
    internal async Task<ExtentSet> ChangedAsync(string bitmap, CancellationToken cancellation)
    {
        await using var reader = await NbdReader.ConnectAsync(NbdEndpoint.Unix(_export.SocketPath), new NbdOptions { DirtyBitmap = bitmap }, cancellation).ConfigureAwait(false);
        return await reader.ChangedExtentsAsync(cancellation).ConfigureAwait(false);
    }

    internal static async Task<NbdDiskAccess> OpenAsync(DiskExporter exporter, DiskImage image, string site, CancellationToken cancellation)
    {
        var (export, guard) = await StartAsync(exporter, image, null, site, cancellation).ConfigureAwait(false);
        return new NbdDiskAccess(exporter, image, site, export, guard);
    }

    public override BlockReader OpenReader() => Wait(NbdReader.ConnectAsync(NbdEndpoint.Unix(_export.SocketPath), new NbdOptions(), CancellationToken.None));

    public override BlockWriter OpenWriter() => _image.Writable
        ? Wait(NbdWriter.ConnectAsync(NbdEndpoint.Unix(_export.SocketPath), new NbdOptions(), CancellationToken.None))
        : throw new InvalidOperationException("The disk was opened for reading only.");

    public override async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        await _guard.DisposeAsync().ConfigureAwait(false);
        await _export.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    private static async Task<(DiskExport Export, NbdReader Guard)> StartAsync(DiskExporter exporter, DiskImage image, DiskExport? lost, string site, CancellationToken cancellation)
    {
        var export = await exporter.ExportAsync(image, lost, cancellation).ConfigureAwait(false);
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

            return (export, guard);
        }
        catch
        {
            await export.AbandonAsync(keepFolder: lost is not null).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A server that ends while the disk is open was killed, or its link was cut: another takes its place at the same socket, where a copy with patience finds it.</summary>
    private async Task ReviveAsync()
    {
        try
        {
            while (true)
            {
                await _export.EndAsync(_closing.Token).ConfigureAwait(false);
                await _guard.DisposeAsync().ConfigureAwait(false);
                await _export.LeaveFolderAsync().ConfigureAwait(false);
                for (var pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : LongestPause)
                {
                    await Task.Delay(pause, _closing.Token).ConfigureAwait(false);
                    try
                    {
                        await MayReopen(_closing.Token).ConfigureAwait(false);
                        var (export, guard) = await StartAsync(_exporter, _image, _export, _site, _closing.Token).ConfigureAwait(false);
                        Volatile.Write(ref _guard, guard);
                        Volatile.Write(ref _export, export);
                        break;
                    }
                    catch (PlatformException)
                    {
                        // Not yet. How long that may go on is for the copy to say.
                    }
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or Engine.Driving.LeaseLostException)
        {
            // The disk is being closed, or is another run's now.
        }
    }

    /// <summary>The map by way of the server that runs now.</summary>
    private sealed class CurrentMap(NbdDiskAccess access, ResumeStore first) : ResumeStore
    {
        private ResumeStore Now => access._exporter.MapOf(access._image, Volatile.Read(ref access._export)) ?? first;

        public override ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken) => Now.LoadAsync(cancellationToken);

        public override ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken) => Now.SaveAsync(map, cancellationToken);

        public override ValueTask DeleteAsync(CancellationToken cancellationToken) => Now.DeleteAsync(cancellationToken);
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
