using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>
/// A disk that a host sends as one compressed stream under an export lease, of allocated blocks only. The stream fills a spool on this machine, and reads wait until it has come by.
/// </summary>
internal sealed class NfcDisk : DiskAccess
{
    internal const string Kind = "NFC export lease (medium: usually 50 to 150 MB/s; one compressed stream of the allocated blocks, through a spool on this machine)";

    /// <summary>How often a stream that broke is begun again: the disk stands still, so what has come stays good.</summary>
    private const int MostBreaks = 3;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly string _name;
    private readonly NfcLease _lease;
    private readonly Uri _address;
    private readonly long _lengthBytes;
    private readonly Func<ValueTask> _release;
    private readonly Spool _spool;
    private readonly CancellationTokenSource _ended = new();
    private readonly object _gate = new();
    private readonly Task _stream;

    /// <summary>All before this has come; guarded by the gate.</summary>
    private long _mark;
    private BlockException? _failure;

    /// <param name="release">Gives the lease back, which other disks of the VM may still use.</param>
    internal NfcDisk(string name, NfcLease lease, Uri address, long lengthBytes, Func<ValueTask> release)
    {
        _name = name;
        _lease = lease;
        _address = address;
        _lengthBytes = lengthBytes;
        _release = release;
        _spool = new Spool(lengthBytes);
        _stream = Task.Run(StreamAsync);
    }

    public override long LengthBytes => _lengthBytes;

    public override string Description => Kind;

    public override BlockReader OpenReader() => new Reader(this);

    public override BlockWriter OpenWriter() => throw new InvalidOperationException("The disk was opened for reading only.");

    public override async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _stream.ConfigureAwait(false);
        _spool.Dispose();
        _ended.Dispose();
        await _release().ConfigureAwait(false);
    }

    private async Task StreamAsync()
    {
        for (var breaks = 0; ; breaks++)
        {
            try
            {
                await StreamOnceAsync().ConfigureAwait(false);
                Advance(_lengthBytes, null);
                return;
            }
            catch (Exception exception) when (IsBreak(exception) && breaks < MostBreaks && !_ended.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(1 << breaks)).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Whatever it was: those who wait for the stream have to hear of it.
                Advance(0, exception as BlockException ?? new BlockException(
                    exception is StreamVmdkException ? BlockErrorKind.Protocol : BlockErrorKind.Lost, $"{_name}: the stream of the export lease broke: {exception.Message}", canRetry: false, exception)
                {
                    Disk = _name,
                });
                return;
            }
        }
    }

    /// <summary>Whether the stream broke on its way: what did come was good.</summary>
    private static bool IsBreak(Exception exception) => exception is StreamVmdkException wrong ? wrong.IsCut : exception is HttpRequestException or IOException;

    private async Task StreamOnceAsync()
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        silence.CancelAfter(Silence);
        using var response = await _lease.Http.GetAsync(_address, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new IOException($"the host answered {(int)response.StatusCode} {response.ReasonPhrase}");
        }

        using var content = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        var vmdk = await StreamVmdk.OpenAsync(content, silence.Token).ConfigureAwait(false);
        if (vmdk.LengthBytes != _lengthBytes)
        {
            throw new BlockException(
                BlockErrorKind.Protocol, $"{_name}: it is {_lengthBytes} bytes long as vSphere reports it, and {vmdk.LengthBytes} as the host sends it: they are not the same disk", canRetry: false)
            {
                Disk = _name,
            };
        }

        await vmdk.ReadAsync(
            (offset, grain) =>
            {
                silence.CancelAfter(Silence);
                _spool.Write(offset, grain.Span);
                Advance(offset + grain.Length, null);
                return ValueTask.CompletedTask;
            },
            silence.Token).ConfigureAwait(false);
    }

    private void Advance(long mark, BlockException? failure)
    {
        lock (_gate)
        {
            _mark = Math.Max(_mark, mark);
            _failure = failure;
            _lease.Report((int)(_mark * 100 / Math.Max(1, _lengthBytes)));
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until the stream has passed a place.</summary>
    /// <returns>How far it has come, at least to there.</returns>
    private long Await(long until, Func<bool> isAborted)
    {
        lock (_gate)
        {
            while (_mark < until)
            {
                if (_failure is { } failure)
                {
                    throw failure;
                }

                if (isAborted())
                {
                    throw new BlockException(BlockErrorKind.Lost, $"{_name}: reading was given up", canRetry: true) { Disk = _name };
                }

                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(250));
            }

            return _mark;
        }
    }

    private sealed class Reader(NfcDisk disk) : BlockReader
    {
        public override string Name => disk._name;

        public override long LengthBytes => disk._lengthBytes;

        public override int MaxChannels => 4;

        public override BlockReadChannel Open(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new Channel(disk);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Channel(NfcDisk disk) : BlockReadChannel
    {
        private readonly Queue<(long Offset, int LengthBytes)> _requests = new();
        private int _done;
        private volatile bool _aborted;

        public override int Outstanding => _requests.Count;

        public override void Submit(long offset, int lengthBytes) => _requests.Enqueue((offset, lengthBytes));

        public override BlockPiece Receive(BlockBuffer buffer)
        {
            var request = _requests.Peek();
            var offset = request.Offset + _done;
            var length = Math.Min(request.LengthBytes - _done, DigestTree.LeafBytes);
            disk.Await(offset + length, () => _aborted);
            var isZero = !disk._spool.IsWritten(offset / DigestTree.LeafBytes);
            if (!isZero)
            {
                buffer.LengthBytes = length;
                disk._spool.Read(offset, buffer.Whole[..length]);
            }

            _done += length;
            if (_done == request.LengthBytes)
            {
                _requests.Dequeue();
                _done = 0;
            }

            return new BlockPiece(offset, length, isZero);
        }

        /// <summary>As far as the stream has come: behind that nothing is known yet.</summary>
        public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
        {
            var end = Math.Min(offset + lengthBytes, disk.Await(offset + Math.Min(lengthBytes, DigestTree.LeafBytes), () => _aborted));
            end = end == disk._lengthBytes ? end : end / DigestTree.LeafBytes * DigestTree.LeafBytes;
            for (var at = offset; at < end;)
            {
                var next = Math.Min(end, disk._spool.EndOfRun(at, long.MaxValue));
                into.Add(new AllocationExtent(at, next - at, IsZero: !disk._spool.IsWritten(at / DigestTree.LeafBytes)));
                at = next;
            }
        }

        public override void Abort()
        {
            _aborted = true;
            lock (disk._gate)
            {
                Monitor.PulseAll(disk._gate);
            }
        }

        protected override void Dispose(bool disposing) => _requests.Clear();
    }
}
