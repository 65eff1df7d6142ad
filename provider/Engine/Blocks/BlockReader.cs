namespace VmMigrate.Engine.Blocks;

/// <summary>A disk to read from.</summary>
/// <remarks>The data path runs on dedicated threads with blocking calls, each of which has a limit: per block, this costs half the system time of asynchronous calls.</remarks>
public abstract class BlockReader : IAsyncDisposable
{
    /// <summary>What to call the disk in messages; contains no secret.</summary>
    public abstract string Name { get; }

    public abstract long LengthBytes { get; }

    /// <summary>How many channels may be open at once.</summary>
    public virtual int MaxChannels => 1;

    /// <summary>What one channel is best asked ahead; 0 where <see cref="CopyOptions.AheadBytes"/> does.</summary>
    public virtual int AheadBytes => 0;

    /// <summary>Opens a channel for one thread, within a limit of time. Dispose it to give it back.</summary>
    /// <exception cref="BlockException">The disk cannot be reached or refuses.</exception>
    public abstract BlockReadChannel Open(CancellationToken cancellationToken);

    /// <summary>The runs of the disk that may hold anything but zeroes, rounded out to whole leaves.</summary>
    public Task<ExtentSet> AllocatedExtentsAsync(CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(() =>
        {
            using var channel = Open(cancellationToken);
            using var _ = cancellationToken.UnsafeRegister(static c => ((BlockReadChannel)c!).Abort(), channel);
            var found = new ExtentSet.Builder();
            var window = new List<AllocationExtent>();
            for (long at = 0; at < LengthBytes;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                window.Clear();
                channel.Extents(at, LengthBytes - at, window);
                foreach (var extent in window)
                {
                    if (!extent.IsZero)
                        found.Add(extent.Offset, extent.LengthBytes);
                    at = extent.Offset + extent.LengthBytes;
                }
            }

            return found.Build();
        }, cancellationToken);

    /// <summary>Reads a range into memory: for looking into a disk, not for copying it.</summary>
    public Task ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - into.Length);
        return BlockingCall.RunAsync(() =>
        {
            using var channel = Open(cancellationToken);
            using var _ = cancellationToken.UnsafeRegister(static c => ((BlockReadChannel)c!).Abort(), channel);
            var buffer = new BlockBuffer();
            // Channels read whole leaves, so start at the leaf that holds the first byte.
            for (var leaf = offset - (offset % DigestTree.LeafBytes); leaf < offset + into.Length; leaf += DigestTree.LeafBytes)
            {
                channel.Submit(leaf, (int)Math.Min(DigestTree.LeafBytes, LengthBytes - leaf));
                while (channel.Outstanding > 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var piece = channel.Receive(buffer);
                    var start = Math.Max(piece.Offset, offset);
                    var end = Math.Min(piece.Offset + piece.LengthBytes, offset + into.Length);
                    if (end <= start)
                        continue;
                    var slot = into.Span[(int)(start - offset)..(int)(end - offset)];
                    if (piece.IsZero)
                        slot.Clear();
                    else
                        buffer.Whole[(int)(start - piece.Offset)..(int)(end - piece.Offset)].CopyTo(slot);
                }
            }

            return 0;
        }, cancellationToken);
    }

    public abstract ValueTask DisposeAsync();
}
