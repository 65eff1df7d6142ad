namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>A disk behind an NBD server, to read from.</summary>
public sealed class NbdReader : BlockReader
{
    private readonly NbdClient _client;
    private readonly bool _ownsClient;

    internal NbdReader(NbdClient client, bool ownsClient)
    {
        _client = client;
        _ownsClient = ownsClient;
    }

    public override string Name => _client.Name;

    public override long LengthBytes => _client.Export.LengthBytes;

    public override int MaxChannels => _client.MaxChannels;

    /// <summary>Connects and negotiates one connection; others follow as channels are opened.</summary>
    /// <exception cref="BlockException">Unreachable, refused (no such export, TLS, no such dirty bitmap), silent, or no NBD server.</exception>
    public static async Task<NbdReader> ConnectAsync(NbdEndpoint endpoint, NbdOptions options, CancellationToken cancellationToken) =>
        new(await NbdClient.ConnectAsync(endpoint, options, cancellationToken), ownsClient: true);

    public override BlockReadChannel Open(CancellationToken cancellationToken) => new NbdReadChannel(_client, _client.Rent(cancellationToken));

    /// <summary>The ranges that the dirty bitmap of <see cref="NbdOptions.DirtyBitmap"/> marks as changed.</summary>
    /// <exception cref="InvalidOperationException">The options named no bitmap.</exception>
    public Task<ExtentSet> ChangedExtentsAsync(CancellationToken cancellationToken)
    {
        if (_client.Export.DirtyBitmapContext is not { } context)
            throw new InvalidOperationException("Changed extents need a reader that was opened with a dirty bitmap.");
        return BlockingCall.RunAsync(() =>
        {
            using var channel = new NbdReadChannel(_client, _client.Rent(cancellationToken));
            using var _ = cancellationToken.UnsafeRegister(static c => ((BlockReadChannel)c!).Abort(), channel);
            var changed = new ExtentSet.Builder();
            for (long at = 0; at < LengthBytes;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                at = channel.Status(context, at, LengthBytes - at, (offset, length, state) =>
                {
                    if ((state & NbdConstants.StateDirty) != 0)
                        changed.Add(offset, length);
                });
            }

            return changed.Build();
        }, cancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        if (_ownsClient)
            _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
