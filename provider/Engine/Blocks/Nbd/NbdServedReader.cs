namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Serves what a <see cref="BlockReader"/> reads, for looking into a disk: a few blocks are kept, since a file system's structures are read again and again.</summary>
internal sealed class NbdServedReader(BlockReader reader, CancellationToken cancellation) : NbdServedDisk
{
    private const int BlockBytes = 1 << 20;
    private const int KeptBlocks = 32;

    private readonly Lock _gate = new();
    private readonly LinkedList<(long Index, byte[] Content)> _kept = new();

    internal override long LengthBytes => reader.LengthBytes;

    internal override bool IsReadOnly => true;

    internal override void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var within = (int)(offset % BlockBytes);
            var content = Block(offset / BlockBytes).AsSpan(within);
            var part = Math.Min(content.Length, into.Length);
            content[..part].CopyTo(into);
            into = into[part..];
            offset += part;
        }
    }

    internal override void Write(long offset, ReadOnlySpan<byte> content) => throw new NotSupportedException();

    internal override void Zero(long offset, long lengthBytes) => throw new NotSupportedException();

    internal override void Flush()
    {
    }

    private byte[] Block(long index)
    {
        lock (_gate)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (node.Value.Index == index)
                {
                    _kept.Remove(node);
                    _kept.AddFirst(node);
                    return node.Value.Content;
                }
            }

            var content = new byte[Math.Min(BlockBytes, LengthBytes - (index * BlockBytes))];
            try
            {
                reader.ReadAsync(index * BlockBytes, content, cancellation).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is Contracts.PlatformException or OperationCanceledException)
            {
                throw new IOException($"{reader.Name} cannot be read: {e.Message}", e);
            }

            _kept.AddFirst((index, content));
            if (_kept.Count > KeptBlocks)
            {
                _kept.RemoveLast();
            }

            return content;
        }
    }
}
