namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>A far disk behind a relay: the connection that is used now, and a new one where it was lost.</summary>
/// <param name="name">What to call the disk; errors carry it.</param>
/// <param name="open">Starts a relay and opens the disk there. Throws what can be tried again as such.</param>
internal sealed class RelayDisk(string name, Func<CancellationToken, RelayConnection> open) : IDisposable
{
    private readonly Lock _gate = new();
    private RelayConnection? _now;
    private long _length = -1;
    private bool _isClosed;

    internal long LengthBytes => _length;

    internal bool HasMap { get; private set; }

    /// <summary>How the far end reaches the disk.</summary>
    internal string Description { get; private set; } = "";

    internal BlockReader Reader() => new RelayReader(name, _length, Connect);

    internal BlockWriter Writer() => new RelayWriter(name, _length, Connect);

    internal ResumeStore? Map() => HasMap ? new FarMap(this) : null;

    /// <summary>The connection, opened at first and again after a loss. Blocks.</summary>
    internal RelayConnection Connect(CancellationToken cancellation)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_now is { IsOver: false } now)
                return now;
            _now?.Dispose();
            _now = open(cancellation);
            if (_length >= 0 && _length != _now.LengthBytes)
            {
                var found = _now.LengthBytes;
                _now.Dispose();
                throw new BlockException(BlockErrorKind.WrongSize, $"{name}: the disk had {_length} bytes when it was opened, and has {found} now.", canRetry: false) { Disk = name };
            }

            (_length, HasMap, Description) = (_now.LengthBytes, _now.HasMap, _now.Description);
            return _now;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _now?.Dispose();
        }
    }

    private sealed class FarMap(RelayDisk disk) : ResumeStore
    {
        public override ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken) =>
            new(BlockingCall.RunAsync(() => disk.Connect(cancellationToken).LoadMap(), cancellationToken));

        public override ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken) =>
            new(BlockingCall.RunAsync(() => disk.Connect(cancellationToken).SaveMap(map.Span), cancellationToken));

        public override ValueTask DeleteAsync(CancellationToken cancellationToken) =>
            new(BlockingCall.RunAsync(() => disk.Connect(cancellationToken).DeleteMap(), cancellationToken));
    }
}
