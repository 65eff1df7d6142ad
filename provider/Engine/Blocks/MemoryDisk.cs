using System.Collections.Concurrent;

namespace VmMigrate.Engine.Blocks;

/// <summary>A disk in memory that stores only what is not zero: for the simulator, tests, and as the roof of benchmarks.</summary>
internal sealed class MemoryDisk(string name, long lengthBytes)
{
    private readonly ConcurrentDictionary<long, byte[]> _leaves = new();

    internal string Name { get; } = name;

    internal long LengthBytes { get; } = lengthBytes;

    /// <summary>How many channels a reader or writer of this disk may open.</summary>
    internal int MaxChannels { get; init; } = 4;

    /// <summary>Bytes in use.</summary>
    internal long StoredBytes => (long)_leaves.Count * DigestTree.LeafBytes;

    internal BlockReader Reader() => new MemoryReader(this);

    internal BlockWriter Writer() => new MemoryWriter(this);

    /// <summary>Whether a leaf may hold anything but zeroes.</summary>
    internal bool IsStored(long leaf) => _leaves.ContainsKey(leaf);

    internal void Read(long offset, Span<byte> into)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - into.Length);
        while (into.Length > 0)
        {
            var within = (int)(offset % DigestTree.LeafBytes);
            var part = Math.Min(into.Length, DigestTree.LeafBytes - within);
            if (_leaves.TryGetValue(offset / DigestTree.LeafBytes, out var leaf))
                leaf.AsSpan(within, part).CopyTo(into);
            else
                into[..part].Clear();
            into = into[part..];
            offset += part;
        }
    }

    internal void Write(long offset, ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - content.Length);
        while (content.Length > 0)
        {
            var within = (int)(offset % DigestTree.LeafBytes);
            var part = Math.Min(content.Length, DigestTree.LeafBytes - within);
            content[..part].CopyTo(_leaves.GetOrAdd(offset / DigestTree.LeafBytes, static _ => new byte[DigestTree.LeafBytes]).AsSpan(within));
            content = content[part..];
            offset += part;
        }
    }

    internal void Zero(long offset, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, LengthBytes - lengthBytes);
        while (lengthBytes > 0)
        {
            var within = (int)(offset % DigestTree.LeafBytes);
            var part = (int)Math.Min(lengthBytes, DigestTree.LeafBytes - within);
            var leaf = offset / DigestTree.LeafBytes;
            if (part == DigestTree.LeafBytes || offset + part == LengthBytes && within == 0)
                _leaves.TryRemove(leaf, out _);
            else if (_leaves.TryGetValue(leaf, out var bytes))
                bytes.AsSpan(within, part).Clear();
            offset += part;
            lengthBytes -= part;
        }
    }

    private sealed class MemoryReader(MemoryDisk disk) : BlockReader
    {
        public override string Name => disk.Name;

        public override long LengthBytes => disk.LengthBytes;

        public override int MaxChannels => disk.MaxChannels;

        public override BlockReadChannel Open(CancellationToken cancellationToken) => new ReadChannel(disk);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class ReadChannel(MemoryDisk disk) : BlockReadChannel
    {
        private readonly Queue<(long Offset, int Length)> _asked = new();
        private volatile bool _aborted;

        public override int Outstanding => _asked.Count;

        public override void Submit(long offset, int lengthBytes) => _asked.Enqueue((offset, lengthBytes));

        public override BlockPiece Receive(BlockBuffer buffer)
        {
            if (_aborted)
                throw new BlockException(BlockErrorKind.Lost, $"{disk.Name}: aborted.", canRetry: true) { Disk = disk.Name };
            var (offset, length) = _asked.Dequeue();
            var part = Math.Min(length, DigestTree.LeafBytes);
            if (part < length)
                AskFirst(offset + part, length - part);
            if (!disk._leaves.ContainsKey(offset / DigestTree.LeafBytes))
                return new BlockPiece(offset, part, IsZero: true);
            buffer.LengthBytes = part;
            disk.Read(offset, buffer.Content);
            return new BlockPiece(offset, part, IsZero: false);
        }

        public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
        {
            // Few disks in memory have many leaves, so sorting those of the range each time is cheap enough.
            var end = offset + lengthBytes;
            foreach (var leaf in disk._leaves.Keys.Where(l => (l + 1) * DigestTree.LeafBytes > offset && l * DigestTree.LeafBytes < end).Order())
            {
                var start = Math.Max(offset, leaf * DigestTree.LeafBytes);
                if (start > offset)
                    into.Add(new AllocationExtent(offset, start - offset, IsZero: true));
                offset = Math.Min(end, (leaf + 1) * DigestTree.LeafBytes);
                into.Add(new AllocationExtent(start, offset - start, IsZero: false));
            }

            if (end > offset)
                into.Add(new AllocationExtent(offset, end - offset, IsZero: true));
        }

        public override void Abort() => _aborted = true;

        protected override void Dispose(bool disposing)
        {
        }

        private void AskFirst(long offset, int length)
        {
            // The rest of the request goes to the queue's front: within one request pieces ascend.
            var count = _asked.Count;
            _asked.Enqueue((offset, length));
            for (var i = 0; i < count; i++)
                _asked.Enqueue(_asked.Dequeue());
        }
    }

    private sealed class MemoryWriter(MemoryDisk disk) : BlockWriter
    {
        public override string Name => disk.Name;

        public override long LengthBytes => disk.LengthBytes;

        public override int MaxChannels => disk.MaxChannels;

        public override BlockReader? ReadBack { get; } = disk.Reader();

        public override BlockWriteChannel Open(CancellationToken cancellationToken) => new WriteChannel(disk);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class WriteChannel(MemoryDisk disk) : BlockWriteChannel
    {
        private long _submitted;
        private volatile bool _aborted;

        public override long Submitted => _submitted;

        public override long Completed => _submitted;

        public override void Write(long offset, BlockBuffer buffer)
        {
            ThrowIfAborted();
            disk.Write(offset, buffer.Content);
            _submitted++;
        }

        public override void WriteZeroes(long offset, long lengthBytes)
        {
            ThrowIfAborted();
            disk.Zero(offset, lengthBytes);
            _submitted++;
        }

        public override void Drain() => ThrowIfAborted();

        public override long BeginFlush() => _submitted++;

        public override void Abort() => _aborted = true;

        protected override void Dispose(bool disposing)
        {
        }

        private void ThrowIfAborted()
        {
            if (_aborted)
                throw new BlockException(BlockErrorKind.Lost, $"{disk.Name}: aborted.", canRetry: true) { Disk = disk.Name };
        }
    }
}
