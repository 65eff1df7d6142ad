using System.Net;
using System.Net.Http.Headers;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>Reads a flat file by ranges.</summary>
internal sealed class FlatReader(FlatDisk disk) : BlockReader
{
    public override string Name => disk.Name;

    public override long LengthBytes => disk.LengthBytes;

    /// <summary>A host serves few at once, and beyond that they only wait for each other.</summary>
    public override int MaxChannels => 4;

    public override BlockReadChannel Open(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new Channel(disk);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Requests in order of their submission; each is a GET that is sent ahead.</summary>
    private sealed class Channel(FlatDisk disk) : BlockReadChannel
    {
        /// <summary>A host that answers nothing for so long is taken for gone.</summary>
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

        private readonly CancellationTokenSource _aborted = new();
        private readonly Queue<Request> _requests = new();

        private sealed record Request(long Offset, int LengthBytes, Task<HttpResponseMessage>? Response)
        {
            public Stream? Content { get; set; }

            public int Done { get; set; }
        }

        public override int Outstanding => _requests.Count;

        public override int MaxRequestBytes => 8 << 20;

        public override int MaxOutstanding => 4;

        public override void Submit(long offset, int lengthBytes)
        {
            // Behind the file's end nothing is asked for.
            var there = Math.Clamp(disk.FileBytes - offset, 0, lengthBytes);
            _requests.Enqueue(new Request(offset, lengthBytes, there == 0 ? null : Task.Run(() => GetAsync(offset, there, _aborted.Token))));
        }

        public override BlockPiece Receive(BlockBuffer buffer)
        {
            var request = _requests.Peek();
            var offset = request.Offset + request.Done;
            var left = request.LengthBytes - request.Done;
            if (request.Response is null || offset >= disk.FileBytes)
            {
                return Deliver(request, new BlockPiece(offset, left, IsZero: true));
            }

            var length = Math.Min(left, DigestTree.LeafBytes);
            buffer.LengthBytes = length;
            var there = (int)Math.Min(length, disk.FileBytes - offset);
            buffer.Whole[there..length].Clear();
            try
            {
                request.Content ??= Open(request);
                Read(request.Content, buffer.Whole[..there], offset);
            }
            catch (PlatformException exception)
            {
                throw disk.Failed(exception);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                throw disk.Failed(BlockErrorKind.Lost, $"the connection broke while {offset} was read: {exception.Message}", canRetry: true, exception);
            }
            catch (OperationCanceledException exception)
            {
                throw disk.Failed(BlockErrorKind.Lost, "reading was given up", canRetry: true, exception);
            }

            return Deliver(request, new BlockPiece(offset, length, IsZero: false));
        }

        public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
        {
            var end = offset + lengthBytes;
            var there = Math.Clamp(disk.FileBytes, offset, end);
            if (disk.Used is { } used)
            {
                for (var i = used.FirstEndingAfter(offset); i < used.Count && used[i].Offset < there && offset < there; i++)
                {
                    Add(into, ref offset, Math.Clamp(used[i].Offset, offset, there), isZero: true);
                    Add(into, ref offset, Math.Clamp(used[i].End, offset, there), isZero: false);
                }
            }
            else
            {
                Add(into, ref offset, there, isZero: false);
            }

            Add(into, ref offset, end, isZero: true);
        }

        private static void Add(List<AllocationExtent> into, ref long from, long to, bool isZero)
        {
            if (to > from)
            {
                into.Add(new AllocationExtent(from, to - from, isZero));
                from = to;
            }
        }

        public override void Abort() => _aborted.Cancel();

        protected override void Dispose(bool disposing)
        {
            _aborted.Cancel();
            foreach (var request in _requests)
            {
                request.Content?.Dispose();
                request.Response?.ContinueWith(done => done.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
                request.Response?.ContinueWith(failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }

            _requests.Clear();
            _aborted.Dispose();
        }

        private BlockPiece Deliver(Request request, BlockPiece piece)
        {
            request.Done += piece.LengthBytes;
            if (request.Done == request.LengthBytes)
            {
                request.Content?.Dispose();
                _requests.Dequeue();
            }

            return piece;
        }

        private async Task<HttpResponseMessage> GetAsync(long offset, long length, CancellationToken cancellation)
        {
            var response = await disk.Files.SendAsync(disk.File, HttpMethod.Get, new RangeHeaderValue(offset, offset + length - 1), null, cancellation).ConfigureAwait(false);
            disk.Files.Good(disk.File, response);
            if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange is not { From: { } from, To: { } to } || from != offset || to != offset + length - 1)
            {
                var said = $"{(int)response.StatusCode}, range {response.Content.Headers.ContentRange}";
                response.Dispose();
                throw disk.Failed(BlockErrorKind.Protocol, $"a range of {length} bytes at {offset} was asked for, and the server answered {said}", canRetry: false);
            }

            return response;
        }

        private static Stream Open(Request request) => request.Response!.GetAwaiter().GetResult().Content.ReadAsStream();

        private unsafe void Read(Stream content, Span<byte> into, long offset)
        {
            // The buffer is pinned; a span cannot go into an asynchronous call, which is the only kind that can be given up.
            fixed (byte* start = into)
            {
                using var memory = new PinnedMemory(start, into.Length);
                var rest = memory.Memory;
                while (rest.Length > 0)
                {
                    using var silence = CancellationTokenSource.CreateLinkedTokenSource(_aborted.Token);
                    silence.CancelAfter(Silence);
                    int count;
                    try
                    {
                        count = content.ReadAsync(rest, silence.Token).AsTask().GetAwaiter().GetResult();
                    }
                    catch (OperationCanceledException exception) when (!_aborted.IsCancellationRequested)
                    {
                        throw disk.Failed(BlockErrorKind.TimedOut, $"the server was silent for {Silence.TotalSeconds:0} s at {offset}", canRetry: true, exception);
                    }

                    if (count == 0)
                    {
                        throw new IOException("the answer ended before its range did");
                    }

                    rest = rest[count..];
                }
            }
        }
    }
}
