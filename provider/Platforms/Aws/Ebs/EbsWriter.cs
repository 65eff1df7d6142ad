using System.Collections.Concurrent;
using System.Security.Cryptography;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>Writes a disk's next snapshot: pieces of 64 KiB are put together to blocks of 512 KiB, and many blocks are on their way at once.</summary>
internal sealed class EbsWriter : BlockWriter
{
    private const int MostChannels = 4;

    /// <summary>Blocks of one channel that wait for their missing pieces. The copier goes through chunks of 4 MiB, so few are open at once.</summary>
    private const int MostBuilding = 8;

    /// <summary>Blocks that were sent in part and whose content is kept, so that the other part does not cost a seal: flushes cut chunks anywhere.</summary>
    private const int MostPartial = 16;

    private readonly SnapshotDisk _disk;
    private readonly SemaphoreSlim _slots;
    private readonly ConcurrentStack<byte[]> _used = new();
    private readonly ConcurrentDictionary<int, Task> _onTheirWay = new();
    private readonly Lock _partialGate = new();
    private readonly Queue<int> _partialOrder = new();
    private readonly Dictionary<int, byte[]> _partial = [];

    internal EbsWriter(SnapshotDisk disk, int blocksInFlight)
    {
        _disk = disk;
        _slots = new SemaphoreSlim(blocksInFlight);
        ReadBack = new EbsReader(disk.Name, disk.LengthBytes, blocksInFlight, disk.ReadAsync);
    }

    public override string Name => _disk.Name;

    public override long LengthBytes => _disk.LengthBytes;

    public override int MaxChannels => MostChannels;

    public override BlockReader? ReadBack { get; }

    public override BlockWriteChannel Open(CancellationToken cancellationToken) => new Channel(this);

    public override ValueTask DisposeAsync()
    {
        _slots.Dispose();
        return ValueTask.CompletedTask;
    }

    private byte[]? Partial(int index)
    {
        lock (_partialGate)
        {
            return _partial.GetValueOrDefault(index);
        }
    }

    private void KeepPartial(int index, ReadOnlySpan<byte> content)
    {
        lock (_partialGate)
        {
            if (!_partial.ContainsKey(index))
            {
                _partialOrder.Enqueue(index);
                if (_partialOrder.Count > MostPartial)
                {
                    _partial.Remove(_partialOrder.Dequeue());
                }
            }

            _partial[index] = content.ToArray();
        }
    }

    private sealed class Channel(EbsWriter writer) : BlockWriteChannel
    {
        private const int Leaf = DigestTree.LeafBytes;

        private readonly CancellationTokenSource _abort = new();
        private readonly Dictionary<int, Building> _building = [];
        private readonly object _gate = new();
        private readonly HashSet<Building> _inFlight = [];
        private Exception? _failure;
        private long _submitted;

        public override long Submitted => _submitted;

        public override long Completed
        {
            get
            {
                lock (_gate)
                {
                    return _building.Values.Concat(_inFlight).Select(block => block.First).DefaultIfEmpty(_submitted).Min();
                }
            }
        }

        public override void Write(long offset, BlockBuffer buffer)
        {
            ThrowIfFailed();
            var number = _submitted++;
            var content = buffer.Content;
            while (content.Length > 0)
            {
                var index = (int)(offset / EbsClient.BlockBytes);
                var within = (int)(offset % EbsClient.BlockBytes);
                var part = Math.Min(content.Length, EbsClient.BlockBytes - within);
                var block = Build(index, number);
                content[..part].CopyTo(block.Memory.Whole.Span[within..]);
                Has(block, within, part);
                content = content[part..];
                offset += part;
            }
        }

        public override void WriteZeroes(long offset, long lengthBytes)
        {
            ThrowIfFailed();
            var number = _submitted++;
            for (var end = offset + lengthBytes; offset < end;)
            {
                var index = (int)(offset / EbsClient.BlockBytes);
                var within = (int)(offset % EbsClient.BlockBytes);
                var part = (int)Math.Min(end - offset, EbsClient.BlockBytes - within);
                if (_building.ContainsKey(index) || writer._onTheirWay.ContainsKey(index) || MayHold(index))
                {
                    var block = Build(index, number);
                    block.Memory.Whole.Span.Slice(within, part).Clear();
                    Has(block, within, part);
                }

                offset += part;
            }
        }

        public override void Drain()
        {
            foreach (var block in _building.Values.OrderBy(block => block.First).ToList())
            {
                Send(block);
            }

            lock (_gate)
            {
                while (_inFlight.Count > 0 && _failure is null)
                {
                    Monitor.Wait(_gate, TimeSpan.FromSeconds(1));
                }
            }

            ThrowIfFailed();
        }

        public override long BeginFlush()
        {
            Drain();
            writer._disk.Flush();
            return _submitted++;
        }

        public override void Abort()
        {
            Fail(new OperationCanceledException());
            _abort.Cancel();
        }

        protected override void Dispose(bool disposing)
        {
            _abort.Cancel();
            foreach (var block in _building.Values)
            {
                block.Memory.Dispose();
            }

            _building.Clear();
        }

