using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>What goes wrong on the way ends in a clear error, or is found by the proof.</summary>
public sealed class FaultTests
{
    private const int Limit = 120_000;
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Corruption_on_the_way_is_found_in_every_one_of_a_thousand_seeded_runs()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var length = random.Next(1, 2 * MiB);
            var source = new MemoryDisk("source", length);
            source.Write(0, Scratch.Noise(seed, length));
            var target = new MemoryDisk("target", length);
            var writes = (length + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes;
            await using var writer = new CorruptingWriter(target, (Corruption)(seed % 4), random.Next(writes), random);
            var found = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(
                source.Reader(), writer, new CopyOptions { TargetIsZero = true, ReadBack = true, Connections = 1, Digest = seed % 10 == 0 ? DigestAlgorithm.Sha256 : DigestAlgorithm.XxHash128 }, null, Stop));
            Assert.Equal((BlockErrorKind.Mismatch, true), (found.Kind, found.AtTarget));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_target_that_is_full_is_said_to_be_full()
    {
        await using var scratch = new Scratch();
        var targetAt = await scratch.NbdkitAsync("--filter=error", "memory", "size=64M", "error-pwrite=ENOSPC", "error-pwrite-rate=20%");
        var source = new MemoryDisk("source", 64 * MiB);
        source.Write(0, Scratch.Noise(1, 32 * MiB));
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var failed = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(source.Reader(), writer, new CopyOptions { TargetIsZero = true, Patience = TimeSpan.FromSeconds(5) }, null, Stop));
        Assert.Equal((BlockErrorKind.NoSpace, "ENOSPC", true, false), (failed.Kind, failed.Code, failed.AtTarget, failed.CanRetry));
    }

    [Fact(Timeout = Limit)]
    public async Task One_unreadable_block_is_named_and_a_repaired_disk_goes_on_from_there()
    {
        await using var scratch = new Scratch();
        const int length = 256 * MiB;
        var disk = new MemoryDisk("disk", length);
        disk.Write(0, Scratch.Noise(1, length));
        var bad = new BadBlock(disk) { At = 201 * MiB + 4096 };
        await using var server = NbdServer.Start(NbdEndpoint.Unix(scratch.NewSocket()), new Dictionary<string, NbdServedDisk> { ["vda"] = bad }, null, TimeSpan.FromSeconds(10));
        await using var reader = await NbdReader.ConnectAsync(server.Endpoint, new NbdOptions(), Stop);
        var target = new MemoryDisk("target", length);
        var options = new CopyOptions { TargetIsZero = true, Resume = new ResumeOptions(new FileResumeStore(scratch.File("disk")), "one"), ReadBack = true };
        var failed = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(reader, target.Writer(), options, null, Stop));
        Assert.Equal((BlockErrorKind.ReadFailed, "EIO", false), (failed.Kind, failed.Code, failed.AtTarget));
        Assert.InRange(bad.At.Value, failed.Offset!.Value, failed.Offset.Value + (512 << 10));

        bad.At = null;
        var result = await BlockCopier.CopyAsync(reader, target.Writer(), options, null, Stop);
        Assert.True(result.ResumedBytes >= 180 * MiB, $"Only {result.ResumedBytes} bytes were found done.");
        Assert.Equal(result.SourceDigest, result.TargetDigest);
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_dies_without_patience_is_an_error_that_a_retry_can_help()
    {
        await using var scratch = new Scratch();
        var sourceAt = await scratch.NbdkitAsync("--filter=rate", "pattern", "size=1G", "rate=200M");
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        var copy = BlockCopier.CopyAsync(reader, new MemoryDisk("target", reader.LengthBytes).Writer(), new CopyOptions { TargetIsZero = true }, null, Stop);
        await Task.Delay(300, Stop);
        await scratch.KillServerAsync(0);
        var failed = await Assert.ThrowsAsync<BlockException>(() => copy);
        Assert.Equal((BlockErrorKind.Lost, true, false), (failed.Kind, failed.CanRetry, failed.AtTarget));
    }

    [Fact(Timeout = Limit)]
    public async Task A_target_that_hangs_is_told_after_the_declared_limit()
    {
        await using var scratch = new Scratch();
        var targetAt = await scratch.NbdkitAsync("--filter=delay", "memory", "size=16M", "wdelay=600");
        var source = new MemoryDisk("source", 16 * MiB);
        source.Write(0, Scratch.Noise(1, 8 * MiB));
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions { StallLimit = TimeSpan.FromSeconds(1) }, Stop);
        var started = TimeProvider.System.GetTimestamp();
        var failed = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(source.Reader(), writer, new CopyOptions { TargetIsZero = true }, null, Stop));
        Assert.Equal((BlockErrorKind.TimedOut, true), (failed.Kind, failed.AtTarget));
        Assert.True(TimeProvider.System.GetElapsedTime(started).TotalSeconds > 0.9, "It was told before the limit.");
    }

    [Fact(Timeout = Limit)]
    public async Task A_target_that_writes_slowly_only_takes_longer()
    {
        await using var scratch = new Scratch();
        var targetAt = await scratch.NbdkitAsync("--filter=delay", "memory", "size=16M", "wdelay=20ms");
        var source = new MemoryDisk("source", 16 * MiB);
        source.Write(0, Scratch.Noise(1, 8 * MiB));
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var result = await BlockCopier.CopyAsync(source.Reader(), writer, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_whose_size_is_no_multiple_of_anything_is_copied_through_the_truncate_filter()
    {
        await using var scratch = new Scratch();
        var sourceAt = await scratch.NbdkitAsync("--filter=truncate", "pattern", "size=20M", "truncate=15000003");
        var targetAt = await scratch.NbdkitAsync("memory", "size=15000003");
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var result = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);
        Assert.Equal(15000003, result.TotalBytes);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_that_grew_between_rounds_is_refused_with_both_sizes()
    {
        var tree = new DigestTree(DigestAlgorithm.XxHash128, 10 * MiB, keepLeaves: true);
        await BlockCopier.CopyAsync(new MemoryDisk("s", 10 * MiB).Reader(), new MemoryDisk("t", 10 * MiB).Writer(), new CopyOptions { Tree = tree }, null, Stop);
        var failed = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(
            new MemoryDisk("s", 11 * MiB).Reader(), new MemoryDisk("t", 11 * MiB).Writer(), new CopyOptions { Tree = tree, Ranges = ExtentSet.Of([new Extent(0, 1)]) }, null, Stop));
        Assert.Equal(BlockErrorKind.WrongSize, failed.Kind);
        Assert.Contains($"{10 * MiB}", failed.Message, StringComparison.Ordinal);
        Assert.Contains($"{11 * MiB}", failed.Message, StringComparison.Ordinal);
    }

    internal enum Corruption
    {
        FlipBit,
        DropWrite,
        WriteZeroes,
        WrongContent,
    }

    internal sealed class BadBlock(MemoryDisk disk) : NbdServedMemory(disk)
    {
        internal long? At { get; set; }

        internal override void Read(long offset, Span<byte> into)
        {
            if (At is { } bad && bad >= offset && bad < offset + into.Length)
                throw new IOException("The sector cannot be read.");
            base.Read(offset, into);
        }
    }

    /// <summary>A target that damages one write and says that all is well.</summary>
    private sealed class CorruptingWriter(MemoryDisk disk, Corruption corruption, int at, Random random) : BlockWriter
    {
        public override string Name => disk.Name;

        public override long LengthBytes => disk.LengthBytes;

        public override BlockReader? ReadBack => disk.Reader();

        public override BlockWriteChannel Open(CancellationToken cancellationToken) => new Channel(disk, corruption, at, random);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Channel(MemoryDisk disk, Corruption corruption, int at, Random random) : BlockWriteChannel
        {
            private long _submitted;

            public override long Submitted => _submitted;

            public override long Completed => _submitted;

            public override void Write(long offset, BlockBuffer buffer)
            {
                var content = buffer.Content.ToArray();
                if (_submitted++ == at)
                {
                    switch (corruption)
                    {
                        case Corruption.DropWrite:
                            return;
                        case Corruption.FlipBit:
                            content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
                            break;
                        case Corruption.WriteZeroes:
                            content.AsSpan().Clear();
                            break;
                        default:
                            content = Scratch.Noise(-1, content.Length);
                            break;
                    }
                }

                disk.Write(offset, content);
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
