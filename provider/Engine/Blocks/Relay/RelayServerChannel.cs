using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>One channel at the disk's end: a thread that answers in the order of the questions.</summary>
internal sealed class RelayServerChannel : IDisposable
{
    private const string Peer = "the provider";

    /// <summary>Frames that wait. A peer that sends more waits itself: nothing more is read from the stream.</summary>
    private const int MostWaiting = 24;

    private readonly RelayWire _wire;
    private readonly int _number;
    private readonly TimeProvider _time;
    private readonly Action<int, BlockException> _fail;
    private readonly BlockReader? _readerSide;
    private readonly BlockWriter? _writerSide;
    private readonly BlockingCollection<RelayFrame> _frames = new(MostWaiting);
    private readonly CancellationTokenSource _stop = new();
    private readonly RelayBuilder _builder = new();
    private readonly BlockBuffer _buffer = new();
    private readonly Thread _thread;
    private readonly RelayPacker _packer = new();
    private readonly RelayUnpacker _unpacker = new();
    private readonly RelayChoice _choice;
    private BlockReadChannel? _reader;
    private BlockWriteChannel? _writer;
    private long _acknowledged;

    internal RelayServerChannel(RelayWire wire, int number, (BlockReader? Reader, BlockWriter? Writer) side, TimeProvider time, Action<int, BlockException> fail)
    {
        (_wire, _number, _time, _fail) = (wire, number, time, fail);
        (_readerSide, _writerSide) = side;
        _choice = new RelayChoice(time);
        _thread = new Thread(Run) { IsBackground = true, Name = $"relay channel {number}" };
        _thread.Start();
    }

    internal void Take(RelayFrame frame)
    {
        try
        {
            _frames.Add(frame, _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or ObjectDisposedException)
        {
            // The channel has failed and said so; what still comes for it is of no use.
            ArrayPool<byte>.Shared.Return(frame.Wire);
        }
    }

    internal void Stop() => _stop.Cancel();

    /// <summary>Waits for the thread, unless what it reads or writes hangs; then the process ends with it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        if (!_thread.Join(TimeSpan.FromSeconds(10)))
            return;
        _frames.Dispose();
        _stop.Dispose();
        _packer.Dispose();
        _unpacker.Dispose();
    }

    private void Run()
    {
        var room = new byte[RelayProtocol.MostPayload];
        try
        {
            using var _ = _stop.Token.Register(() =>
            {
                Volatile.Read(ref _reader)?.Abort();
                Volatile.Read(ref _writer)?.Abort();
            });
            Volatile.Write(ref _reader, _readerSide?.Open(_stop.Token));
            Volatile.Write(ref _writer, _writerSide?.Open(_stop.Token));
            _wire.Send(RelayFrameType.ChannelOpened, _number, []);
            foreach (var frame in _frames.GetConsumingEnumerable(_stop.Token))
                Answer(frame.Type, _wire.Open(frame, room, _unpacker));
        }
        catch (BlockException e) when (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _fail(_number, e);
        }
        catch (Exception e) when (e is OperationCanceledException or BlockException or IOException or ObjectDisposedException)
        {
            // The stream is over, or the channel was closed.
        }
        finally
        {
            _reader?.Dispose();
            _writer?.Dispose();
        }
    }

    private void Answer(RelayFrameType type, ReadOnlySpan<byte> payload)
    {
        var read = new RelayPayload(payload, Peer);
        switch (type)
        {
            case RelayFrameType.Read when _reader is not null:
                Read(ref read);
                break;
            case RelayFrameType.Extents when _reader is not null:
                Extents(ref read);
                break;
            case RelayFrameType.Write when _writer is not null:
                Write(ref read);
                break;
            case RelayFrameType.Zero when _writer is not null:
                var (offset, length) = read.Range(_writerSide!.LengthBytes);
                _writer.WriteZeroes(offset, length);
                Acknowledge(1);
                break;
            case RelayFrameType.Flush when _writer is not null:
                _writer.BeginFlush();
                Acknowledge(1);
                break;
            default:
                throw RelayProtocol.Nonsense(Peer, $"a frame of type {(int)type} on this channel");
        }
    }

