namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>The connections to one export. One that was used and is healthy is kept and used again: a server may allow only one (<c>qemu-nbd</c> without <c>--shared</c>).</summary>
internal sealed class NbdClient : IDisposable
{
    /// <summary>More would gain nothing, and a server has to feed them.</summary>
    private const int MostConnections = 16;

    private readonly Lock _gate = new();
    private readonly Stack<NbdConnection> _idle = new();
    private readonly NbdOptions _options;
    private bool _disposed;

    private NbdClient(NbdEndpoint endpoint, NbdOptions options, NbdExport export)
    {
        Endpoint = endpoint;
        Name = endpoint.ToString();
        _options = options;
        Export = export;
    }

    internal NbdEndpoint Endpoint { get; }

    internal string Name { get; }

    internal NbdExport Export { get; }

    internal NbdOptions Options => _options;

    internal int MaxChannels => Export.Has(NbdConstants.FlagCanMultiConn) ? MostConnections : 1;

    internal static Task<NbdClient> ConnectAsync(NbdEndpoint endpoint, NbdOptions options, CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(() =>
        {
            var connection = NbdConnection.Open(endpoint, options, cancellationToken);
            var client = new NbdClient(endpoint, options, connection.Export);
            client._idle.Push(connection);
            return client;
        }, cancellationToken);

    internal NbdConnection Rent(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryPop(out var idle))
                return idle;
        }

        var opened = NbdConnection.Open(Endpoint, _options, cancellationToken);
        if (opened.Export.LengthBytes == Export.LengthBytes)
            return opened;
        opened.Dispose();
        throw new BlockException(
            BlockErrorKind.WrongSize,
            $"{Name}: the export had {Export.LengthBytes} bytes when it was opened, and has {opened.Export.LengthBytes} now.",
            canRetry: false)
        { Disk = Name };
    }

    internal void Return(NbdConnection connection, bool isIdle)
    {
        if (!isIdle)
            connection.IsBroken = true;
        lock (_gate)
        {
            if (!_disposed && !connection.IsBroken)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out var connection))
                connection.Dispose();
        }
    }
}
