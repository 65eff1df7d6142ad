using System.Buffers.Binary;
using System.Numerics;
using static VmMigrate.Engine.Blocks.Nbd.NbdConstants;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Reads over one connection: many requests in flight, replies streamed leaf by leaf.</summary>
/// <remarks>
/// A reply chunk that brings whole leaves goes straight from the socket into the caller's buffer. Where a chunk ends inside a leaf (a hole begins there), the leaf is put together
/// in a buffer of the request, allocated the first time that happens. The chunks of one request have to ascend, as all known servers send them; requests may be mixed.
/// </remarks>
internal sealed class NbdReadChannel : BlockReadChannel
{
    private const int Slots = 32;

    /// <summary>No reply to a block status is longer: qemu-nbd sends at most 131,072 extents of 8 bytes, nbdkit fewer.</summary>
    private const int MaxStatusBytes = 4 << 20;

    private readonly NbdClient _client;
    private readonly NbdConnection _connection;
    private readonly Slot[] _slots = new Slot[Slots];
    private uint _free = uint.MaxValue;
    private ulong _sequence;
    private int _outstanding;

    // The chunk that is being received: its request, where its next byte belongs, how much is left, and whether it is the reply's last.
    private int _current = -1;
    private long _dataLeft;
    private long _holeLeft;
    private bool _isLast;

    internal NbdReadChannel(NbdClient client, NbdConnection connection)
    {
        _client = client;
        _connection = connection;
        for (var i = 0; i < Slots; i++)
            _slots[i] = new Slot();
    }

    public override int Outstanding => _outstanding;

    public override int MaxOutstanding => Slots;

    public override int MaxRequestBytes =>
        (int)Math.Max(DigestTree.LeafBytes, Math.Min(32 << 20, _connection.Export.MaxBlockBytes / DigestTree.LeafBytes * DigestTree.LeafBytes));

    public override void Submit(long offset, int lengthBytes)
    {
        if (_free == 0)
            throw new InvalidOperationException("Too many requests are outstanding.");
        var index = BitOperations.TrailingZeroCount(_free);
        var slot = _slots[index];
        slot.Cookie = (++_sequence << 8) | (uint)index;
        slot.Offset = offset;
        slot.Next = offset;
        slot.End = offset + lengthBytes;
        // A disk whose length is no multiple of the server's block: the last request is rounded up, and the server's own length was too.
        _connection.Send(0, CommandRead, slot.Cookie, offset, (uint)lengthBytes);
        _free &= _free - 1;
        _outstanding++;
    }

    public override BlockPiece Receive(BlockBuffer buffer)
    {
        try
        {
            while (true)
            {
                if (_dataLeft > 0)
                {
                    if (ReceiveData(buffer) is { } piece)
                        return piece;
                }
                else if (_holeLeft > 0)
                {
                    if (ReceiveHole(buffer) is { } piece)
                        return piece;
                }
                else
                {
                    ReceiveHeader();
                    if (_current < 0)
                        return default;
                }
            }
        }
        catch
        {
            _connection.IsBroken = true;
            throw;
        }
    }

    public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
    {
        if (_connection.Export.AllocationContext is not { } context)
        {
            base.Extents(offset, lengthBytes, into);
            return;
        }

        Status(context, offset, lengthBytes, (at, length, state) =>
        {
            var isZero = (state & StateZero) != 0;
            if (into.Count > 0 && into[^1] is var last && last.IsZero == isZero && last.Offset + last.LengthBytes == at)
                into[^1] = last with { LengthBytes = last.LengthBytes + length };
            else
                into.Add(new AllocationExtent(at, length, isZero));
        });
    }

    /// <summary>Asks for the states of a range in one context. Covers from <paramref name="offset"/> on as much as the server says at once. Returns where it ended.</summary>
    internal long Status(uint context, long offset, long lengthBytes, Action<long, long, uint> extent)
    {
        if (_outstanding > 0)
            throw new InvalidOperationException("Block status is asked for between reads.");
        // 32 bits of length, and whole leaves so that no window ends inside one.
        var length = Math.Min(lengthBytes, uint.MaxValue / DigestTree.ChunkBytes * (long)DigestTree.ChunkBytes);
        var cookie = ++_sequence << 8;
        _connection.Send(0, CommandBlockStatus, cookie, offset, (uint)length);
        var at = offset;
        try
        {
            while (true)
            {
                var (flags, type, payload) = StructuredHeader(cookie, CommandBlockStatus, offset, length);
                if (type == ReplyTypeBlockStatus)
                {
                    if (payload > MaxStatusBytes || payload < 12 || payload % 8 != 4)
                        throw _connection.Nonsense($"a block status of {payload} bytes");
                    var isOurs = BinaryPrimitives.ReadUInt32BigEndian(_connection.Take(4, 0)) == context;
                    for (var i = 0; i < payload / 8; i++)
                    {
                        var entry = _connection.Take(8, (int)Math.Min(2048, payload - 12 - (i * 8L)));
                        var run = (long)BinaryPrimitives.ReadUInt32BigEndian(entry);
                        var state = BinaryPrimitives.ReadUInt32BigEndian(entry[4..]);
                        if (!isOurs)
                            continue;
                        if (run == 0)
                            throw _connection.Nonsense($"an extent of no length at offset {at}");
                        // The last extent may reach beyond what was asked.
                        run = Math.Min(run, offset + length - at);
                        if (run == 0)
                            continue;
                        extent(at, run, state);
                        at += run;
                    }
                }
                else if (type != ReplyTypeNone)
                {
                    throw _connection.Nonsense($"a chunk of type {type} in answer to a block status");
                }

                if ((flags & ReplyFlagDone) == 0)
                    continue;
                if (at == offset)
                    throw _connection.Nonsense("a block status without extents");
                return at;
            }
        }
        catch
        {
            _connection.IsBroken = true;
            throw;
        }
    }

