using System.Buffers.Binary;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>One channel's writes to a relay, several leaves a frame.</summary>
internal sealed class RelayWriteChannel : BlockWriteChannel
{
    private const int HeadBytes = 12;
    private const int MostInBatch = RelayProtocol.RequestBytes / DigestTree.LeafBytes;

    private readonly RelayConnection _connection;
    private readonly int _number;
    private readonly RelayMailbox _box;
    private readonly RelayBuilder _builder = new();
    private readonly RelayPacker _packer = new();
    private readonly RelayChoice _choice;
    private readonly byte[] _answer = new byte[RelayProtocol.MostText * 3];
    private readonly byte[] _heads = new byte[MostInBatch * HeadBytes];
    private readonly byte[] _contents = new byte[RelayProtocol.RequestBytes];
    private readonly Queue<(long Number, int Bytes)> _unacknowledged = new();
    private int _batch;
    private int _batchBytes;
    private int _unacknowledgedBytes;
    private long _submitted;
    private long _sent;
    private long _completed;

    internal RelayWriteChannel(RelayConnection connection)
    {
        _connection = connection;
        _choice = new RelayChoice(connection.Time);
        (_number, _box) = connection.OpenChannel(writes: true);
    }

    public override long Submitted => _submitted;

    public override long Completed => _completed;

    public override void Write(long offset, BlockBuffer buffer)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_heads.AsSpan(_batch * HeadBytes), offset);
        BinaryPrimitives.WriteInt32LittleEndian(_heads.AsSpan((_batch * HeadBytes) + 8), buffer.LengthBytes);
        buffer.Content.CopyTo(_contents.AsSpan(_batchBytes));
        _batch++;
        _batchBytes += buffer.LengthBytes;
        _submitted++;
        if (_batch == MostInBatch)
            SendBatch();
    }

    public override void WriteZeroes(long offset, long lengthBytes)
    {
        SendBatch();
        _connection.Send(RelayFrameType.Zero, _number, _builder.Clear().Int64(offset).Int64(lengthBytes).Written);
        _submitted++;
        Sent(0);
    }

    public override void Poll()
    {
        while (!_box.IsIdle)
            TakeAnswer();
    }

    public override void Drain()
    {
        SendBatch();
        while (_completed < _submitted)
            TakeAnswer();
    }

    public override long BeginFlush()
    {
        SendBatch();
        _connection.Send(RelayFrameType.Flush, _number, []);
        _submitted++;
        Sent(0);
        return _submitted - 1;
    }

    public override void Abort() => _box.Abort();

    protected override void Dispose(bool disposing)
    {
        _connection.CloseChannel(_number);
        _packer.Dispose();
    }

    private void SendBatch()
    {
        if (_batch == 0)
            return;
        _builder.Clear().Int32(_batch).Bytes(_heads.AsSpan(0, _batch * HeadBytes)).Bytes(_contents.AsSpan(0, _batchBytes));
        _connection.Send(RelayFrameType.Write, _number, _builder.Written, _choice, _packer);
        var bytes = _batchBytes;
        (_batch, _batchBytes) = (0, 0);
        Sent(bytes);
    }

    private void Sent(int bytes)
    {
        _sent = _submitted;
        _unacknowledged.Enqueue((_sent, bytes));
        _unacknowledgedBytes += bytes;
        // The mailbox is as bounded as what may be on its way.
        while (_unacknowledgedBytes > RelayProtocol.MostUnacknowledged || _unacknowledged.Count > RelayProtocol.MostOutstanding)
            TakeAnswer();
    }

    private void TakeAnswer()
    {
        var completed = new RelayPayload(_connection.Wait(_box, RelayFrameType.Acknowledged, _answer, null), _connection.Peer).Int64();
        if (completed <= _completed || completed > _sent)
            throw RelayProtocol.Nonsense(_connection.Peer, $"an acknowledgement of {completed} writes of {_sent}");
        _completed = completed;
        while (_unacknowledged.TryPeek(out var one) && one.Number <= _completed)
        {
            _unacknowledged.Dequeue();
            _unacknowledgedBytes -= one.Bytes;
        }
    }
}
