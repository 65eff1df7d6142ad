using System.Numerics;

namespace VmMigrate.Engine.Blocks;

/// <summary>One thread with one channel to the source and one to the target: asks ahead, takes each leaf as it comes, digests it and sends it on from the same buffer.</summary>
internal sealed class CopyWorker
{
    private readonly CopyJob _job;
    private readonly CopyOptions _options;
    private readonly BlockReadChannel _reader;
    private readonly BlockWriteChannel? _writer;
    private readonly BlockReadChannel? _there;
    private readonly int _aheadBytes;
    private readonly DigestAlgorithm _algorithm;
    private readonly bool _digestsThere;
    private readonly bool _digestsAtSource;
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

    /// <param name="there">Reads the target, to compare before anything is sent; null: everything is sent.</param>
    internal CopyWorker(CopyJob job, CopyOptions options, BlockReadChannel reader, BlockWriteChannel? writer, BlockReadChannel? there, int epoch)
    {
        _there = there;
        _aheadBytes = Math.Max(options.AheadBytes, job.Source.AheadBytes);
        if (job.Tree is { } tree)
        {
            _algorithm = tree.Algorithm;
            _digestsThere = there?.DigestsLeaves(_algorithm) ?? false;
            _digestsAtSource = (writer is null || there is not null) && reader.DigestsLeaves(_algorithm);
        }

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
                Take(_reader.Receive(_buffer), cancellationToken);
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

    private bool CanAsk() => _inFlight < _aheadBytes && _reader.Outstanding < _reader.MaxOutstanding;

    private void Begin(ChunkWork work)
    {
        var record = _spare.TryPop(out var spare) ? spare : new ChunkRecord(_digestBytes);
        record.Work = work;
        record.Missing = work.Read;
        record.IsWritten = false;
        record.ThereMask = 0;
        // Open before anything can fail, so that it is given back.
        _open.Add(record);
        if (_there is not null && work.Read != 0)
            LookThere(record);
        _work = work;
        _toSubmit = work.Read;
        if (work.Zero != 0)
        {
            _job.AddZero(work.Run > 1 ? _job.BytesOf(work) : _job.BytesOf(work, work.Zero));
            if (work.Run == 1)
                _job.FillZeroes(record, work);
            if (_writer is not null && _job.ZeroesNeedWriting)
                WriteZeroLeaves(record);
        }

        if (work.Read == 0)
            Finish(record);
    }

    /// <summary>Digests what the target holds of a chunk. The other workers go on meanwhile.</summary>
    private void LookThere(ChunkRecord record)
    {
        var work = record.Work;
        record.There ??= new byte[DigestTree.LeavesPerChunk * _digestBytes];
        for (var rest = work.Read | work.Zero; rest != 0;)
        {
            var first = BitOperations.TrailingZeroCount(rest);
            var count = Math.Min(BitOperations.TrailingZeroCount(~(rest >> first)), _requestBytes / DigestTree.LeafBytes);
            var start = work.Offset + ((long)first * DigestTree.LeafBytes);
            var length = (int)(_job.EndOf(work, first + count - 1) - start);
            while (_there!.Outstanding >= _there.MaxOutstanding)
                TakeThere(record);
            if (_digestsThere)
                _there.SubmitUnless(start, length, _algorithm, []);
            else
                _there.Submit(start, length);
            rest &= Without(first, count);
        }

        while (_there!.Outstanding > 0)
            TakeThere(record);
    }

    private void TakeThere(ChunkRecord record)
    {
        var piece = _there!.Receive(_buffer);
        if (piece.LengthBytes == 0)
            return;
        var leaf = (int)((piece.Offset - record.Work.Offset) / DigestTree.LeafBytes);
        var leaves = (piece.LengthBytes + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes;
        for (var i = leaf; i < leaf + leaves; i++)
        {
            var digest = record.There.AsSpan(i * _digestBytes, _digestBytes);
            if (piece.IsZero)
                _job.Tree!.ZeroLeaf(record.Work.Chunk, i).CopyTo(digest);
            else if (piece.IsDigest)
                _buffer.Whole[.._digestBytes].CopyTo(digest);
            else
                BlockHash.Hash(_algorithm, _buffer.Content, digest);
            record.ThereMask |= 1UL << i;
        }
    }

    /// <summary>The target was seen to hold this leaf as its digest in the record says.</summary>
    private bool IsThere(ChunkRecord record, int leaf) =>
        (record.ThereMask >> leaf & 1) != 0
        && record.There.AsSpan(leaf * _digestBytes, _digestBytes).SequenceEqual(record.Leaves.AsSpan(leaf * _digestBytes, _digestBytes));

    private void WriteZeroLeaves(ChunkRecord record)
    {
        var work = record.Work;
        if (work.Run > 1)
        {
            record.IsWritten = true;
            _writer!.WriteZeroes(work.Offset, _job.BytesOf(work));
            return;
        }

        var missing = work.Zero;
        for (var rest = missing & record.ThereMask; rest != 0; rest &= rest - 1)
        {
            var leaf = BitOperations.TrailingZeroCount(rest);
            if (IsThere(record, leaf))
                missing &= ~(1UL << leaf);
        }

        record.IsWritten |= missing != 0;
        for (var rest = missing; rest != 0;)
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
        if (_digestsAtSource)
        {
            // What crosses is known when it has come.
            _reader.SubmitUnless(start, length, _algorithm, _writer is null ? [] : _open[^1].There.AsSpan(first * _digestBytes, count * _digestBytes));
        }
        else
        {
            _options.Throttle?.Take(length, cancellationToken);
            _reader.Submit(start, length);
        }

        _inFlight += length;
        _toSubmit &= Without(first, count);
    }

    private void Take(BlockPiece piece, CancellationToken cancellationToken)
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
            Zero(record, leaf, leaves, piece.Offset, piece.LengthBytes);
        }
        else if (piece.IsDigest)
        {
            _buffer.Whole[.._digestBytes].CopyTo(record.Leaves.AsSpan(leaf * _digestBytes));
            if (_writer is not null)
            {
                // Content stays away only where the target has it; a source that says so of anything else would make us forget a leaf.
                if (!IsThere(record, leaf))
                {
                    throw new BlockException(BlockErrorKind.Protocol, $"{_job.Source.Name}: content was asked for at offset {piece.Offset}, and only its digest came.", canRetry: false)
                    { Disk = _job.Source.Name, Offset = piece.Offset };
                }

                _job.AddSame(piece.LengthBytes);
            }
        }
        else
        {
            _job.AddTransferred(piece.LengthBytes);
            if (_digestsAtSource)
                _options.Throttle?.Take(piece.LengthBytes, cancellationToken);
            var content = _buffer.Content;
            if (_digestBytes > 0)
                BlockHash.Hash(_algorithm, content, record.Leaves.AsSpan(leaf * _digestBytes, _digestBytes));
            if (_writer is not null)
            {
                if (IsThere(record, leaf))
                {
                    _job.AddSame(piece.LengthBytes);
                }
                // Random content shows its first bytes to be no zeroes, so looking costs nothing there.
                else if (_options.DetectZeroes && !content.ContainsAnyExcept((byte)0))
                {
                    Zero(record, leaf, leaves, piece.Offset, piece.LengthBytes);
                }
                else
                {
                    WritePendingZeroes();
                    _writer.Write(piece.Offset, _buffer);
                    record.IsWritten = true;
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

    private void Zero(ChunkRecord record, int leaf, int leaves, long offset, int length)
    {
        _job.AddZero(length);
        if (_writer is null || !_job.ZeroesNeedWriting)
            return;
        var isThere = true;
        for (var i = leaf; isThere && i < leaf + leaves; i++)
            isThere = IsThere(record, i);
        if (isThere)
            return;
        record.IsWritten = true;
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
        if (_job.SeenAtTarget is { } seen && !record.IsWritten && record.ThereMask == seen.FullMask(record.Work.Chunk))
            seen.SetLeaves(record.Work.Chunk, record.ThereMask, record.There);
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
