using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>A copy of a disk that goes on changing, killed and gone on with from a later checkpoint.</summary>
public sealed class ChangedSinceTests
{
    private const int Limit = 60_000;
    private const long MiB = 1 << 20;
    private const long Length = 1500 * MiB;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_was_done_at_an_earlier_checkpoint_counts_but_for_what_has_changed_since(int seed)
    {
        await using var scratch = new Scratch();
        var random = new Random(seed);
        var source = new MemoryDisk("source", Length);
        for (var at = 0L; at < 1300 * MiB; at += 2 * MiB)
            source.Write(at, Scratch.Noise(seed + (int)(at / MiB), 100_000));
        var target = new MemoryDisk("target", Length);
        var store = new FileResumeStore(scratch.File("disk"));
        var killed = await KilledAsync(source, target, new ResumeOptions(store, "r1") { MayChange = true });

        // Written all over the disk, also in parts that were not done.
        var changed = new List<Extent>();
        for (var i = 0; i < 12; i++)
        {
            var at = random.NextInt64(Length - 5000);
            source.Write(at, Scratch.Noise(1000 + i, 5000));
            changed.Add(new Extent(at, 5000));
        }

        Assert.Equal("r1", await ResumeOptions.FindStateAsync(store, DigestAlgorithm.XxHash128, Length, ["r0", "r1"], Stop));
        var resume = new ResumeOptions(store, "r2") { MayChange = true, EarlierState = "r1", ChangedSince = ExtentSet.Of(changed) };
        var back = new DigestTree(DigestAlgorithm.XxHash128, Length, keepLeaves: true);
        var result = await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { Resume = resume, ReadBack = true, BackTree = back, Compare = true }, null, Stop);

        Assert.Equal((await BlockCopier.DigestAsync(source.Reader(), null, new CopyOptions(), null, Stop)).Digest, result.TargetDigest);
        Assert.Equal(result.TargetDigest, back.Text());
        var all = source.StoredBytes;
        // A twentieth of what was done may go again, and what has changed goes.
        Assert.InRange(result.WrittenBytes, 1, all - (long)(killed * 0.95) + (changed.Count * 2 * 65536));

        // The leaves go on from there, on both sides.
        using var copy = back.Copy();
        source.Write(700 * MiB, Scratch.Noise(77, 300_000));
        var round = ExtentSet.Of([new Extent(700 * MiB, 300_000)]);
        await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { Ranges = round, Tree = copy }, null, Stop);
        await BlockCopier.DigestAsync(target.Reader(), null, new CopyOptions { Ranges = round, Tree = back }, null, Stop);
        var now = (await BlockCopier.DigestAsync(source.Reader(), null, new CopyOptions(), null, Stop)).Digest;
        Assert.Equal((now, now), (copy.Text(), back.Text()));
    }

    [Fact(Timeout = Limit)]
    public async Task A_map_that_was_struck_out_is_saved_before_anything_is_written()
    {
        await using var scratch = new Scratch();
        var source = new MemoryDisk("source", Length);
        source.Write(0, Scratch.Noise(1, 64 << 20));
        var target = new MemoryDisk("target", Length);
        var store = new FileResumeStore(scratch.File("disk"));
        await KilledAsync(source, target, new ResumeOptions(store, "r1") { MayChange = true }, at: 32 * MiB);
        source.Write(8 * MiB, Scratch.Noise(2, 1000));
        var resume = new ResumeOptions(store, "r2") { MayChange = true, EarlierState = "r1", ChangedSince = ExtentSet.Of([new Extent(8 * MiB, 1000)]) };

        // Stopped before its first byte: the disk is what it was, and the map says r2 without the chunk that changed.
        var failing = new FaultTests.BadBlock(source) { At = 8 * MiB };
        await using (var server = NbdServer.Start(
            NbdEndpoint.Unix(scratch.NewSocket()), new Dictionary<string, NbdServedDisk> { ["vda"] = failing }, null, TimeSpan.FromSeconds(10)))
        {
            await using var reader = await NbdReader.ConnectAsync(server.Endpoint, new NbdOptions(), Stop);
            await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(reader, target.Writer(), new CopyOptions { Resume = resume }, null, Stop));
        }

        Assert.Equal("r2", await ResumeOptions.FindStateAsync(store, DigestAlgorithm.XxHash128, Length, ["r1", "r2"], Stop));
        var result = await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { Resume = new ResumeOptions(store, "r2"), ReadBack = true }, null, Stop);
        Assert.Equal((await BlockCopier.DigestAsync(source.Reader(), null, new CopyOptions(), null, Stop)).Digest, result.TargetDigest);
    }

    [Fact(Timeout = Limit)]
    public async Task A_closed_gibibyte_whose_chunks_were_not_kept_is_done_again_whole()
    {
        await using var scratch = new Scratch();
        var source = new MemoryDisk("source", Length);
        source.Write(0, Scratch.Noise(1, 8 << 20));
        source.Write(1200 * MiB, Scratch.Noise(2, 8 << 20));
        var target = new MemoryDisk("target", Length);
        var store = new FileResumeStore(scratch.File("disk"));
        await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { TargetIsZero = true, Resume = new ResumeOptions(store, "r1") }, null, Stop);
        source.Write(900 * MiB, [1, 2, 3]);
        var resume = new ResumeOptions(store, "r2") { EarlierState = "r1", ChangedSince = ExtentSet.Of([new Extent(900 * MiB, 3)]) };
        var result = await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { Resume = resume, ReadBack = true }, null, Stop);
        Assert.Equal((await BlockCopier.DigestAsync(source.Reader(), null, new CopyOptions(), null, Stop)).Digest, result.TargetDigest);
        Assert.Equal((8 << 20) + 65536, result.WrittenBytes);
    }

    /// <summary>Copies until something over half has been written, and is stopped there. Returns the bytes written.</summary>
    private static async Task<long> KilledAsync(MemoryDisk source, MemoryDisk target, ResumeOptions resume, long? at = null)
    {
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writer = new Mortal(target.Writer(), at ?? source.StoredBytes * 6 / 10, kill);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BlockCopier.CopyAsync(source.Reader(), writer, new CopyOptions { TargetIsZero = true, Resume = resume }, null, kill.Token));
        return writer.Written;
    }

    /// <summary>Ends the copy once so much was written.</summary>
    private sealed class Mortal(BlockWriter disk, long after, CancellationTokenSource kill) : BlockWriter
    {
        private long _written;

        internal long Written => Volatile.Read(ref _written);

        public override string Name => disk.Name;

        public override long LengthBytes => disk.LengthBytes;

        public override int MaxChannels => 2;

        public override BlockWriteChannel Open(CancellationToken cancellationToken) => new Channel(this, disk.Open(cancellationToken));

        public override ValueTask DisposeAsync() => disk.DisposeAsync();

        private sealed class Channel(Mortal owner, BlockWriteChannel inner) : BlockWriteChannel
        {
            public override long Submitted => inner.Submitted;

            public override long Completed => inner.Completed;

            public override void Write(long offset, BlockBuffer buffer)
            {
                inner.Write(offset, buffer);
                owner.Count(buffer.LengthBytes);
            }

            public override void WriteZeroes(long offset, long lengthBytes) => inner.WriteZeroes(offset, lengthBytes);

            public override void Drain() => inner.Drain();

            public override long BeginFlush() => inner.BeginFlush();

            public override void Abort() => inner.Abort();

            protected override void Dispose(bool disposing) => inner.Dispose();
        }

        private void Count(int bytes)
        {
            if (Interlocked.Add(ref _written, bytes) >= after)
                kill.Cancel();
        }
    }
}