    internal NbdExport Export => _connection.Export;

    public override void Abort() => _connection.Abort();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _client.Return(_connection, isIdle: _outstanding == 0 && _dataLeft == 0 && _holeLeft == 0);
    }

    private BlockPiece? ReceiveData(BlockBuffer buffer)
    {
        var slot = _slots[_current];
        var leaf = slot.Next & ~(DigestTree.LeafBytes - 1L);
        var filled = (int)(slot.Next - leaf);
        var leafEnd = Math.Min(leaf + DigestTree.LeafBytes, slot.End);
        var part = (int)Math.Min(_dataLeft, leafEnd - slot.Next);
        var whole = filled == 0 && leaf + part == leafEnd;
        if (whole)
        {
            buffer.LengthBytes = part;
            _connection.TakeInto(buffer.Content);
        }
        else
        {
            slot.Partial ??= GC.AllocateUninitializedArray<byte>(DigestTree.LeafBytes, pinned: true);
            _connection.TakeInto(slot.Partial.AsSpan(filled, part));
        }

        slot.Next += part;
        _dataLeft -= part;
        if (!whole && slot.Next == leafEnd)
        {
            buffer.LengthBytes = (int)(leafEnd - leaf);
            slot.Partial.AsSpan(0, buffer.LengthBytes).CopyTo(buffer.Whole);
            whole = true;
        }

        EndChunk();
        return whole ? new BlockPiece(leaf, buffer.LengthBytes, IsZero: false) : _current < 0 ? default(BlockPiece) : null;
    }

    private BlockPiece? ReceiveHole(BlockBuffer buffer)
    {
        var slot = _slots[_current];
        var leaf = slot.Next & ~(DigestTree.LeafBytes - 1L);
        var filled = (int)(slot.Next - leaf);
        var holeEnd = slot.Next + _holeLeft;
        if (filled == 0)
        {
            // As many whole leaves as there are; the rest begins a leaf to be put together.
            var wholeEnd = holeEnd == slot.End ? holeEnd : holeEnd & ~(DigestTree.LeafBytes - 1L);
            if (wholeEnd > slot.Next)
            {
                var piece = new BlockPiece(slot.Next, (int)(wholeEnd - slot.Next), IsZero: true);
                _holeLeft -= piece.LengthBytes;
                slot.Next = wholeEnd;
                EndChunk();
                return piece;
            }
        }

        var leafEnd = Math.Min(leaf + DigestTree.LeafBytes, slot.End);
        var part = (int)Math.Min(_holeLeft, leafEnd - slot.Next);
        slot.Partial ??= GC.AllocateUninitializedArray<byte>(DigestTree.LeafBytes, pinned: true);
        slot.Partial.AsSpan(filled, part).Clear();
        slot.Next += part;
        _holeLeft -= part;
        var complete = slot.Next == leafEnd;
        if (complete)
        {
            buffer.LengthBytes = (int)(leafEnd - leaf);
            slot.Partial.AsSpan(0, buffer.LengthBytes).CopyTo(buffer.Whole);
        }

        EndChunk();
        return complete ? new BlockPiece(leaf, buffer.LengthBytes, IsZero: false) : _current < 0 ? default(BlockPiece) : null;
    }

    /// <summary>When the chunk is used up and was the last: the request is done, and must be covered.</summary>
    private void EndChunk()
    {
        if (_dataLeft > 0 || _holeLeft > 0)
            return;
        if (!_isLast)
            return;
        var slot = _slots[_current];
        if (slot.Next != slot.End)
            throw _connection.Nonsense($"a read of {slot.End - slot.Offset} bytes at offset {slot.Offset} was answered with {slot.Next - slot.Offset}");
        slot.Cookie = 0;
        _free |= 1u << _current;
        _outstanding--;
        _current = -1;
    }

    private void ReceiveHeader()
    {
        if (_outstanding == 0)
            throw new InvalidOperationException("Nothing is outstanding.");
        if (!_connection.Export.StructuredReplies)
        {
            var reply = _connection.Take(SimpleReplyBytes, 0);
            if (BinaryPrimitives.ReadUInt32BigEndian(reply) != SimpleReplyMagic)
                throw _connection.Nonsense("a reply has the wrong magic number");
            var error = BinaryPrimitives.ReadUInt32BigEndian(reply[4..]);
            var simple = Find(BinaryPrimitives.ReadUInt64BigEndian(reply[8..]));
            if (error != 0)
                throw _connection.Refused(CommandRead, simple.Offset, simple.End - simple.Offset, error, "");
            _dataLeft = simple.End - simple.Offset;
            _isLast = true;
            return;
        }

        // Header and the 8 bytes of offset that follow in every chunk with content: one call for both.
        var header = _connection.Take(StructuredReplyBytes, 8);
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (magic != StructuredReplyMagic)
            throw _connection.Nonsense(magic == SimpleReplyMagic ? "a simple reply to a read, after structured replies were agreed" : "a reply has the wrong magic number");
        var flags = BinaryPrimitives.ReadUInt16BigEndian(header[4..]);
        var type = BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        var slot = Find(BinaryPrimitives.ReadUInt64BigEndian(header[8..]));
        var payload = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        _isLast = (flags & ReplyFlagDone) != 0;
        switch (type)
        {
            case ReplyTypeOffsetData:
                if (payload <= 8)
                    throw _connection.Nonsense($"a data chunk of {payload} bytes");
                _dataLeft = payload - 8;
                CheckPlace(slot, BinaryPrimitives.ReadInt64BigEndian(_connection.Take(8, 0)), _dataLeft);
                return;
            case ReplyTypeOffsetHole:
                if (payload != 12)
                    throw _connection.Nonsense($"a hole chunk of {payload} bytes");
                var hole = _connection.Take(12, 0);
                var offset = BinaryPrimitives.ReadInt64BigEndian(hole);
                _holeLeft = BinaryPrimitives.ReadUInt32BigEndian(hole[8..]);
                if (_holeLeft == 0)
                    throw _connection.Nonsense("a hole of no length");
                CheckPlace(slot, offset, _holeLeft);
                return;
            case ReplyTypeNone:
                if (payload != 0 || !_isLast)
                    throw _connection.Nonsense("an empty chunk that is not the last, or not empty");
                EndChunk();
                return;
            default:
                throw ErrorChunk(type, payload, CommandRead, slot.Offset, slot.End - slot.Offset);
        }
    }

    private void CheckPlace(Slot slot, long offset, long length)
    {
        if (offset != slot.Next || length > slot.End - slot.Next)
        {
            throw _connection.Nonsense(
                $"content for {length} bytes at offset {offset}, where the read of {slot.End - slot.Offset} bytes at offset {slot.Offset} goes on at {slot.Next}");
        }
    }

    private Slot Find(ulong cookie)
    {
        var index = (int)(cookie & 0xff);
        if (index >= Slots || _slots[index].Cookie != cookie || cookie == 0)
            throw _connection.Nonsense("a reply to a request that was not made");
        _current = index;
        return _slots[index];
    }

    private (ushort Flags, ushort Type, uint Payload) StructuredHeader(ulong cookie, ushort command, long offset, long length)
    {
        var header = _connection.Take(StructuredReplyBytes, 0);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != StructuredReplyMagic)
            throw _connection.Nonsense("a reply has the wrong magic number");
        if (BinaryPrimitives.ReadUInt64BigEndian(header[8..]) != cookie)
            throw _connection.Nonsense("a reply to a request that was not made");
        var flags = BinaryPrimitives.ReadUInt16BigEndian(header[4..]);
        var type = BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        var payload = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        return (type & ReplyTypeErrorBit) == 0 ? (flags, type, payload) : throw ErrorChunk(type, payload, command, offset, length);
    }

    private BlockException ErrorChunk(ushort type, uint payload, ushort command, long offset, long length)
    {
        if ((type & ReplyTypeErrorBit) == 0)
            return _connection.Nonsense($"a chunk of type {type} in answer to a {CommandName(command)}");
        if (payload is < 6 or > MaxNameBytes + 16)
            return _connection.Nonsense($"an error of {payload} bytes");
        var body = _connection.Take((int)payload, 0);
        var error = BinaryPrimitives.ReadUInt32BigEndian(body);
        var words = (int)BinaryPrimitives.ReadUInt16BigEndian(body[4..]);
        var rest = body[6..];
        if (words > rest.Length || error == 0)
            return _connection.Nonsense("an error that does not fit its own length, or says that all is well");
        var text = ServerText.Clean(rest[..words]);
        if (type == ReplyTypeErrorOffset && rest.Length >= words + 8)
        {
            // The server knows the very place.
            var at = BinaryPrimitives.ReadInt64BigEndian(rest[words..]);
            if (at >= offset && at < offset + length)
                (offset, length) = (at, offset + length - at);
        }

        return _connection.Refused(command, offset, length, error, text);
    }

    private sealed class Slot
    {
        internal ulong Cookie { get; set; }

        internal long Offset { get; set; }

        internal long Next { get; set; }

        internal long End { get; set; }

        internal byte[]? Partial { get; set; }
    }
}