    private void Read(ref RelayPayload read)
    {
        var (offset, length) = read.Range(_readerSide!.LengthBytes);
        var mode = read.Byte();
        if (length > RelayProtocol.RequestBytes || offset % DigestTree.LeafBytes != 0 || mode > (int)DigestAlgorithm.Sha256)
            throw RelayProtocol.Nonsense(Peer, "a request to read that is too long, or not at a leaf's start");
        // 0: content. Else the digest's algorithm, and for each leaf a digest that the other end has; none: only digests are wanted.
        var algorithm = (DigestAlgorithm)mode;
        var size = BlockHash.LengthBytes(algorithm);
        var leaves = (int)((length + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes);
        var known = mode == 0 || read.IsEmpty ? [] : read.Bytes(leaves * size);
        Span<byte> digest = stackalloc byte[BlockHash.MaxBytes];
        digest = digest[..size];
        _builder.Clear().Int64(offset).Int32(leaves);
        var kinds = _builder.Length;
        _builder.Room(leaves).Fill(byte.MaxValue);
        _reader!.Submit(offset, (int)length);
        var expected = 0;
        while (_reader.Outstanding > 0)
        {
            var piece = _reader.Receive(_buffer);
            if (piece.LengthBytes == 0)
                continue;
            var leaf = (int)((piece.Offset - offset) / DigestTree.LeafBytes);
            if (leaf != expected)
                throw new InvalidOperationException("A channel delivered out of order within one request.");
            var count = (piece.LengthBytes + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes;
            expected += count;
            if (piece.IsZero)
            {
                for (var i = leaf; i < leaf + count; i++)
                    _builder.PutByte(kinds + i, (byte)RelayLeaf.Zero);
                continue;
            }

            if (size > 0)
            {
                BlockHash.Hash(algorithm, _buffer.Content, digest);
                if (known.IsEmpty || known.Slice(leaf * size, size).SequenceEqual(digest))
                {
                    _builder.PutByte(kinds + leaf, (byte)RelayLeaf.Digest);
                    _builder.Bytes(digest);
                    continue;
                }
            }

            _builder.PutByte(kinds + leaf, (byte)RelayLeaf.Content);
            _builder.Bytes(_buffer.Content);
        }

        // Digests alone do not get smaller.
        if (_builder.Length < DigestTree.LeafBytes)
            _wire.Send(RelayFrameType.Content, _number, _builder.Written);
        else
            _wire.Send(RelayFrameType.Content, _number, _builder.Written, _choice, _packer);
    }

    private void Extents(ref RelayPayload read)
    {
        var (offset, length) = read.Range(_readerSide!.LengthBytes);
        var found = new List<AllocationExtent>();
        _reader!.Extents(offset, length, found);
        var count = Math.Min(found.Count, RelayProtocol.MostExtents);
        _builder.Clear().Int64(offset).Int32(count);
        foreach (var extent in found.Take(count))
            _builder.Int64(extent.LengthBytes).Byte(extent.IsZero ? (byte)1 : (byte)0);
        _wire.Send(RelayFrameType.ExtentList, _number, _builder.Written);
    }

    private void Write(ref RelayPayload read)
    {
        var count = read.Int32();
        if (count is < 1 or > RelayProtocol.RequestBytes / DigestTree.LeafBytes)
            throw RelayProtocol.Nonsense(Peer, $"{count} writes in one frame");
        var heads = read.Bytes(count * 12);
        for (var i = 0; i < count; i++)
        {
            var offset = BinaryPrimitives.ReadInt64LittleEndian(heads[(i * 12)..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(heads[((i * 12) + 8)..]);
            if (length is < 1 or > DigestTree.LeafBytes || offset < 0 || offset > _writerSide!.LengthBytes - length)
                throw RelayProtocol.Nonsense(Peer, $"a write of {length} bytes at {offset}");
            _buffer.LengthBytes = length;
            read.Bytes(length).CopyTo(_buffer.Content);
            _writer!.Write(offset, _buffer);
        }

        Acknowledge(count);
    }

    /// <summary>Tells how many writes are done; a server behind us may have taken some and not done them.</summary>
    private void Acknowledge(int count)
    {
        _writer!.Drain();
        _acknowledged += count;
        _wire.Send(RelayFrameType.Acknowledged, _number, _builder.Clear().Int64(_acknowledged).Written);
    }
}
