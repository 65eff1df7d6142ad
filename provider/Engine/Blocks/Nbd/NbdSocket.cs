using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>A plain socket with blocking calls and the kernel's own limits of time.</summary>
/// <remarks>
/// Connecting over TCP has to be asynchronous (a blocking connect has no limit), and .NET leaves such a socket non-blocking for ever, at twice the system calls a block.
/// On Linux we therefore switch the descriptor back and call recv and send ourselves, which also gives MSG_WAITALL: a whole leaf in one call.
/// </remarks>
internal sealed class NbdSocket : NbdTransport
{
    private readonly Socket _socket;
    private readonly string _name;
    private readonly TimeSpan _stallLimit;
    private readonly bool _native;
    private readonly nint _handle;

    internal NbdSocket(Socket connected, string name, TimeSpan stallLimit)
    {
        _socket = connected;
        _name = name;
        _stallLimit = stallLimit;
        if (connected.AddressFamily != AddressFamily.Unix)
            connected.NoDelay = true;
        _native = OperatingSystem.IsLinux();
        _handle = connected.Handle;
        if (_native)
        {
            var file = (int)_handle;
            var flags = NativeMethods.ControlFile(file, NativeMethods.GetFlags, 0);
            if (flags < 0 || NativeMethods.ControlFile(file, NativeMethods.SetFlags, flags & ~NativeMethods.NonBlocking) < 0)
                throw new BlockException(BlockErrorKind.Lost, $"{name}: the socket cannot be made blocking (errno {Marshal.GetLastPInvokeError()}).", canRetry: false);
            SetLimit(file, NativeMethods.ReceiveTimeout);
            SetLimit(file, NativeMethods.SendTimeout);
        }
        else
        {
            connected.ReceiveTimeout = connected.SendTimeout = (int)stallLimit.TotalMilliseconds;
        }
    }

