using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>The content of a snapshot, block by block, many in flight. Opened at first use, which seals what was written before.</summary>
/// <param name="open">Gives the content; null where nothing was ever written.</param>
internal sealed class EbsReader(string name, long lengthBytes, int blocksInFlight, Func<CancellationToken, Task<SnapshotContent?>> open) : BlockReader
{
    private const int MostChannels = 4;

    public override string Name => name;

    public override long LengthBytes => lengthBytes;

    public override int MaxChannels => MostChannels;

    // The default two channels share what may be in flight.
    public override int AheadBytes => Math.Max(1, blocksInFlight / 2) * EbsClient.BlockBytes;

    public override BlockReadChannel Open(CancellationToken cancellationToken)
    {
        try
        {
            return new Channel(this, open(cancellationToken).GetAwaiter().GetResult());
        }
        catch (PlatformException e)
        {
            throw EbsFailure.Map(e, name, BlockErrorKind.ReadFailed);
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Channel(EbsReader disk, SnapshotContent? content) : BlockReadChannel
    {
        private readonly CancellationTokenSource _abort = new();
        private readonly Queue<Asked> _asked = new();
        private int _outstanding;

        public override int Outstanding => _outstanding;

        public override int MaxRequestBytes => EbsClient.BlockBytes;

        public override int MaxOutstanding => Math.Max(1, disk.AheadBytes / EbsClient.BlockBytes);

        public override void Submit(long offset, int lengthBytes)
        {
            _outstanding++;
            for (var end = offset + lengthBytes; offset < end;)
            {
                var index = (int)(offset / EbsClient.BlockBytes);
                var part = (int)Math.Min(end - offset, ((index + 1L) * EbsClient.BlockBytes) - offset);
                var memory = new SnapshotDisk.Buffer();
                var fetch = content is null ? Task.FromResult(false) : Task.Run(() => content.ReadAsync(index, memory.Whole, _abort.Token));
                _asked.Enqueue(new Asked(offset, part, offset + part == end, memory, fetch));
                offset += part;
            }
        }

        public override BlockPiece Receive(BlockBuffer buffer)
        {
            var asked = _asked.Peek();
            bool hasContent;
            try
            {
                hasContent = asked.Fetch.GetAwaiter().GetResult();
            }
            catch (OperationCanceledException e)
            {
                throw new BlockException(BlockErrorKind.Lost, $"{disk.Name}: aborted.", canRetry: true, e) { Disk = disk.Name };
            }
            catch (PlatformException e)
            {
                throw EbsFailure.Map(e, disk.Name, BlockErrorKind.ReadFailed, asked.Offset);
            }

            var offset = asked.Offset + asked.Delivered;
            var length = hasContent ? Math.Min(BlockBuffer.CapacityBytes, asked.Length - asked.Delivered) : asked.Length - asked.Delivered;
            if (hasContent)
            {
                buffer.LengthBytes = length;
                asked.Memory.Whole.Span.Slice((int)(offset % EbsClient.BlockBytes), length).CopyTo(buffer.Content);
            }

            asked.Delivered += length;
            if (asked.Delivered == asked.Length)
            {
                _asked.Dequeue();
                asked.Memory.Dispose();
                _outstanding -= asked.IsLast ? 1 : 0;
            }

            return new BlockPiece(offset, length, !hasContent);
        }

        public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
        {
            var end = offset + lengthBytes;
            if (content is null)
            {
                into.Add(new AllocationExtent(offset, lengthBytes, IsZero: true));
                return;
            }

            try
            {
                var page = content.PageOfAsync((int)(offset / EbsClient.BlockBytes), _abort.Token).AsTask().GetAwaiter().GetResult();
                var until = Math.Min(end, page.Before == int.MaxValue ? end : page.Before * (long)EbsClient.BlockBytes);
                foreach (var index in page.Indices)
                {
                    var start = Math.Max(offset, index * (long)EbsClient.BlockBytes);
                    var stop = Math.Min(until, (index + 1L) * EbsClient.BlockBytes);
                    if (stop <= start)
                    {
                        continue;
                    }

                    if (start > offset)
                    {
                        into.Add(new AllocationExtent(offset, start - offset, IsZero: true));
                    }

                    into.Add(new AllocationExtent(start, stop - start, IsZero: false));
                    offset = stop;
                }

                if (until > offset)
                {
                    into.Add(new AllocationExtent(offset, until - offset, IsZero: true));
                }
            }
            catch (PlatformException e)
            {
                throw EbsFailure.Map(e, disk.Name, BlockErrorKind.ReadFailed, offset);
            }
        }

        public override void Abort() => _abort.Cancel();

        protected override void Dispose(bool disposing)
        {
            _abort.Cancel();
            foreach (var asked in _asked)
            {
                // The memory may still be written to by a call that is on its way.
                asked.Fetch.ContinueWith(static (_, memory) => ((SnapshotDisk.Buffer)memory!).Dispose(), asked.Memory, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            _asked.Clear();
        }

        private sealed record Asked(long Offset, int Length, bool IsLast, SnapshotDisk.Buffer Memory, Task<bool> Fetch)
        {
            internal int Delivered { get; set; }
        }
    }
}
