using System.Numerics;

namespace VmMigrate.Engine.Blocks;

/// <summary>One thread with one channel to the source and one to the target: asks ahead, takes each leaf as it comes, digests it and sends it on from the same buffer.</summary>
internal sealed class CopyWorker
{
    private readonly CopyJob _job;
    private readonly CopyOptions _options;
    private readonly BlockReadChannel _reader;
    private readonly BlockWriteChannel? _writer;
    private readonly BlockBuffer _buffer = new();
    private readonly List<ChunkRecord> _open = [];
    private readonly Queue<ChunkRecord> _unacknowledged = new();
    private readonly Stack<ChunkRecord> _spare = new();
    private readonly int _digestBytes;
    private readonly int _requestBytes;
    private ChunkWork _work;
    private ulong _toSubmit;
    private long _inFlight;
    private readonly JobDurability? _durability;
    private readonly int _epoch;
    private Checkpoint? _begun;
    private long _flushedAt;
    private long _zeroStart;
    private long _zeroLength;

    internal CopyWorker(CopyJob job, CopyOptions options, BlockReadChannel reader, BlockWriteChannel? writer, int epoch)
    {
        _job = job;
        _options = options;
        _reader = reader;
        _writer = writer;
        _digestBytes = job.Tree?.DigestBytes ?? 0;
        _durability = job.Durability;
        _epoch = epoch;
        _requestBytes = Math.Clamp(options.RequestBytes / DigestTree.LeafBytes * DigestTree.LeafBytes, DigestTree.LeafBytes, reader.MaxRequestBytes);
    }

    /// <summary>Works until nothing is left to take, and everything taken is settled.</summary>
    /// <exception cref="BlockException">A side failed. What was taken and not settled is lost to the job unless <see cref="GiveBack"/> is called.</exception>
    internal void Run(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_durability is not null && _durability.Epoch != _epoch)
                throw new BlockException(BlockErrorKind.Lost, $"{_job.Target!.Name}: another connection was lost.", canRetry: true) { Disk = _job.Target.Name };
            var needsExtents = false;
            var exhausted = false;
            while (!exhausted && !needsExtents && CanAsk())
            {
                if (_toSubmit != 0)
                {
                    SubmitNext(cancellationToken);
                    continue;
                }

                if (_durability is { IsFull: true })
                    break;
                switch (_job.Take(out var work))
                {
                    case CopyJob.Taken.Work:
                        Begin(work);
                        break;
                    case CopyJob.Taken.NeedsExtents:
                        needsExtents = true;
                        break;
                    default:
                        exhausted = true;
                        break;
                }
            }