    /// <summary>Connects within the limit.</summary>
    /// <exception cref="BlockException">Nobody there, or no answer in time.</exception>
    internal static NbdSocket Connect(NbdEndpoint endpoint, NbdOptions options, CancellationToken cancellationToken)
    {
        var name = endpoint.ToString();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectLimit);
        var socket = endpoint.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (endpoint.SocketPath is { } path && OperatingSystem.IsLinux())
            {
                ConnectUnix(socket, new UnixDomainSocketEndPoint(path), limit.Token);
            }
            else
            {
                var connecting = endpoint.SocketPath is { } unix
                    ? socket.ConnectAsync(new UnixDomainSocketEndPoint(unix), limit.Token)
                    : socket.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token);
                connecting.AsTask().GetAwaiter().GetResult();
            }

            return new NbdSocket(socket, name, options.StallLimit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new BlockException(BlockErrorKind.Unreachable, $"{name}: no connection within {options.ConnectLimit.TotalSeconds:0.#} s.", canRetry: true) { Disk = name };
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new BlockException(BlockErrorKind.Unreachable, $"{name}: no connection: {e.Message}.", canRetry: e is SocketException, e)
            {
                Disk = name,
                Code = (e as SocketException)?.SocketErrorCode.ToString(),
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The socket, for TLS on top of it.</summary>
    internal Socket Socket => _socket;

    // Waits for all that was asked for, but hands over what there is when the peer closes or the limit passes.
    internal override int Receive(Span<byte> into) => Receive(into, NativeMethods.MsgWaitAll);

    internal override int ReceiveSome(Span<byte> into) => Receive(into, 0);

    internal override unsafe int ReceiveArrived(Span<byte> into)
    {
        if (!_native)
            return 0;
        fixed (byte* at = into)
        {
            var got = NativeMethods.Receive(_handle, at, into.Length, NativeMethods.MsgDontWait);
            return got > 0 ? (int)got : 0;
        }
    }

    internal override unsafe void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint sent;
            if (_native)
            {
                fixed (byte* at = bytes)
                    sent = NativeMethods.Send(_handle, at, bytes.Length, NativeMethods.MsgNoSignal);
                if (sent < 0)
                {
                    var error = Marshal.GetLastPInvokeError();
                    if (error == NativeMethods.Interrupted)
                        continue;
                    throw Failed(error == NativeMethods.WouldBlock, $"errno {error}", "sending");
                }
            }
            else
            {
                try
                {
                    sent = _socket.Send(bytes);
                }
                catch (SocketException e)
                {
                    throw Failed(e.SocketErrorCode == SocketError.TimedOut, e.SocketErrorCode.ToString(), "sending");
                }
            }

            bytes = bytes[(int)sent..];
        }
    }

    internal override void Abort()
    {
        try
        {
            // Wakes a blocked recv or send at once; the owner's thread closes the descriptor.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone already, or so are we.
        }
    }

    public override void Dispose() => _socket.Dispose();

    /// <summary>Connects to a unix socket with a blocking call: it waits only while the server's queue is full. Saves the threads of asynchronous sockets, which a process may need for nothing else.</summary>
    private static unsafe void ConnectUnix(Socket socket, UnixDomainSocketEndPoint at, CancellationToken limit)
    {
        var address = at.Serialize();
        var file = (int)socket.Handle;
        // In slices of a quarter of a second, to see a cancellation.
        var slice = stackalloc long[2];
        slice[1] = 250_000;
        _ = NativeMethods.SetSocketOption(file, NativeMethods.SocketLevel, NativeMethods.SendTimeout, slice, 16);
        fixed (byte* bytes = address.Buffer.Span)
        {
            while (NativeMethods.Connect(file, bytes, (uint)address.Size) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                limit.ThrowIfCancellationRequested();
                switch (error)
                {
                    case NativeMethods.WouldBlock or NativeMethods.Interrupted:
                        continue;
                    case NativeMethods.NoSuchFile:
                        throw new SocketException((int)SocketError.AddressNotAvailable, "there is no such socket");
                    case NativeMethods.ConnectionRefused:
                        throw new SocketException((int)SocketError.ConnectionRefused, "nobody listens on the socket");
                    default:
                        throw new SocketException((int)SocketError.SocketError, $"errno {error}");
                }
            }
        }
    }

    private unsafe int Receive(Span<byte> into, int flags)
    {
        if (!_native)
        {
            try
            {
                return _socket.Receive(into);
            }
            catch (SocketException e)
            {
                throw Failed(e.SocketErrorCode == SocketError.TimedOut, e.SocketErrorCode.ToString(), "receiving");
            }
        }

        fixed (byte* at = into)
        {
            while (true)
            {
                var got = NativeMethods.Receive(_handle, at, into.Length, flags);
                if (got >= 0)
                    return (int)got;
                var error = Marshal.GetLastPInvokeError();
                if (error != NativeMethods.Interrupted)
                    throw Failed(error == NativeMethods.WouldBlock, $"errno {error}", "receiving");
            }
        }
    }

    private BlockException Failed(bool silent, string code, string doing) => silent
        ? new BlockException(BlockErrorKind.TimedOut, $"{_name}: the server was silent for {_stallLimit.TotalSeconds:0.#} s while {doing}.", canRetry: true) { Disk = _name, Code = code }
        : new BlockException(BlockErrorKind.Lost, $"{_name}: the connection broke while {doing} ({code}).", canRetry: true) { Disk = _name, Code = code };

    private unsafe void SetLimit(int file, int option)
    {
        // struct timeval: seconds and microseconds, two words of 8 bytes on 64-bit Linux.
        var value = stackalloc long[2];
        value[0] = (long)_stallLimit.TotalSeconds;
        value[1] = (long)((_stallLimit.TotalSeconds - value[0]) * 1_000_000);
        if (NativeMethods.SetSocketOption(file, NativeMethods.SocketLevel, option, value, 16) < 0)
            throw new BlockException(BlockErrorKind.Lost, $"{_name}: the socket takes no limit of time (errno {Marshal.GetLastPInvokeError()}).", canRetry: false);
    }
}
