using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class DigestTreeTests
{
    private const int Leaf = 64 << 10;
    private const int Chunk = 4 << 20;

    [Theory]
    [InlineData(DigestAlgorithm.XxHash128, 0)]
    [InlineData(DigestAlgorithm.XxHash128, 1)]
    [InlineData(DigestAlgorithm.XxHash128, Leaf)]
    [InlineData(DigestAlgorithm.XxHash128, Chunk)]
    [InlineData(DigestAlgorithm.XxHash128, (3 * Chunk) + Leaf + 513)]
    [InlineData(DigestAlgorithm.Sha256, (2 * Chunk) + 7)]
    public async Task The_digest_is_that_of_the_written_definition(DigestAlgorithm algorithm, int length)
    {
        var content = Scratch.Noise(1, length);
        // Some zeroes inside, on and off the leaves' borders.
        content.AsSpan(length / 3, length / 4).Clear();
        var disk = new MemoryDisk("disk", length);
        disk.Write(0, content);
        var digest = await BlockCopier.DigestAsync(disk.Reader(), null, new CopyOptions { Digest = algorithm }, null, CancellationToken.None);
        Assert.Equal(Naive(algorithm, content), digest.Digest);
    }

    [Fact]
    public async Task Zeroes_count_the_same_whether_stored_or_not()
    {
        const long length = (5L << 30) + 12345;
        var sparse = new MemoryDisk("sparse", length);
        sparse.Write(3L << 30, Scratch.Noise(2, 100_000));
        var stored = new MemoryDisk("stored", length);
        stored.Write(3L << 30, Scratch.Noise(2, 100_000));
        stored.Write(0, new byte[3 * Chunk]);
        stored.Write(length - 12345, new byte[12345]);
        var options = new CopyOptions();
        Assert.Equal(
            (await BlockCopier.DigestAsync(sparse.Reader(), null, options, null, CancellationToken.None)).Digest,
            (await BlockCopier.DigestAsync(stored.Reader(), null, options, null, CancellationToken.None)).Digest);
    }

    [Fact]
    public async Task The_length_of_a_disk_of_zeroes_is_part_of_its_digest()
    {
        var options = new CopyOptions();
        var short_ = await BlockCopier.DigestAsync(new MemoryDisk("a", 1 << 20).Reader(), null, options, null, CancellationToken.None);
        var long_ = await BlockCopier.DigestAsync(new MemoryDisk("b", 2 << 20).Reader(), null, options, null, CancellationToken.None);
        Assert.NotEqual(short_.Digest, long_.Digest);
    }

    [Fact]
    public async Task A_tree_that_keeps_its_leaves_follows_rounds_of_changes()
    {
        const int length = (3 * Chunk) + 1000;
        var source = new MemoryDisk("source", length);
        source.Write(Leaf, Scratch.Noise(3, Chunk + 5));
        var target = new MemoryDisk("target", length);
        var tree = new DigestTree(DigestAlgorithm.XxHash128, length, keepLeaves: true);
        await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { Tree = tree, TargetIsZero = true }, null, CancellationToken.None);

        for (var round = 0; round < 4; round++)
        {
            var at = round * 3L * (Leaf + 100);
            source.Write(at, Scratch.Noise(10 + round, 200));
            source.Zero(Chunk, Leaf);
            source.Write(length - 5, [(byte)round]);
            var changed = ExtentSet.Of([new Extent(at, 200), new Extent(Chunk, Leaf), new Extent(length - 5, 1)]);
            var result = await BlockCopier.CopyAsync(
                source.Reader(), target.Writer(), new CopyOptions { Tree = tree, Ranges = changed, ReadBack = true }, null, CancellationToken.None);
            var whole = await BlockCopier.DigestAsync(source.Reader(), null, new CopyOptions(), null, CancellationToken.None);
            var copied = await BlockCopier.DigestAsync(target.Reader(), null, new CopyOptions(), null, CancellationToken.None);
            Assert.Equal(whole.Digest, result.SourceDigest);
            Assert.Equal(whole.Digest, copied.Digest);
            Assert.True(result.ReadBytes <= 4 * Leaf);
        }
    }

    [Fact]
    public void Leaves_of_a_disk_of_four_tebibytes_take_no_memory_worth_the_name_and_leave_no_file()
    {
        const long length = 4L << 40;
        var leaves = new byte[64 * 16];
        var random = new Random(4);
        // All that is allocated, which is more than what is held.
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var source = new DigestTree(DigestAlgorithm.XxHash128, length, keepLeaves: true);
        // Content in every GiB, which for what is held in memory is as much as content everywhere.
        for (var chunk = 0L; chunk < source.Chunks; chunk += 256)
        {
            source.SetZeroChunks(chunk, 256);
            random.NextBytes(leaves);
            source.SetLeaves(chunk + 7, ulong.MaxValue, leaves);
        }

        using var target = source.Copy();
        Assert.Equal(source.Text(), target.Text());
        leaves.AsSpan().Fill(3);
        source.SetLeaves((256 * 4000) + 7, 0b110, leaves);
        Assert.NotEqual(source.Text(), target.Text());
        Assert.Equal(4000 * DigestTree.PageBytes, source.FirstDifference(target)!.Value.Offset);
        target.SetLeaves((256 * 4000) + 7, 0b110, leaves);
        Assert.Equal(source.Text(), target.Text());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    private static string Naive(DigestAlgorithm algorithm, byte[] content)
    {
        byte[] Hash(byte[] bytes) => algorithm == DigestAlgorithm.Sha256 ? SHA256.HashData(bytes) : XxHash128.Hash(bytes);
        byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(p => p)];
        var leaves = content.Chunk(Leaf).Select(Hash);
        var chunks = leaves.Chunk(64).Select(l => Hash(Join(l)));
        var pages = chunks.Chunk(256).Select(c => Hash(Join(c)));
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, content.Length);
        var prefix = algorithm == DigestAlgorithm.Sha256 ? "sha256" : "xxh128";
        return $"{prefix}-tree:{Convert.ToHexStringLower(Hash(Join([.. pages, length])))}";
    }
}
