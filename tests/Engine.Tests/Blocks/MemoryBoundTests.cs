using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>The copier's own memory: nothing per block.</summary>
public sealed class MemoryBoundTests
{
    [Fact(Timeout = 60_000)]
    public async Task Copying_four_gibibytes_allocates_nothing_per_block()
    {
        const long length = 4L << 30;
        await using var source = new Endless(length);
        var target = new Sink(length);
        await BlockCopier.CopyAsync(source, target, new CopyOptions { TargetIsZero = true }, null, TestContext.Current.CancellationToken);
        Assert.Equal(length, target.Written);
        // 65,536 blocks passed; what is left is for pages of digests.
        Assert.InRange(source.AllocatedBytes, 0, 512 << 10);
    }

    /// <summary>A disk that is full of something, and notes what its thread allocates between the first block and the last.</summary>
    private sealed class Endless(long length) : BlockReader
    {
        private long _allocated;

        public override string Name => "endless";

        public override long LengthBytes => length;

        public override int MaxChannels => 2;

        internal long AllocatedBytes => Volatile.Read(ref _allocated);

        public override BlockReadChannel Open(CancellationToken cancellationToken) => new Channel(this);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Channel(Endless disk) : BlockReadChannel
        {
            private readonly Queue<(long Offset, int Length)> _asked = new(64);
            private (long Offset, int Length) _current;
            private long _from = -1;
            private long _counted;

            public override int Outstanding => _asked.Count + (_current.Length > 0 ? 1 : 0);

            public override void Submit(long offset, int lengthBytes) => _asked.Enqueue((offset, lengthBytes));

            public override BlockPiece Receive(BlockBuffer buffer)
            {
                // Measured after warming up: the first requests make the worker's own things.
                if (_counted++ == 1000)
                    _from = GC.GetAllocatedBytesForCurrentThread();
                else if (_from >= 0 && _counted % 1000 == 0)
                    Interlocked.Exchange(ref disk._allocated, Math.Max(disk._allocated, GC.GetAllocatedBytesForCurrentThread() - _from));
                if (_current.Length == 0)
                    _current = _asked.Dequeue();
                var piece = new BlockPiece(_current.Offset, Math.Min(_current.Length, DigestTree.LeafBytes), IsZero: false);
                _current = (_current.Offset + piece.LengthBytes, _current.Length - piece.LengthBytes);
                buffer.LengthBytes = piece.LengthBytes;
                buffer.Content[0] = 1;
                return piece;
            }

            public override void Abort()
            {
            }

            protected override void Dispose(bool disposing)
            {
            }
        }
    }

    private sealed class Sink(long length) : BlockWriter
    {
        private long _written;

        public override string Name => "sink";

        public override long LengthBytes => length;

        public override int MaxChannels => 2;

        internal long Written => Volatile.Read(ref _written);

        public override BlockWriteChannel Open(CancellationToken cancellationToken) => new Channel(this);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Channel(Sink disk) : BlockWriteChannel
        {
            private long _submitted;

            public override long Submitted => _submitted;

            public override long Completed => _submitted;

            public override void Write(long offset, BlockBuffer buffer)
            {
                _submitted++;
                Interlocked.Add(ref disk._written, buffer.LengthBytes);
            }

            public override void WriteZeroes(long offset, long lengthBytes) => _submitted++;

            public override void Drain()
            {
            }

            public override long BeginFlush() => _submitted++;

            public override void Abort()
            {
            }

            protected override void Dispose(bool disposing)
            {
            }
        }
    }
}