            if (_reader.Outstanding > 0)
            {
                Take(_reader.Receive(_buffer));
                if (_durability is not null)
                    MakeStable(evenIfEarly: false, cancellationToken);
            }
            else if (needsExtents)
            {
                _job.FetchExtents(_reader);
            }
            else
            {
                _writer?.Drain();
                SettleAcknowledged();
                if (_durability is null)
                {
                    if (exhausted)
                        return;
                    continue;
                }

                // Nothing more to begin for now: make stable what waits, or let the other worker do it.
                MakeStable(evenIfEarly: true, cancellationToken);
                if (exhausted && !_durability.HasWaiting)
                    return;
                if (_begun is null && _durability.HasWaiting)
                    _durability.WaitForOther(cancellationToken);
            }
        }
    }

    /// <summary>After a failure: everything that was taken and is not settled goes back to the job.</summary>
    /// <param name="targetIsLost">Also what the target acknowledged and had not made stable.</param>
    internal void GiveBack(bool targetIsLost)
    {
        if (!targetIsLost)
        {
            // Only the source is gone: what was handed to the target is worth waiting for.
            try
            {
                _writer?.Drain();
                SettleAcknowledged();
                if (_begun is not null)
                    MakeStable(evenIfEarly: true, CancellationToken.None);
            }
            catch (BlockException)
            {
                targetIsLost = true;
            }
        }

        foreach (var record in _open)
            _job.Again(record.Work);
        foreach (var record in _unacknowledged)
            _job.Again(record.Work);
        if (targetIsLost)
            _durability!.Lose(_job, _begun, _epoch);
    }

    /// <summary>Begins to flush when it is time, without waiting; and settles what an earlier flush has made stable.</summary>
    private void MakeStable(bool evenIfEarly, CancellationToken cancellationToken)
    {
        if (_writer is null)
            return;
        if (_begun is null)
        {
            _begun = _durability!.TryBegin(_epoch, evenIfEarly);
            if (_begun is null)
                return;
            _flushedAt = _writer.BeginFlush();
        }

        if (evenIfEarly)
            _writer.Drain();
        if (_writer.Completed <= _flushedAt)
            return;
        var done = _begun;
        _begun = null;
        _durability!.Complete(_job, done, _epoch, cancellationToken);
    }

    private bool CanAsk() => _inFlight < _options.AheadBytes && _reader.Outstanding < _reader.MaxOutstanding;

    private void Begin(ChunkWork work)
    {
        var record = _spare.TryPop(out var spare) ? spare : new ChunkRecord(_digestBytes);
        record.Work = work;
        record.Missing = work.Read;
        _open.Add(record);
        _work = work;
        _toSubmit = work.Read;
        if (work.Zero != 0)
        {
            _job.AddZero(work.Run > 1 ? _job.BytesOf(work) : _job.BytesOf(work, work.Zero));
            if (work.Run == 1)
                _job.FillZeroes(record, work);
            if (_writer is not null && _job.ZeroesNeedWriting)
                WriteZeroLeaves(work);
        }

        if (work.Read == 0)
            Finish(record);
    }

    private void WriteZeroLeaves(ChunkWork work)
    {
        if (work.Run > 1)
        {
            _writer!.WriteZeroes(work.Offset, _job.BytesOf(work));
            return;
        }

        for (var rest = work.Zero; rest != 0;)
        {
            var first = BitOperations.TrailingZeroCount(rest);
            var count = BitOperations.TrailingZeroCount(~(rest >> first));
            var start = work.Offset + ((long)first * DigestTree.LeafBytes);
            _writer!.WriteZeroes(start, _job.EndOf(work, first + count - 1) - start);
            rest &= Without(first, count);
        }
    }

    private void SubmitNext(CancellationToken cancellationToken)
    {
        var first = BitOperations.TrailingZeroCount(_toSubmit);
        var count = Math.Min(BitOperations.TrailingZeroCount(~(_toSubmit >> first)), _requestBytes / DigestTree.LeafBytes);
        var start = _work.Offset + ((long)first * DigestTree.LeafBytes);
        var length = (int)(_job.EndOf(_work, first + count - 1) - start);
        _options.Throttle?.Take(length, cancellationToken);
        _reader.Submit(start, length);
        _inFlight += length;
        _toSubmit &= Without(first, count);
    }

    private void Take(BlockPiece piece)
    {
        if (piece.LengthBytes == 0)
            return;
        _inFlight -= piece.LengthBytes;
        var record = Open(piece.Offset);
        var leaf = (int)((piece.Offset - record.Work.Offset) / DigestTree.LeafBytes);
        var leaves = (piece.LengthBytes + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes;
        if (piece.IsZero)
        {
            for (var i = leaf; _digestBytes > 0 && i < leaf + leaves; i++)
                _job.Tree!.ZeroLeaf(record.Work.Chunk, i).CopyTo(record.Leaves.AsSpan(i * _digestBytes));
            Zero(piece.Offset, piece.LengthBytes);
        }
        else
        {
            _job.AddTransferred(piece.LengthBytes);
            var content = _buffer.Content;
            if (_digestBytes > 0)
                BlockHash.Hash(_job.Tree!.Algorithm, content, record.Leaves.AsSpan(leaf * _digestBytes, _digestBytes));
            if (_writer is not null)
            {
                // Random content shows its first bytes to be no zeroes, so looking costs nothing there.
                if (_options.DetectZeroes && !content.ContainsAnyExcept((byte)0))
                {
                    Zero(piece.Offset, piece.LengthBytes);
                }
                else
                {
                    WritePendingZeroes();
                    _writer.Write(piece.Offset, _buffer);
                    WrittenBytes += piece.LengthBytes;
                }
            }
        }

        record.Missing &= Without(leaf, leaves);
        if (record.Missing == 0)
        {
            WritePendingZeroes();
            Finish(record);
        }
    }

    internal long WrittenBytes { get; private set; }

    private void Zero(long offset, int length)
    {
        _job.AddZero(length);
        if (_writer is null || !_job.ZeroesNeedWriting)
            return;
        if (_zeroLength > 0 && _zeroStart + _zeroLength == offset)
        {
            _zeroLength += length;
            return;
        }

        WritePendingZeroes();
        _zeroStart = offset;
        _zeroLength = length;
    }

    private void WritePendingZeroes()
    {
        if (_zeroLength == 0)
            return;
        _writer!.WriteZeroes(_zeroStart, _zeroLength);
        _zeroLength = 0;
    }

    private void Finish(ChunkRecord record)
    {
        _open.Remove(record);
        record.WrittenAt = _writer?.Submitted ?? 0;
        _unacknowledged.Enqueue(record);
        _writer?.Poll();
        SettleAcknowledged();
    }

    private void SettleAcknowledged()
    {
        while (_unacknowledged.TryPeek(out var record) && (_writer is null || _writer.Completed >= record.WrittenAt))
        {
            _unacknowledged.Dequeue();
            if (_job.Acknowledge(record, _epoch))
                _spare.Push(record);
        }
    }

    private ChunkRecord Open(long offset)
    {
        var chunk = offset / DigestTree.ChunkBytes;
        foreach (var record in _open)
        {
            if (record.Work.Chunk == chunk)
                return record;
        }

        throw new InvalidOperationException($"A channel delivered offset {offset}, which was not asked for.");
    }

    private static ulong Without(int first, int count) => ~((count == 64 ? ulong.MaxValue : (1UL << count) - 1) << first);
}
