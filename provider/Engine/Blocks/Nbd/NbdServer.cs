using System.Net;
using System.Net.Sockets;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Serves disks over NBD: fixed newstyle, structured replies, <c>base:allocation</c>, several connections, TLS.</summary>
/// <remarks>One thread a connection. Every peer is a stranger: names, option lengths, request lengths and the number of connections are bounded, and a silent peer is let go.</remarks>
internal sealed class NbdServer : IAsyncDisposable
{
    private const int MostConnections = 64;

    private readonly Socket _listener;
    private readonly IReadOnlyDictionary<string, NbdServedDisk> _exports;
    private readonly NbdTls? _tls;
    private readonly TimeSpan _stallLimit;
    private readonly Lock _gate = new();
    private readonly HashSet<NbdSocket> _open = [];
    private readonly List<Task> _sessions = [];
    private readonly Task _accepting;
    private bool _stopped;

    private NbdServer(Socket listener, IReadOnlyDictionary<string, NbdServedDisk> exports, NbdTls? tls, TimeSpan stallLimit, NbdEndpoint endpoint)
    {
        _listener = listener;
        _exports = exports;
        _tls = tls;
        _stallLimit = stallLimit;
        Endpoint = endpoint;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the first export's name.</summary>
    internal NbdEndpoint Endpoint { get; }

    /// <param name="at">A unix socket that does not exist yet, or a host's address and port; port 0 takes a free one. With TLS where the address says so.</param>
    /// <param name="stallLimit">How long a client may be silent between requests.</param>
    internal static NbdServer Start(NbdEndpoint at, IReadOnlyDictionary<string, NbdServedDisk> exports, NbdTls? tls, TimeSpan stallLimit)
    {
        if (at.Tls != (tls is not null))
            throw new ArgumentException("Certificates go with an address that says TLS.", nameof(tls));
        Socket listener;
        if (at.SocketPath is { } path)
        {
            listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
        }
        else
        {
            var address = IPAddress.Parse(at.Host);
            listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(address, at.Port));
            at = at with { Port = ((IPEndPoint)listener.LocalEndPoint!).Port };
        }

        listener.Listen(MostConnections);
        return new NbdServer(listener, exports, tls, stallLimit, at with { Export = exports.Keys.First() });
    }

    /// <summary>Breaks every connection there is, as a cut link does; new ones are accepted.</summary>
    internal void CutConnections()
    {
        lock (_gate)
        {
            foreach (var socket in _open)
                socket.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _stopped = true;
        _listener.Dispose();
        CutConnections();
        await _accepting;
        await Task.WhenAll(_sessions);
        if (Endpoint.SocketPath is { } path)
            File.Delete(path);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    if (_stopped)
                        return;
                }

                // Out of descriptors, most likely: the next one may do better.
                await Task.Delay(10);
                continue;
            }

            var socket = new NbdSocket(accepted, "an NBD client", _stallLimit);
            lock (_gate)
            {
                if (_stopped || _open.Count >= MostConnections)
                {
                    socket.Dispose();
                    continue;
                }

                _open.Add(socket);
                _sessions.RemoveAll(s => s.IsCompleted);
                _sessions.Add(BlockingCall.RunAsync(() => Serve(socket), CancellationToken.None));
            }
        }
    }

    private int Serve(NbdSocket socket)
    {
        NbdTransport transport = socket;
        try
        {
            var session = NbdServerHandshake.Run(ref transport, socket, _exports, _tls);
            session?.Run();
        }
        catch (BlockException)
        {
            // The client is gone, was silent, or talked nonsense: its connection ends, nobody else's.
        }
        finally
        {
            lock (_gate)
                _open.Remove(socket);
            transport.Dispose();
        }

        return 0;
    }
}
