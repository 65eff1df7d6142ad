using System.Net;
using System.Net.Http.Headers;
using VmMigrate.Engine.Blocks;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>Sends a flat file whole to its datastore over HTTPS. A file that holds something already is sent beside it and takes its place when it is whole.</summary>
internal static class FlatUpload
{
    /// <param name="swap">Puts the new file in place of the old one.</param>
    internal static async Task SendAsync(FlatDisk disk, MergedDisk content, Func<DatastorePath, CancellationToken, Task> swap, CancellationToken cancellation)
    {
        var inPlace = disk.FileBytes == 0;
        var to = inPlace ? disk.File : disk.File.Beside(disk.File.FileName.Replace("-flat.vmdk", "-new-flat.vmdk", StringComparison.Ordinal));
        using (var body = new Body(content, cancellation))
        {
            await disk.Files.WriteAsync(to, body, cancellation).ConfigureAwait(false);
        }

        var sent = await disk.Files.LengthAsync(to, cancellation).ConfigureAwait(false);
        if (sent != disk.LengthBytes)
        {
            throw disk.Failed(BlockErrorKind.WriteFailed, $"{disk.LengthBytes} bytes were sent and {sent} arrived", canRetry: true);
        }

        if (!inPlace)
        {
            await swap(to, cancellation).ConfigureAwait(false);
        }
    }

    private sealed class Body : HttpContent
    {
        private static readonly byte[] Zeroes = new byte[1 << 20];

        private readonly MergedDisk _disk;
        private readonly CancellationToken _cancellation;

        internal Body(MergedDisk disk, CancellationToken cancellation)
        {
            _disk = disk;
            _cancellation = cancellation;
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _disk.ReadAsync(
            (_, piece) => stream.WriteAsync(piece, _cancellation),
            async (_, length) =>
            {
                for (; length > 0; length -= Math.Min(length, Zeroes.Length))
                {
                    await stream.WriteAsync(Zeroes.AsMemory(0, (int)Math.Min(length, Zeroes.Length)), _cancellation).ConfigureAwait(false);
                }
            },
            _cancellation);

        protected override bool TryComputeLength(out long length)
        {
            length = _disk.LengthBytes;
            return true;
        }
    }
}
