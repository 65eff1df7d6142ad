namespace VmMigrate.Engine.Blocks;

/// <summary>A disk to write to.</summary>
public abstract class BlockWriter : IAsyncDisposable
{
    /// <summary>What to call the disk in messages; contains no secret.</summary>
    public abstract string Name { get; }

    public abstract long LengthBytes { get; }

    /// <summary>How many channels may be open at once.</summary>
    public virtual int MaxChannels => 1;

    /// <summary>Opens a channel for one thread, within a limit of time. Dispose it to give it back.</summary>
    /// <exception cref="BlockException">The disk cannot be reached or refuses.</exception>
    public abstract BlockWriteChannel Open(CancellationToken cancellationToken);

    /// <summary>A reader of the same disk, to read back what was written; null where that is impossible. The writer keeps owning it.</summary>
    public virtual BlockReader? ReadBack => null;

    /// <summary>Writes a range from memory and makes it stable: for what is small, not for copying a disk.</summary>
    public Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - bytes.Length);
        return BlockingCall.RunAsync(() =>
        {
            using var channel = Open(cancellationToken);
            using var _ = cancellationToken.UnsafeRegister(static c => ((BlockWriteChannel)c!).Abort(), channel);
            var buffer = new BlockBuffer();
            for (var done = 0; done < bytes.Length; done += buffer.LengthBytes)
            {
                buffer.LengthBytes = Math.Min(BlockBuffer.CapacityBytes, bytes.Length - done);
                bytes.Span.Slice(done, buffer.LengthBytes).CopyTo(buffer.Content);
                channel.Write(offset + done, buffer);
            }

            channel.Drain();
            channel.BeginFlush();
            channel.Drain();
            return 0;
        }, cancellationToken);
    }

    public abstract ValueTask DisposeAsync();
}
