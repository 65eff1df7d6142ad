using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Net.Sockets;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Relay;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>A relay over a socket: what crosses, what is proven, and what peers that lie, stay silent or vanish can do.</summary>
public sealed class RelayTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_far_source_is_copied_and_what_the_target_has_does_not_cross(int seed)
    {
        var length = (40L * MiB) + (seed * 10_007);
        var source = Filled("source", length, seed);
        var target = new MemoryDisk("target", length);
        using var link = new Link(source);

        var first = await BlockCopier.CopyAsync(link.Disk.Reader(), target.Writer(), new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);
        var crossed = link.Received;
        var second = await BlockCopier.CopyAsync(link.Disk.Reader(), target.Writer(), new CopyOptions { Compare = true, ReadBack = true, Digest = DigestAlgorithm.Sha256 }, null, Stop);

        Assert.Equal(first.SourceDigest, first.TargetDigest);
        Assert.Equal(second.SourceDigest, second.TargetDigest);
        Assert.Equal(0, second.ReadBytes);
        Assert.Equal(first.ReadBytes, second.SameBytes);
        Assert.True((link.Received - crossed) * 30 < crossed, $"{link.Received - crossed} bytes crossed the second time, and {crossed} the first");
        Same(source, target);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_far_target_is_written_compared_and_read_back_where_it_is(int seed)
    {
        var length = (40L * MiB) + (seed * 10_007);
        var source = Filled("source", length, seed);
        var target = new MemoryDisk("target", length);
        using var link = new Link(target);

        var first = await BlockCopier.CopyAsync(
            source.Reader(), link.Disk.Writer(), new CopyOptions { TargetIsZero = true, ReadBack = true, Resume = new ResumeOptions(link.Disk.Map()!, "1") }, null, Stop);
        var sent = link.Sent;
        Assert.True(link.Received < length / 100, $"{link.Received} bytes came back for a proof of digests");
        source.Write(5 * MiB, new byte[] { 1, 2, 3 });
        var second = await BlockCopier.CopyAsync(source.Reader(), link.Disk.Writer(), new CopyOptions { Compare = true, ReadBack = true }, null, Stop);

        Assert.Equal(first.SourceDigest, first.TargetDigest);
        Assert.Equal(DigestTree.LeafBytes, second.WrittenBytes);
        Assert.True(link.Sent - sent < 200_000, $"{link.Sent - sent} bytes were sent for one leaf");
        Same(source, target);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(50_000_001L)]
    [InlineData(1L << 40)]
    public async Task A_disk_of_empty_odd_and_huge_size_passes_a_relay_from_there_and_to_there(long length)
    {
        var source = new MemoryDisk("source", length);
        if (length > 0)
            source.Write(length - Math.Min(length, 70_001), Scratch.Noise(3, (int)Math.Min(length, 70_001)));
        if (length > MiB)
            source.Write(length / 2, Scratch.Noise(4, MiB));
        var (near, far) = (new MemoryDisk("near", length), new MemoryDisk("far", length));
        using var from = new Link(source);
        using var to = new Link(far);

        var fetched = await BlockCopier.CopyAsync(from.Disk.Reader(), near.Writer(), new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);
        var sent = await BlockCopier.CopyAsync(near.Reader(), to.Disk.Writer(), new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);

        Assert.Equal(length, fetched.TotalBytes);
        Assert.Equal((fetched.TargetDigest, fetched.TargetDigest), (sent.SourceDigest, sent.TargetDigest));
        Assert.Equal((source.StoredBytes, source.StoredBytes), (near.StoredBytes, far.StoredBytes));
        Assert.True(from.Received + to.Sent < (3 * source.StoredBytes) + MiB, $"{from.Received} and {to.Sent} bytes crossed for {source.StoredBytes}");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(512 << 10)]
    [InlineData(5_000_001)]
    public async Task A_map_of_any_size_is_kept_there_and_comes_back_whole(int length)
    {
        using var link = new Link(new MemoryDisk("far", MiB));
        var store = link.Disk.Map()!;
        Assert.Null(await store.LoadAsync(Stop));
        var map = Scratch.Noise(1, length);
        foreach (var now in new[] { Scratch.Noise(2, 3 * MiB), map })
            await store.SaveAsync(now, Stop);
        Assert.Equal(map, await store.LoadAsync(Stop));
        await store.DeleteAsync(Stop);
        Assert.Null(await store.LoadAsync(Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_relay_that_dies_is_started_again_within_the_patience_and_the_copy_goes_on()
    {
        var source = Filled("source", 64 * MiB, 5);
        var target = new MemoryDisk("target", 64 * MiB);
        using var link = new Link(target) { CutAfterBytes = 9 * MiB };

        var result = await BlockCopier.CopyAsync(
            source.Reader(), link.Disk.Writer(), new CopyOptions { TargetIsZero = true, ReadBack = true, Patience = TimeSpan.FromSeconds(20) }, null, Stop);

        Assert.True(result.Reconnects > 0);
        Assert.True(link.Starts > 1);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        Same(source, target);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_byte_that_is_flipped_on_the_way_is_found_in_every_one_of_a_thousand_seeded_runs()
    {
        const int length = 700_001;
        var source = Filled("source", length, 9);
        var crossed = new long[2];
        for (var run = -2; run < 1000; run++)
        {
            // Half of the runs read from a relay, and half write to one. The first of each is a clean one, which says how much crosses.
            var reads = run % 2 == 0;
            var isClean = run < 0;
            var target = new MemoryDisk("target", length);
            var at = isClean ? -1 : new Random(run).NextInt64(16, crossed[reads ? 0 : 1]);
            using var link = new Link(reads ? source : target) { FlipAt = reads ? at : -1, FlipSentAt = reads ? -1 : at };
            var options = new CopyOptions { TargetIsZero = true, ReadBack = true, Connections = 1 };
            var copy = reads
                ? BlockCopier.CopyAsync(link.Disk.Reader(), target.Writer(), options, null, Stop)
                : BlockCopier.CopyAsync(source.Reader(), link.Disk.Writer(), options, null, Stop);
            if (isClean)
            {
                await copy;
                crossed[reads ? 0 : 1] = reads ? link.Received : link.Sent;
                continue;
            }

            var failure = await Record.ExceptionAsync(() => copy);
            Assert.True(link.HasFlipped, $"run {run}: nothing was flipped");
            if (failure is null)
            {
                // Only where the copy had ended by then: what is said in parting, or a note to a channel that nobody waits for.
                Assert.True(at > crossed[reads ? 0 : 1] - 200, $"run {run}: a byte flipped at {at} of {crossed[reads ? 0 : 1]} was not noticed");
                Same(source, target);
            }
            else
            {
                Assert.True(failure is BlockException { Kind: BlockErrorKind.Lost or BlockErrorKind.Protocol or BlockErrorKind.Refused or BlockErrorKind.Unreachable }, $"run {run}: {failure}");
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_block_that_cannot_be_read_there_fails_here_with_its_offset()
    {
        using var link = new Link(new BadDisk("bad", 16 * MiB, 9 * MiB));

        var failure = await Assert.ThrowsAsync<BlockException>(() =>
            BlockCopier.CopyAsync(link.Disk.Reader(), new MemoryDisk("target", 16 * MiB).Writer(), new CopyOptions { TargetIsZero = true }, null, Stop));

        Assert.Equal(BlockErrorKind.ReadFailed, failure.Kind);
        Assert.Equal(9 * MiB, failure.Offset);
        Assert.False(failure.AtTarget);
    }

    /// <summary>Each plays the far end after the greeting, and must end in an error, at once.</summary>
    public static TheoryData<string, byte[]> Lies => new()
    {
        { "nothing at all", [] },
        { "another program", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n this is no relay at all, whoever reads this"u8.ToArray() },
        { "another version", RelayProtocol.Greeting(7, 9) },
        { "a frame without end", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.DiskOpened, 0, [], claimed: int.MaxValue)] },
        { "a negative length", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.DiskOpened, 0, [], claimed: -1)] },
        { "a short answer", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.DiskOpened, 0, [1, 2])] },
        { "another answer", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.Map, 0, [0])] },
        { "a text without end", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.DiskOpened, 0, [0, 0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 127])] },
        { "rubbish that says it is packed", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.DiskOpened, 0, [1, 2, 3, 4], packed: true)] },
        { "a wrong check", [.. RelayProtocol.Greeting(), .. Frame(RelayFrameType.DiskOpened, 0, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], check: 1)] },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Lies), DisableDiscoveryEnumeration = true)]
    public async Task A_far_end_that_lies_is_refused(string what, byte[] says)
    {
        var (near, far) = await PairAsync();
        await using (far)
        {
            await far.WriteAsync(says, Stop);
            far.Socket.Shutdown(SocketShutdown.Send);
            var failure = await Assert.ThrowsAsync<BlockException>(() => Task.Run(() =>
            {
                RelayConnection.Open(near, near, "liar", new RelayDiskRequest("/x", "raw", null, false), near.Dispose, TimeProvider.System, Stop).Dispose();
            }, Stop));
            Assert.Contains("liar", failure.Message, StringComparison.Ordinal);
            Assert.NotEqual("", what);
        }
    }

    public static TheoryData<string, byte[]> Demands => new()
    {
        { "a channel before a disk", Frame(RelayFrameType.OpenChannel, 1, [0]) },
        { "a frame for no channel", Frame(RelayFrameType.Read, 5, new byte[17]) },
        { "a frame without end", Frame(RelayFrameType.OpenDisk, 0, [], claimed: 1 << 30) },
        { "a disk that is not named", Frame(RelayFrameType.OpenDisk, 0, [0]) },
        { "a map of no disk", Frame(RelayFrameType.LoadMap, 0, []) },
        { "an unknown frame", Frame((RelayFrameType)99, 0, []) },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Demands), DisableDiscoveryEnumeration = true)]
    public async Task A_near_end_that_asks_for_nonsense_ends_the_relay(string what, byte[] asks)
    {
        var (near, far) = await PairAsync();
        await using (near)
        await using (far)
        {
            using var server = new RelayServer(far, far, (_, _) => throw new InvalidOperationException("nothing is to be opened"), TimeProvider.System);
            var serving = Task.Run(() => server.RunAsync(far.Dispose), Stop);
            await near.WriteAsync((byte[])[.. RelayProtocol.Greeting(), .. asks], Stop);

            Assert.False(await serving, what);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_request_outside_the_disk_is_refused_on_its_channel()
    {
        using var link = new Link(new MemoryDisk("disk", MiB));
        var connection = link.Disk.Connect(Stop);
        var (number, box) = connection.OpenChannel(writes: false);
        connection.Send(RelayFrameType.Read, number, new RelayBuilder().Int64(0).Int64(64L * MiB).Byte(0).Written);

        var failure = Assert.Throws<BlockException>(() => { connection.Wait(box, RelayFrameType.Content, new byte[RelayProtocol.MostPayload], null); });

        Assert.Equal(BlockErrorKind.Protocol, failure.Kind);
    }

    [Fact]
    public void Packing_is_chosen_where_the_link_is_slower_and_left_where_it_is_not()
    {
        var slow = new RelayChoice(TimeProvider.System);
        var fast = new RelayChoice(TimeProvider.System);
        var random = new RelayChoice(TimeProvider.System);
        var second = TimeProvider.System.TimestampFrequency;
        var (packedSlow, packedFast, packedRandom) = (0, 0, 0);
        for (var i = 0; i < 4000; i++)
        {
            const int Raw = 512 << 10;
            // 12 MB/s, 3 GB/s; packing at 200 MB/s to a quarter, and random content to what it was.
            packedSlow += Note(slow, Raw / 4, 12e6);
            packedFast += Note(fast, Raw / 4, 3e9);
            packedRandom += Note(random, Raw, 12e6);
        }

        Assert.InRange(packedSlow, 3800, 4000);
        Assert.InRange(packedFast, 0, 400);
        Assert.InRange(packedRandom, 0, 300);

        int Note(RelayChoice choice, int packed, double wire)
        {
            const int Raw = 512 << 10;
            var packs = choice.Packs;
            var sent = packs ? packed : Raw;
            choice.Note(Raw, sent, packs ? (long)(Raw / 200e6 * second) : 0, (long)(sent / wire * second));
            return packs ? 1 : 0;
        }
    }

    private static MemoryDisk Filled(string name, long length, int seed)
    {
        var random = new Random(seed);
        var disk = new MemoryDisk(name, length);
        var leaf = new byte[DigestTree.LeafBytes];
        for (long at = 0; at < length; at += leaf.Length)
        {
            var part = leaf.AsSpan(0, (int)Math.Min(leaf.Length, length - at));
            switch (random.Next(4))
            {
                case 0:
                    continue;
                case 1:
                    // What packs well.
                    part.Fill((byte)random.Next(1, 256));
                    break;
                default:
                    random.NextBytes(part);
                    break;
            }

            disk.Write(at, part);
        }

        return disk;
    }

    private static void Same(MemoryDisk a, MemoryDisk b)
    {
        var (one, other) = (new byte[MiB], new byte[MiB]);
        for (long at = 0; at < a.LengthBytes; at += MiB)
        {
            var length = (int)Math.Min(MiB, a.LengthBytes - at);
            a.Read(at, one.AsSpan(0, length));
            b.Read(at, other.AsSpan(0, length));
            Assert.True(one.AsSpan(0, length).SequenceEqual(other.AsSpan(0, length)), $"The disks differ after {at}.");
        }
    }

    private static byte[] Frame(RelayFrameType type, ushort channel, byte[] payload, int? claimed = null, bool packed = false, ulong? check = null)
    {
        var frame = new byte[RelayProtocol.HeaderBytes + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, claimed ?? payload.Length);
        frame[4] = (byte)type;
        frame[5] = packed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), channel);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), claimed ?? payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(16), check ?? XxHash3.HashToUInt64(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(RelayProtocol.HeaderCheckAt), RelayProtocol.HeaderCheck(frame.AsSpan(0, RelayProtocol.HeaderBytes)));
        payload.CopyTo(frame, RelayProtocol.HeaderBytes);
        return frame;
    }

    private static async Task<(NetworkStream Near, NetworkStream Far)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        // A header and its payload are two writes: without this, each pair would wait for an acknowledgement.
        var near = new TcpClient { NoDelay = true };
        var connecting = near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var far = await listener.AcceptTcpClientAsync();
        await connecting;
        far.NoDelay = true;
        return (near.GetStream(), far.GetStream());
    }

    /// <summary>A relay in this process, started at each connection, over a counted socket.</summary>
    private sealed class Link : IDisposable
    {
        private readonly List<CountingStream> _streams = [];
        private readonly DiskAccess _far;

        internal Link(MemoryDisk disk)
            : this(new MemoryAccess(disk.LengthBytes, disk.Reader, disk.Writer))
        {
        }

        internal Link(BadDisk disk)
            : this(new MemoryAccess(disk.LengthBytes, () => disk, () => throw new InvalidOperationException()))
        {
        }

        private Link(DiskAccess far)
        {
            _far = far;
            Disk = new RelayDisk("far disk", Open);
            Disk.Connect(Stop);
        }

        internal RelayDisk Disk { get; }

        internal int Starts { get; private set; }

        internal long Received => _streams.Sum(stream => stream.BytesRead);

        internal long Sent => _streams.Sum(stream => stream.BytesWritten);

        /// <summary>The first connection breaks after so much was sent.</summary>
        internal long? CutAfterBytes
        {
            init => _streams[0].CutAfterBytes = value;
        }

        /// <summary>The byte at this place of what comes back arrives with a bit flipped.</summary>
        internal long? FlipAt
        {
            init => _streams[0].FlipAt = value;
        }

        /// <summary>The same of what is sent.</summary>
        internal long? FlipSentAt
        {
            init => _streams[0].FlipSentAt = value;
        }

        internal bool HasFlipped => _streams.Any(stream => stream.HasFlipped);

        public void Dispose() => Disk.Dispose();

        private RelayConnection Open(CancellationToken cancellation)
        {
            Starts++;
            var (near, far) = PairAsync().GetAwaiter().GetResult();
            _ = Task.Run(async () =>
            {
                await using (far)
                {
                    using var server = new RelayServer(far, far, (_, _) => Task.FromResult(_far), TimeProvider.System);
                    await server.RunAsync(far.Dispose);
                }
            }, CancellationToken.None);
            var counted = new CountingStream(near);
            _streams.Add(counted);
            return RelayConnection.Open(counted, counted, "far disk", new RelayDiskRequest("/far", "raw", null, true), near.Dispose, TimeProvider.System, cancellation);
        }
    }

    private sealed class MemoryAccess(long lengthBytes, Func<BlockReader> reader, Func<BlockWriter> writer) : DiskAccess
    {
        private readonly ResumeStore _map = new MemoryMap();

        public override long LengthBytes => lengthBytes;

        public override string Description => "memory";

        public override ResumeStore? Resume => _map;

        public override BlockReader OpenReader() => reader();

        public override BlockWriter OpenWriter() => writer();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class MemoryMap : ResumeStore
    {
        private byte[]? _map;

        public override ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_map);

        public override ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken)
        {
            _map = map.ToArray();
            return ValueTask.CompletedTask;
        }

        public override ValueTask DeleteAsync(CancellationToken cancellationToken)
        {
            _map = null;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A disk with one leaf that cannot be read.</summary>
    private sealed class BadDisk(string name, long lengthBytes, long badAt) : BlockReader
    {
        public override string Name => name;

        public override long LengthBytes => lengthBytes;

        public override int MaxChannels => 4;

        public override BlockReadChannel Open(CancellationToken cancellationToken) => new Channel(badAt);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Channel(long badAt) : BlockReadChannel
        {
            private readonly Queue<(long Offset, int Length)> _asked = new();
            private (long Offset, int Length) _rest;

            public override int Outstanding => _asked.Count + (_rest.Length > 0 ? 1 : 0);

            public override void Submit(long offset, int lengthBytes) => _asked.Enqueue((offset, lengthBytes));

            public override BlockPiece Receive(BlockBuffer buffer)
            {
                var (offset, length) = _rest.Length > 0 ? _rest : _asked.Dequeue();
                if (offset == badAt)
                    throw new BlockException(BlockErrorKind.ReadFailed, "a bad block", canRetry: false) { Offset = offset, Code = "EIO" };
                buffer.LengthBytes = Math.Min(length, DigestTree.LeafBytes);
                buffer.Content.Fill(7);
                _rest = (offset + buffer.LengthBytes, length - buffer.LengthBytes);
                return new BlockPiece(offset, buffer.LengthBytes, IsZero: false);
            }

            public override void Abort()
            {
            }

            protected override void Dispose(bool disposing)
            {
            }
        }
    }

    private sealed class CountingStream(NetworkStream inner) : Stream
    {
        internal long BytesRead { get; private set; }

        internal long BytesWritten { get; private set; }

        internal long? CutAfterBytes { get; set; }

        internal long? FlipAt { get; set; }

        internal long? FlipSentAt { get; set; }

        internal bool HasFlipped { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            if (FlipAt is { } at && at >= BytesRead && at < BytesRead + read)
            {
                buffer[(int)(at - BytesRead)] ^= 0x10;
                HasFlipped = true;
            }

            BytesRead += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (FlipSentAt is { } at && at >= BytesWritten && at < BytesWritten + buffer.Length)
            {
                var flipped = buffer.ToArray();
                flipped[(int)(at - BytesWritten)] ^= 0x10;
                buffer = flipped;
                HasFlipped = true;
            }

            BytesWritten += buffer.Length;
            if (BytesWritten > CutAfterBytes)
                inner.Dispose();
            inner.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
