namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>A far disk read through its relay.</summary>
/// <param name="connect">The connection as it is now; opens one where it was lost.</param>
internal sealed class RelayReader(string name, long lengthBytes, Func<CancellationToken, RelayConnection> connect) : BlockReader
{
    /// <summary>Enough for what a link of 100 ms and 1 Gbit/s holds, packed; bounded per channel.</summary>
    private const int Ahead = RelayProtocol.MostOutstanding * RelayProtocol.RequestBytes;

    public override string Name => name;

    public override long LengthBytes => lengthBytes;

    public override int MaxChannels => 2;

    public override int AheadBytes => Ahead;

    public override BlockReadChannel Open(CancellationToken cancellationToken) => new RelayReadChannel(connect(cancellationToken), name, lengthBytes);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A far disk written through its relay.</summary>
internal sealed class RelayWriter(string name, long lengthBytes, Func<CancellationToken, RelayConnection> connect) : BlockWriter
{
    public override string Name => name;

    public override long LengthBytes => lengthBytes;

    public override int MaxChannels => 2;

    public override BlockReader? ReadBack { get; } = new RelayReader(name, lengthBytes, connect);

    public override BlockWriteChannel Open(CancellationToken cancellationToken) => new RelayWriteChannel(connect(cancellationToken));

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
