using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>Copies between real NBD servers, compared by a tool that is not ours.</summary>
public sealed class NbdCopyTests
{
    private const int Limit = 60_000;
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData("qcow2", "qcow2", true, 1)]
    [InlineData("qcow2", "qcow2", true, 2)]
    [InlineData("raw", "qcow2", false, 2)]
    [InlineData("qcow2", "raw", false, 2)]
    public async Task A_copy_between_qemu_nbd_servers_is_identical_and_stays_sparse(string from, string to, bool isZero, int connections)
    {
        await using var scratch = new Scratch();
        const long length = 200L * MiB;
        // Data on and off every border, and stored zeroes within data.
        var source = await scratch.ImageAsync("source", from, length, (0, Scratch.Noise(1, 4096)), (5 * MiB + 512, Scratch.Noise(2, 9 * MiB + 1000)), (100L * MiB, new byte[MiB]), (length - 700, Scratch.Noise(3, 700)));
        var target = isZero
            ? await scratch.ImageAsync("target", to, length)
            : await scratch.ImageAsync("target", to, length, (7 * MiB, Scratch.Noise(4, MiB)), (150L * MiB, Scratch.Noise(5, 3 * MiB)));
        var sourceAt = await scratch.QemuNbdAsync(source, from, "--read-only", "--shared=4");
        var targetAt = await scratch.QemuNbdAsync(target, to, "--shared=4");
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        await using (var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop))
        {
            var result = await BlockCopier.CopyAsync(
                reader, writer, new CopyOptions { TargetIsZero = isZero, Connections = connections, ReadBack = true }, null, Stop);
            Assert.Equal(result.SourceDigest, result.TargetDigest);
            Assert.Equal(length, result.TotalBytes);
            Assert.InRange(result.WrittenBytes, 9 * MiB, 11 * MiB);
        }

        await scratch.KillServerAsync(1);
        await Scratch.RunAsync("qemu-img", "compare", "-U", "-f", from, "-F", to, source, target);
        var used = await Scratch.RunAsync("du", "-k", target);
        Assert.InRange(long.Parse(used.Split('\t')[0]), 9 * 1024, 14 * 1024);
    }

    [Theory(Timeout = Limit)]
    [InlineData("memory", "size=50000001")]
    [InlineData("memory", "size=0")]
    [InlineData("memory", "size=1")]
    [InlineData("memory", "size=1T")]
    [InlineData("pattern", "size=30M")]
    [InlineData("sparse-random", "size=100G", "seed=1", "percent=0.05", "runlength=1048576")]
    public async Task Disks_of_odd_empty_and_huge_size_are_copied_from_nbdkit_to_nbdkit(string plugin, params string[] arguments)
    {
        await using var scratch = new Scratch();
        var sourceAt = await scratch.NbdkitAsync([plugin, .. arguments]);
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        if (plugin == "memory" && reader.LengthBytes > 100)
        {
            await using var filling = await NbdWriter.ConnectAsync(sourceAt, new NbdOptions(), Stop);
            var some = new MemoryDisk("some", reader.LengthBytes);
            some.Write(12345, Scratch.Noise(1, 1_000_000));
            some.Write(reader.LengthBytes - 70_001, Scratch.Noise(2, 70_001));
            await BlockCopier.CopyAsync(some.Reader(), filling, new CopyOptions { TargetIsZero = true }, null, Stop);
        }

        var targetAt = await scratch.NbdkitAsync("memory", $"size={reader.LengthBytes}");
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var result = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);
        Assert.Equal(reader.LengthBytes, result.TotalBytes);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        if (reader.LengthBytes < 1L << 32)
            await Scratch.RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", sourceAt.ToString(), targetAt.ToString());
    }

    [Theory(Timeout = Limit)]
    [InlineData("--no-sr")]
    [InlineData("--filter=noextents")]
    [InlineData("--filter=nozero")]
    [InlineData("--filter=multi-conn", "multi-conn-mode=disable")]
    [InlineData("--filter=fua")]
    public async Task Servers_that_lack_an_ability_are_dealt_with(string flag, params string[] settings)
    {
        await using var scratch = new Scratch();
        const int length = 20 * MiB;
        var image = await scratch.ImageAsync("source", "raw", length, (3 * MiB + 10, Scratch.Noise(1, 5 * MiB)), (19 * MiB, new byte[MiB]));
        var sourceAt = await scratch.NbdkitAsync([flag, "file", image, .. settings]);
        var targetAt = await scratch.NbdkitAsync([flag, "memory", $"size={length}", .. settings]);
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var result = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { ReadBack = true }, null, Stop);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        await Scratch.RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", image, targetAt.ToString());
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_for_one_client_only_is_read_and_written_with_one_connection()
    {
        await using var scratch = new Scratch();
        var source = await scratch.ImageAsync("source", "qcow2", 40 * MiB, (0, Scratch.Noise(1, 20 * MiB)));
        var target = await scratch.ImageAsync("target", "qcow2", 40 * MiB);
        // Read-only, qemu-nbd says that several connections are fine, and lets one in.
        var sourceAt = await scratch.QemuNbdAsync(source, "qcow2", "--read-only");
        var targetAt = await scratch.QemuNbdAsync(target, "qcow2");
        // Whoever waited for a second connection would wait beyond the end of this test.
        var options = new NbdOptions { ConnectLimit = TimeSpan.FromHours(1) };
        await using var reader = await NbdReader.ConnectAsync(sourceAt, options, Stop);
        await using var writer = await NbdWriter.ConnectAsync(targetAt, options, Stop);
        var result = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Stop);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
    }

    [Fact(Timeout = Limit)]
    public async Task A_dirty_bitmap_says_what_to_copy_in_a_round()
    {
        await using var scratch = new Scratch();
        const int length = 64 * MiB;
        var source = await scratch.ImageAsync("source", "qcow2", length, (0, Scratch.Noise(1, 32 * MiB)));
        var target = await scratch.ImageAsync("target", "qcow2", length, (0, Scratch.Noise(1, 32 * MiB)));
        await Scratch.RunAsync("qemu-img", "bitmap", "--add", source, "round1");
        await Scratch.RunAsync("qemu-io", "-c", "write -P 7 1M 64k", "-c", "write -P 9 40M 100k", "-c", "write -z 20M 128k", source);

        var sourceAt = await scratch.QemuNbdAsync(source, "qcow2", "--read-only", "--bitmap=round1");
        var targetAt = await scratch.QemuNbdAsync(target, "qcow2");
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions { DirtyBitmap = "round1" }, Stop);
        var changed = await reader.ChangedExtentsAsync(Stop);
        Assert.Equal([new Extent(MiB, 64 << 10), new Extent(20 * MiB, 128 << 10), new Extent(40 * MiB, 128 << 10)], changed);
        await using (var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop))
        {
            var result = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Ranges = changed, ReadBack = true }, null, Stop);
            Assert.Equal(changed.TotalBytes, result.TotalBytes);
            Assert.Equal(192 << 10, result.WrittenBytes);
            Assert.StartsWith("xxh128-delta:", result.SourceDigest, StringComparison.Ordinal);
            Assert.Equal(result.SourceDigest, result.TargetDigest);
        }

        await scratch.KillServerAsync(1);
        await Scratch.RunAsync("qemu-img", "compare", "-U", "-f", "qcow2", "-F", "qcow2", source, target);
    }

    [Fact(Timeout = Limit)]
    public async Task The_export_that_is_named_is_the_one_that_is_read_and_any_other_is_refused_by_name()
    {
        await using var scratch = new Scratch();
        var at = await scratch.NbdkitAsync("--filter=exportname", "memory", "size=3M", "exportname-strict=true", "exportname=vda", "exportname=disk two/ü");
        foreach (var name in new[] { "vda", "disk two/ü" })
        {
            await using var reader = await NbdReader.ConnectAsync(NbdEndpoint.Parse((at with { Export = name }).ToString()), new NbdOptions(), Stop);
            Assert.Equal(3 * MiB, reader.LengthBytes);
        }

        foreach (var name in new[] { "vdb", "" })
        {
            var refused = await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(at with { Export = name }, new NbdOptions(), Stop));
            Assert.Equal(BlockErrorKind.Refused, refused.Kind);
            Assert.Contains($"\"{name}\"", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_bitmap_that_does_not_exist_is_named_in_the_error()
    {
        await using var scratch = new Scratch();
        var image = await scratch.ImageAsync("disk", "qcow2", MiB);
        var at = await scratch.QemuNbdAsync(image, "qcow2", "--read-only");
        var refused = await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(at, new NbdOptions { DirtyBitmap = "round9" }, Stop));
        Assert.Equal(BlockErrorKind.Refused, refused.Kind);
        Assert.Contains("round9", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_cancelled_copy_does_not_wait_for_a_slow_target()
    {
        await using var scratch = new Scratch();
        var sourceAt = await scratch.NbdkitAsync("pattern", "size=1G");
        var targetAt = await scratch.NbdkitAsync("--filter=delay", "memory", "size=1G", "wdelay=600");
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        await using var writer = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var copy = BlockCopier.CopyAsync(reader, writer, new CopyOptions(), null, cancel.Token);
        await Task.Delay(500, Stop);
        cancel.Cancel();

        // The target's first answer would come after the end of this test.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
    }

    [Fact(Timeout = Limit)]
    public async Task A_block_that_cannot_be_read_is_named_with_its_place_and_errno()
    {
        await using var scratch = new Scratch();
        var sourceAt = await scratch.NbdkitAsync("--filter=error", "pattern", "size=64M", "error-pread=EIO", "error-pread-rate=100%");
        await using var reader = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        var failed = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(
            reader, new MemoryDisk("target", 64 * MiB).Writer(), new CopyOptions(), null, Stop));
        Assert.Equal((BlockErrorKind.ReadFailed, "EIO", false, false), (failed.Kind, failed.Code, failed.AtTarget, failed.CanRetry));
        Assert.NotNull(failed.Offset);
        Assert.Contains(sourceAt.ToString(), failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_target_that_is_too_small_is_refused_with_both_numbers_before_a_byte_is_written()
    {
        var failed = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(
            new MemoryDisk("source", 1001).Reader(), new MemoryDisk("target", 1000).Writer(), new CopyOptions(), null, Stop));
        Assert.Equal(BlockErrorKind.WrongSize, failed.Kind);
        Assert.Contains("1000", failed.Message, StringComparison.Ordinal);
        Assert.Contains("1001", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Progress_ends_at_the_total()
    {
        var source = new MemoryDisk("source", 100 * MiB);
        source.Write(3 * MiB, Scratch.Noise(1, 10 * MiB));
        var seen = new List<CopyProgress>();
        await BlockCopier.CopyAsync(source.Reader(), new MemoryDisk("target", 100 * MiB).Writer(), new CopyOptions(), new Notes(seen), Stop);
        Assert.Equal((100L * MiB, 100L * MiB), (seen[^1].DoneBytes, seen[^1].TotalBytes));
    }

    [Fact(Timeout = Limit)]
    public async Task A_part_of_a_disk_can_be_read_into_memory()
    {
        await using var scratch = new Scratch();
        var image = await scratch.ImageAsync("disk", "qcow2", 10 * MiB, (100_000, Scratch.Noise(1, 200_000)));
        var at = await scratch.QemuNbdAsync(image, "qcow2", "--read-only");
        await using var reader = await NbdReader.ConnectAsync(at, new NbdOptions(), Stop);
        var some = new byte[150_000];
        await reader.ReadAsync(200_000, some, Stop);
        Assert.Equal([.. Scratch.Noise(1, 200_000).AsSpan(100_000), .. new byte[50_000]], some);
        Assert.Equal([new Extent(64 << 10, 256 << 10)], await reader.AllocatedExtentsAsync(Stop));
    }

    private sealed class Notes(List<CopyProgress> seen) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => seen.Add(value);
    }
}
