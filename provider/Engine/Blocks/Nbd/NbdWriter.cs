namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>A disk behind an NBD server, to write to.</summary>
public sealed class NbdWriter : BlockWriter
{
    private readonly NbdClient _client;

    private NbdWriter(NbdClient client)
    {
        _client = client;
        ReadBack = new NbdReader(client, ownsClient: false);
    }

    public override string Name => _client.Name;

    public override long LengthBytes => _client.Export.LengthBytes;

    public override int MaxChannels => _client.MaxChannels;

    public override BlockReader? ReadBack { get; }

    /// <summary>Connects and negotiates one connection; others follow as channels are opened.</summary>
    /// <exception cref="BlockException">Unreachable, refused (no such export, TLS, read-only), silent, or no NBD server.</exception>
    public static async Task<NbdWriter> ConnectAsync(NbdEndpoint endpoint, NbdOptions options, CancellationToken cancellationToken)
    {
        var client = await NbdClient.ConnectAsync(endpoint, options, cancellationToken);
        if (!client.Export.Has(NbdConstants.FlagReadOnly))
            return new NbdWriter(client);
        client.Dispose();
        throw new BlockException(BlockErrorKind.Refused, $"{client.Name}: the export is read-only.", canRetry: false) { Disk = client.Name };
    }

    public override BlockWriteChannel Open(CancellationToken cancellationToken) =>
        new NbdWriteChannel(_client, _client.Rent(cancellationToken), _client.Options.WritesInFlight);

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
