using System.Buffers.Binary;
using static VmMigrate.Engine.Blocks.Nbd.NbdConstants;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>One negotiated connection: requests out, reply headers in. For one thread, but for <see cref="Abort"/>.</summary>
internal sealed class NbdConnection : IDisposable
{
    private readonly NbdTransport _transport;
    private readonly byte[] _in = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private readonly byte[] _request = GC.AllocateUninitializedArray<byte>(RequestBytes, pinned: true);
    private int _inStart;
    private int _inEnd;

    private NbdConnection(NbdTransport transport, NbdExport export, string name)
    {
        _transport = transport;
        Export = export;
        Name = name;
    }

    internal NbdExport Export { get; }

    internal string Name { get; }

    /// <summary>An error has left the stream at an unknown place, or the connection is gone: it cannot be used again.</summary>
    internal bool IsBroken { get; set; }

    /// <summary>Connects and negotiates, within the limit.</summary>
    internal static NbdConnection Open(NbdEndpoint endpoint, NbdOptions options, CancellationToken cancellationToken)
    {
        var name = endpoint.ToString();
        var socket = NbdSocket.Connect(endpoint, options, cancellationToken);
        NbdTransport transport = socket;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectLimit);
        try
        {
            // Aborting the plain socket also fails TLS on top of it.
            using var _ = limit.Token.UnsafeRegister(static s => ((NbdSocket)s!).Abort(), socket);
            var export = NbdHandshake.Run(ref transport, endpoint, options);
            return new NbdConnection(transport, export, name);
        }
        catch (Exception e)
        {
            transport.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is BlockException && limit.IsCancellationRequested)
                throw new BlockException(BlockErrorKind.TimedOut, $"{name}: the handshake was not done within {options.ConnectLimit.TotalSeconds:0.#} s.", canRetry: true, e) { Disk = name };
            throw;
        }
    }

    internal void Send(ushort flags, ushort command, ulong cookie, long offset, uint length)
    {
        WriteHeader(_request, flags, command, cookie, offset, length);
        SendRaw(_request);
    }

    /// <summary>A write: header and content in one call.</summary>
    internal void SendWrite(ushort flags, ulong cookie, long offset, BlockBuffer buffer)
    {
        var message = buffer.WithHeader(RequestBytes);
        WriteHeader(message, flags, CommandWrite, cookie, offset, (uint)buffer.LengthBytes);
        SendRaw(message);
    }

    internal void SendRaw(ReadOnlySpan<byte> message)
    {
        try
        {
            _transport.Send(message);
        }
        catch
        {
            IsBroken = true;
            throw;
        }
    }

    /// <summary>The next <paramref name="count"/> bytes, valid until the next call; asks the socket for no more than <paramref name="ahead"/> bytes beyond.</summary>
    internal ReadOnlySpan<byte> Take(int count, int ahead)
    {
        while (_inEnd - _inStart < count)
        {
            if (_inStart > 0)
            {
                _in.AsSpan(_inStart, _inEnd - _inStart).CopyTo(_in);
                _inEnd -= _inStart;
                _inStart = 0;
            }

            var room = _in.AsSpan(_inEnd, Math.Min(_in.Length - _inEnd, count - _inEnd + ahead));
            _inEnd += Received(ahead == 0 ? _transport.Receive(room) : _transport.ReceiveSome(room));
        }

        var taken = _in.AsSpan(_inStart, count);
        _inStart += count;
        return taken;
    }

    /// <summary>Takes in what has arrived, without waiting. Returns how many bytes can be taken at once.</summary>
    internal int Arrived()
    {
        if (_inStart == _inEnd)
            _inStart = _inEnd = 0;
        if (_inEnd < _in.Length)
            _inEnd += _transport.ReceiveArrived(_in.AsSpan(_inEnd));
        return _inEnd - _inStart;
    }

    /// <summary>How many bytes were received and not taken yet.</summary>
    internal int Buffered => _inEnd - _inStart;

    /// <summary>The next bytes straight into the caller's memory.</summary>
    internal void TakeInto(Span<byte> into)
    {
        var have = Math.Min(_inEnd - _inStart, into.Length);
        if (have > 0)
        {
            _in.AsSpan(_inStart, have).CopyTo(into);
            _inStart += have;
            into = into[have..];
        }

        while (into.Length > 0)
            into = into[Received(_transport.Receive(into))..];
    }

    /// <summary>Reads and forgets.</summary>
    internal void Skip(long count)
    {
        while (count > 0)
        {
            var part = (int)Math.Min(count, 1024);
            Take(part, 0);
            count -= part;
        }
    }

    internal BlockException Nonsense(string what)
    {
        IsBroken = true;
        return new BlockException(BlockErrorKind.Protocol, $"{Name}: the server breaks the protocol: {what}.", canRetry: false) { Disk = Name };
    }

    /// <summary>The error for a request that the server answered with one.</summary>
    internal BlockException Refused(ushort command, long offset, long length, uint error, string words)
    {
        IsBroken = true;
        var kind = (command, error) switch
        {
            (CommandRead or CommandBlockStatus, _) => BlockErrorKind.ReadFailed,
            (_, 28) => BlockErrorKind.NoSpace,
            (_, 1) => BlockErrorKind.Refused,
            _ => BlockErrorKind.WriteFailed,
        };
        var place = command == CommandFlush ? "" : $" of {length} bytes at offset {offset}";
        return new BlockException(
            kind,
            $"{Name}: {CommandName(command)}{place} failed: {ErrorName(error)}{(words.Length > 0 ? $" ({words})" : "")}.",
            // The server goes away in an orderly manner: it may be back. Everything else it would say again.
            canRetry: error == 108)
        { Disk = Name, Offset = command == CommandFlush ? null : offset, Code = ErrorName(error) };
    }

    internal void Abort()
    {
        IsBroken = true;
        _transport.Abort();
    }

    public void Dispose()
    {
        if (!IsBroken)
        {
            try
            {
                // Politeness: the server then knows that nothing was lost. It sends no reply.
                Send(0, CommandDisconnect, 0, 0, 0);
            }
            catch (BlockException)
            {
                // It is gone already.
            }
        }

        _transport.Dispose();
    }

    private static void WriteHeader(Span<byte> at, ushort flags, ushort command, ulong cookie, long offset, uint length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(at, RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], flags);
        BinaryPrimitives.WriteUInt16BigEndian(at[6..], command);
        BinaryPrimitives.WriteUInt64BigEndian(at[8..], cookie);
        BinaryPrimitives.WriteInt64BigEndian(at[16..], offset);
        BinaryPrimitives.WriteUInt32BigEndian(at[24..], length);
    }

    private int Received(int count)
    {
        if (count > 0)
            return count;
        IsBroken = true;
        throw NbdTransport.Closed(Name);
    }
}
