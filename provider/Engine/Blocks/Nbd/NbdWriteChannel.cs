using System.Buffers.Binary;
using static VmMigrate.Engine.Blocks.Nbd.NbdConstants;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Writes over one connection: many in flight, acknowledgements taken in as they are needed.</summary>
internal sealed class NbdWriteChannel : BlockWriteChannel
{
    /// <summary>Places for requests whose turn has not come: acknowledgements may overtake each other by this much.</summary>
    private const int Window = 64;

    private readonly NbdClient _client;
    private readonly NbdConnection _connection;
    private readonly Request[] _requests = new Request[Window];
    private readonly int _maxInFlight;
    private readonly int _replyBytes;
    private long _submitted;
    private long _completed;
    private int _inFlight;
    private BlockBuffer? _zeroes;

    internal NbdWriteChannel(NbdClient client, NbdConnection connection, int maxInFlight)
    {
        _client = client;
        _connection = connection;
        _maxInFlight = Math.Clamp(maxInFlight, 1, Window);
        _replyBytes = SimpleReplyBytes;
    }

    public override long Submitted => _submitted;

    public override long Completed => _completed;

    public override void Write(long offset, BlockBuffer buffer)
    {
        ref var request = ref Next(CommandWrite, offset, buffer.LengthBytes);
        _connection.SendWrite(0, request.Cookie, offset, buffer);
    }

    public override void WriteZeroes(long offset, long lengthBytes)
    {
        if (!_connection.Export.Has(FlagSendWriteZeroes))
        {
            // The server cannot: zeroes go over the wire. Trim would be no replacement, it promises nothing about what is read later.
            _zeroes ??= NewZeroes();
            while (lengthBytes > 0)
            {
                _zeroes.LengthBytes = (int)Math.Min(lengthBytes, BlockBuffer.CapacityBytes);
                Write(offset, _zeroes);
                offset += _zeroes.LengthBytes;
                lengthBytes -= _zeroes.LengthBytes;
            }

            return;
        }

        while (lengthBytes > 0)
        {
            // One request stays within what any server does well inside the stall limit, even if it has to write the zeroes out.
            var part = Math.Min(lengthBytes, 1L << 30);
            ref var request = ref Next(CommandWriteZeroes, offset, part);
            _connection.Send(0, CommandWriteZeroes, request.Cookie, offset, (uint)part);
            offset += part;
            lengthBytes -= part;
        }
    }

    public override void Poll()
    {
        if (_inFlight > 0 && _connection.Arrived() >= _replyBytes)
        {
            while (_inFlight > 0 && _connection.Buffered >= _replyBytes)
                ReceiveReply();
        }
    }

    public override void Drain()
    {
        while (_inFlight > 0)
            ReceiveReply();
    }

    public override long BeginFlush()
    {
        if (!_connection.Export.Has(FlagSendFlush))
        {
            // Without the command every acknowledged write counts as stable (proto.md, on NBD_FLAG_SEND_FLUSH).
            return _submitted - 1;
        }

        ref var request = ref Next(CommandFlush, 0, 0);
        _connection.Send(0, CommandFlush, request.Cookie, 0, 0);
        return _submitted - 1;
    }

    public override void Abort() => _connection.Abort();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _client.Return(_connection, isIdle: _inFlight == 0);
    }

    private static BlockBuffer NewZeroes()
    {
        var zeroes = new BlockBuffer();
        zeroes.Whole.Clear();
        return zeroes;
    }

    private ref Request Next(ushort command, long offset, long length)
    {
        while (_inFlight >= _maxInFlight || _submitted - _completed >= Window)
            ReceiveReply();
        ref var request = ref _requests[_submitted % Window];
        request = new Request(((ulong)_submitted << 8) | 1, command, offset, length);
        _submitted++;
        _inFlight++;
        return ref request;
    }

    private void ReceiveReply()
    {
        // As many as have arrived, in one call. Writes may be answered either way, structured or simple, whatever was agreed.
        var reply = _connection.Take(SimpleReplyBytes, 2048);
        var magic = BinaryPrimitives.ReadUInt32BigEndian(reply);
        var cookie = BinaryPrimitives.ReadUInt64BigEndian(reply[8..]);
        uint error;
        if (magic == SimpleReplyMagic)
        {
            error = BinaryPrimitives.ReadUInt32BigEndian(reply[4..]);
        }
        else if (magic == StructuredReplyMagic && _connection.Export.StructuredReplies)
        {
            var flags = BinaryPrimitives.ReadUInt16BigEndian(reply[4..]);
            var type = BinaryPrimitives.ReadUInt16BigEndian(reply[6..]);
            var payload = BinaryPrimitives.ReadUInt32BigEndian(_connection.Take(4, 2048));
            error = 0;
            if ((type & ReplyTypeErrorBit) != 0)
            {
                if (payload is < 6 or > MaxNameBytes + 16 - 32)
                    throw _connection.Nonsense($"an error of {payload} bytes");
                var body = _connection.Take((int)payload, 0);
                error = BinaryPrimitives.ReadUInt32BigEndian(body);
                var words = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(body[4..]), (int)payload - 6);
                if (error == 0)
                    throw _connection.Nonsense("an error that says that all is well");
                var failed = Find(cookie);
                throw _connection.Refused(failed.Command, failed.Offset, failed.Length, error, ServerText.Clean(body.Slice(6, words)));
            }

            if (type != ReplyTypeNone || payload != 0 || (flags & ReplyFlagDone) == 0)
                throw _connection.Nonsense($"a chunk of type {type} and {payload} bytes in answer to a write");
        }
        else
        {
            throw _connection.Nonsense("a reply has the wrong magic number");
        }

        ref var request = ref Find(cookie);
        if (error != 0)
            throw _connection.Refused(request.Command, request.Offset, request.Length, error, "");
        request.Cookie = 0;
        _inFlight--;
        while (_completed < _submitted && _requests[_completed % Window].Cookie == 0)
            _completed++;
    }

    private ref Request Find(ulong cookie)
    {
        var number = (long)(cookie >> 8);
        if (cookie == 0 || number < _completed || number >= _submitted || _requests[number % Window].Cookie != cookie)
            throw _connection.Nonsense("a reply to a request that was not made");
        return ref _requests[number % Window];
    }

    private record struct Request(ulong Cookie, ushort Command, long Offset, long Length);
}
