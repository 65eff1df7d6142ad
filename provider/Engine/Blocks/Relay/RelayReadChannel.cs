namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>One channel's questions to a relay, and the answers leaf by leaf.</summary>
internal sealed class RelayReadChannel : BlockReadChannel
{
    private readonly RelayConnection _connection;
    private readonly string _name;
    private readonly long _diskBytes;
    private readonly int _number;
    private readonly RelayMailbox _box;
    private readonly RelayBuilder _builder = new();
    private readonly RelayUnpacker _unpacker = new();
    private readonly byte[] _room = new byte[RelayProtocol.MostPayload];
    private readonly Queue<(long Offset, int Length, DigestAlgorithm Algorithm)> _asked = new();
    private (long Offset, int Length, DigestAlgorithm Algorithm) _current;
    private int _roomBytes;
    private int _kinds;
    private int _contents;
    private int _leaf;
    private int _leaves;

    internal RelayReadChannel(RelayConnection connection, string name, long diskBytes)
    {
        (_connection, _name, _diskBytes) = (connection, name, diskBytes);
        (_number, _box) = connection.OpenChannel(writes: false);
    }

    public override int Outstanding => _asked.Count + (_leaf < _leaves ? 1 : 0);

    public override int MaxRequestBytes => RelayProtocol.RequestBytes;

    public override int MaxOutstanding => RelayProtocol.MostOutstanding;

    public override bool DigestsLeaves(DigestAlgorithm algorithm) => algorithm != DigestAlgorithm.None;

    public override void Submit(long offset, int lengthBytes) => Ask(offset, lengthBytes, DigestAlgorithm.None, []);

    public override void SubmitUnless(long offset, int lengthBytes, DigestAlgorithm algorithm, ReadOnlySpan<byte> known) => Ask(offset, lengthBytes, algorithm, known);

    public override BlockPiece Receive(BlockBuffer buffer)
    {
        if (_leaf == _leaves)
            Next();
        var offset = _current.Offset + ((long)_leaf * DigestTree.LeafBytes);
        var length = (int)Math.Min(DigestTree.LeafBytes, _current.Offset + _current.Length - offset);
        var kind = (RelayLeaf)_room[_kinds + _leaf];
        _leaf++;
        switch (kind)
        {
            case RelayLeaf.Zero:
                return new BlockPiece(offset, length, IsZero: true);
            case RelayLeaf.Digest when _current.Algorithm != DigestAlgorithm.None:
                Take(BlockHash.LengthBytes(_current.Algorithm)).CopyTo(buffer.Whole);
                return new BlockPiece(offset, length, IsZero: false, IsDigest: true);
            case RelayLeaf.Content:
                buffer.LengthBytes = length;
                Take(length).CopyTo(buffer.Content);
                return new BlockPiece(offset, length, IsZero: false);
            default:
                throw Nonsense("a leaf that is neither content nor zeroes");
        }
    }

    public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
    {
        _connection.Send(RelayFrameType.Extents, _number, _builder.Clear().Int64(offset).Int64(lengthBytes).Written);
        var read = new RelayPayload(_connection.Wait(_box, RelayFrameType.ExtentList, _room, _unpacker), _name);
        var (at, count) = (read.Int64(), read.Int32());
        if (at != offset || count is < 1 or > RelayProtocol.MostExtents)
            throw Nonsense("extents of another place");
        for (var i = 0; i < count; i++)
        {
            var (length, isZero) = (read.Int64(), read.Byte() == 1);
            if (length <= 0 || length > offset + lengthBytes - at)
                throw Nonsense("extents that reach too far");
            into.Add(new AllocationExtent(at, length, isZero));
            at += length;
        }
    }

    public override void Abort() => _box.Abort();

    protected override void Dispose(bool disposing)
    {
        _connection.CloseChannel(_number);
        _unpacker.Dispose();
    }

    private void Ask(long offset, int lengthBytes, DigestAlgorithm algorithm, ReadOnlySpan<byte> known)
    {
        _connection.Send(RelayFrameType.Read, _number, _builder.Clear().Int64(offset).Int64(lengthBytes).Byte((byte)algorithm).Bytes(known).Written);
        _asked.Enqueue((offset, lengthBytes, algorithm));
    }

    private void Next()
    {
        _current = _asked.Dequeue();
        var payload = _connection.Wait(_box, RelayFrameType.Content, _room, _unpacker);
        _roomBytes = payload.Length;
        var read = new RelayPayload(payload, _name);
        var (offset, leaves) = (read.Int64(), read.Int32());
        if (offset != _current.Offset || leaves != (_current.Length + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes || _current.Offset + _current.Length > _diskBytes)
            throw Nonsense("another range than was asked for");
        read.Bytes(leaves);
        (_kinds, _leaf, _leaves) = (12, 0, leaves);
        _contents = _kinds + leaves;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _roomBytes - _contents)
            throw Nonsense("a frame that ends too early");
        var taken = _room.AsSpan(_contents, length);
        _contents += length;
        return taken;
    }

    private BlockException Nonsense(string what) => RelayProtocol.Nonsense(_name, what);
}