        private bool MayHold(int index)
        {
            try
            {
                return writer._disk.MayHoldAsync(index, _abort.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is PlatformException or OperationCanceledException)
            {
                throw EbsFailure.Map(e, writer.Name, BlockErrorKind.ReadFailed, (long)index * EbsClient.BlockBytes);
            }
        }

        private Building Build(int index, long number)
        {
            lock (_gate)
            {
                if (_building.TryGetValue(index, out var block))
                {
                    return block;
                }
            }

            if (_building.Count >= MostBuilding)
            {
                Send(_building.Values.MinBy(block => block.First)!);
            }

            var begun = new Building(index, number, new SnapshotDisk.Buffer(writer._used));
            lock (_gate)
            {
                _building.Add(index, begun);
            }

            return begun;
        }

        /// <summary>Notes the pieces that are there, and sends the block when none is missing.</summary>
        private void Has(Building block, int within, int part)
        {
            var end = within + part;
            var ofDisk = Math.Min(EbsClient.BlockBytes, writer.LengthBytes - ((long)block.Index * EbsClient.BlockBytes));
            if (end == ofDisk)
            {
                // Behind the disk's end there is nothing but zeroes.
                block.Memory.Whole.Span[end..].Clear();
                end = EbsClient.BlockBytes;
            }

            for (var leaf = within / Leaf; leaf < (end + Leaf - 1) / Leaf; leaf++)
            {
                block.Leaves |= 1 << leaf;
            }

            if (block.Leaves == Building.All)
            {
                Send(block);
            }
        }

        private void Send(Building block)
        {
            try
            {
                // Two writes of one block never overtake each other.
                while (writer._onTheirWay.TryGetValue(block.Index, out var earlier))
                {
                    earlier.Wait(_abort.Token);
                }

                writer._slots.Wait(_abort.Token);
            }
            catch (OperationCanceledException)
            {
                ThrowIfFailed();
                throw;
            }

            if (block.Leaves == Building.All && writer.Partial(block.Index) is null && block.Memory.Whole.Span.ContainsAnyExcept((byte)0))
            {
                // Here, where it was just written: its content is in this core's cache still.
                block.Hash = SHA256.HashData(block.Memory.Whole.Span);
            }

            var done = new TaskCompletionSource();
            writer._onTheirWay[block.Index] = done.Task;
            lock (_gate)
            {
                _building.Remove(block.Index);
                _inFlight.Add(block);
            }

            _ = Task.Run(async () =>
            {
                try
                {
                    await PutAsync(block).ConfigureAwait(false);
                }
#pragma warning disable CA1031 // It travels to the thread that owns the channel.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    Fail(e);
                }
                finally
                {
                    block.Memory.Dispose();
                    writer._onTheirWay.TryRemove(block.Index, out _);
                    done.SetResult();
                    try
                    {
                        writer._slots.Release();
                    }
                    catch (ObjectDisposedException)
                    {
                        // The copy was given up.
                    }

                    lock (_gate)
                    {
                        _inFlight.Remove(block);
                        Monitor.PulseAll(_gate);
                    }
                }
            });
        }

        private async Task PutAsync(Building block)
        {
            var kept = writer.Partial(block.Index);
            if (block.Leaves != Building.All)
            {
                using var below = new SnapshotDisk.Buffer();
                if (kept is not null)
                {
                    kept.CopyTo(below.Whole);
                }
                else
                {
                    if (writer._disk.IsOpen(block.Index))
                    {
                        // A part of it was put since the last seal: only a sealed snapshot can be read.
                        await writer._disk.SealAsync(_abort.Token).ConfigureAwait(false);
                    }

                    await writer._disk.ReadHeadAsync(block.Index, below.Whole, _abort.Token).ConfigureAwait(false);
                }

                for (var leaf = 0; leaf < EbsClient.BlockBytes / Leaf; leaf++)
                {
                    if ((block.Leaves & (1 << leaf)) == 0)
                    {
                        below.Whole.Slice(leaf * Leaf, Leaf).CopyTo(block.Memory.Whole[(leaf * Leaf)..]);
                    }
                }
            }

            if (kept is not null || block.Leaves != Building.All)
            {
                writer.KeepPartial(block.Index, block.Memory.Whole.Span);
            }

            await writer._disk.PutAsync(block.Index, block.Memory.Whole, block.Hash, _abort.Token).ConfigureAwait(false);
        }

        private void Fail(Exception failure)
        {
            lock (_gate)
            {
                _failure ??= failure;
                Monitor.PulseAll(_gate);
            }
        }

        private void ThrowIfFailed()
        {
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw EbsFailure.Map(_failure, writer.Name, BlockErrorKind.WriteFailed);
                }
            }
        }

        private sealed class Building(int index, long first, SnapshotDisk.Buffer memory)
        {
            internal const int All = 0xff;

            internal int Index => index;

            internal long First => first;

            internal SnapshotDisk.Buffer Memory => memory;

            internal int Leaves { get; set; }

            internal byte[]? Hash { get; set; }
        }
    }
}
