using System.Net;
using System.Net.Http.Headers;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>
/// Writes a flat file on a datastore, which takes files only whole: what is written goes to a spool, and a flush sends the file, with what was not
/// written taken from the file as it is. A file that holds something already is sent beside it and takes its place when it is whole.
/// </summary>
/// <param name="beforeWriting">Notes that the disk is not empty any more.</param>
/// <param name="swap">Puts the new file in place of the old one.</param>
internal sealed class FlatWriter(FlatDisk disk, Func<CancellationToken, Task> beforeWriting, Func<DatastorePath, CancellationToken, Task> swap) : BlockWriter
{
    private readonly Spool _spool = new(disk.LengthBytes);

    public override string Name => disk.Name;

    public override long LengthBytes => disk.LengthBytes;

    public override BlockReader? ReadBack { get; } = new FlatReader(disk);

    public override BlockWriteChannel Open(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new Channel(disk, _spool, SendAsync);
    }

    public override ValueTask DisposeAsync()
    {
        _spool.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        if (!_spool.IsDirty)
        {
            return;
        }

        var inPlace = disk.FileBytes == 0;
        var to = inPlace ? disk.File : disk.File.Beside(disk.File.FileName.Replace("-flat.vmdk", "-new-flat.vmdk", StringComparison.Ordinal));
        await beforeWriting(cancellation).ConfigureAwait(false);
        using (var content = new Merged(disk, _spool, cancellation))
        {
            await disk.Files.WriteAsync(to, content, cancellation).ConfigureAwait(false);
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

        disk.FileBytes = disk.LengthBytes;
        _spool.Clear();
    }

    /// <summary>The file as it is to be, in order.</summary>
    private sealed class Merged : HttpContent
    {
        private const int PieceBytes = 1 << 20;

        /// <summary>The longest range that one GET of the old file takes.</summary>
        private const long MostBytes = 64L << 20;

        private readonly FlatDisk _disk;
        private readonly Spool _spool;
        private readonly CancellationToken _cancellation;

        internal Merged(FlatDisk disk, Spool spool, CancellationToken cancellation)
        {
            _disk = disk;
            _spool = spool;
            _cancellation = cancellation;
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var buffer = new byte[PieceBytes];
            for (long at = 0; at < _disk.LengthBytes;)
            {
                var end = _spool.EndOfRun(at, MostBytes);
                if (!_spool.IsWritten(at / DigestTree.LeafBytes) && at < _disk.FileBytes)
                {
                    end = Math.Min(end, _disk.FileBytes);
                    await CopyOldAsync(at, end, stream).ConfigureAwait(false);
                    at = end;
                    continue;
                }

                // From the spool: what was written, and zeroes where nothing was.
                while (at < end)
                {
                    var count = (int)Math.Min(buffer.Length, end - at);
                    _spool.Read(at, buffer.AsSpan(0, count));
                    await stream.WriteAsync(buffer.AsMemory(0, count), _cancellation).ConfigureAwait(false);
                    at += count;
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _disk.LengthBytes;
            return true;
        }

        private async Task CopyOldAsync(long at, long end, Stream to)
        {
            using var response = await _disk.Files.SendAsync(_disk.File, HttpMethod.Get, new RangeHeaderValue(at, end - 1), null, _cancellation).ConfigureAwait(false);
            _disk.Files.Good(_disk.File, response);
            await response.Content.CopyToAsync(to, _cancellation).ConfigureAwait(false);
        }
    }

    private sealed class Channel(FlatDisk disk, Spool spool, Func<CancellationToken, Task> send) : BlockWriteChannel
    {
        private readonly CancellationTokenSource _aborted = new();
        private long _submitted;

        public override long Submitted => _submitted;

        public override long Completed => _submitted;

        public override void Write(long offset, BlockBuffer buffer) => Do(() => spool.Write(offset, buffer.Content));

        public override void WriteZeroes(long offset, long lengthBytes) => Do(() => spool.WriteZeroes(offset, lengthBytes));

        public override void Drain()
        {
        }

        public override long BeginFlush()
        {
            Do(() => send(_aborted.Token).GetAwaiter().GetResult());
            return _submitted - 1;
        }

        public override void Abort() => _aborted.Cancel();

        protected override void Dispose(bool disposing) => _aborted.Dispose();

        private void Do(Action work)
        {
            try
            {
                work();
                _submitted++;
            }
            catch (PlatformException exception)
            {
                throw disk.Failed(exception);
            }
            catch (IOException exception)
            {
                throw disk.Failed(BlockErrorKind.WriteFailed, $"the spool on this machine failed: {exception.Message}", canRetry: false, exception);
            }
            catch (OperationCanceledException exception)
            {
                throw disk.Failed(BlockErrorKind.Lost, "writing was given up", canRetry: true, exception);
            }
        }
    }
}
