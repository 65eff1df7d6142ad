using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>
/// Writes a flat disk on a datastore, which takes disks only whole: what is written goes to a spool, and a flush sends the disk, with what was not
/// written taken from its file as it is.
/// </summary>
/// <param name="send">Puts the disk as it is to be in place of what there is.</param>
internal sealed class FlatWriter(FlatDisk disk, FlatDiskAccess access, FlatDelivery send) : BlockWriter
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

        await send(access, new MergedDisk(disk, _spool), cancellation).ConfigureAwait(false);
        disk.FileBytes = disk.LengthBytes;
        _spool.Clear();
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
