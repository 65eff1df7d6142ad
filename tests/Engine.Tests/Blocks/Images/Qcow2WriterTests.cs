using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

public sealed class Qcow2WriterTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512, 3 << 20)]
    [InlineData(4096, 50_000_384)]
    [InlineData(65536, 50_000_384)]
    [InlineData(2 << 20, 50_000_384)]
    public void What_we_write_is_clean_for_qemu_and_the_same_bytes(int cluster, int length)
    {
        var content = new byte[length];
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], length, new Qcow2WriterOptions { ClusterBytes = cluster }))
        {
            foreach (var (from, count) in new[] { (0, 1), (100_001, 777), (200_000, 1_300_000), (length - 513, 513), (1_000_000, 5_000) })
            {
                ImageFolder.Noise(count, from).CopyTo(content, from);
                image.WriteAt(content.AsSpan(from, count), from);
            }

            image.WriteZeroesAt(300_003, 500_000);
            content.AsSpan(300_003, 500_000).Clear();
            image.WriteZeroesAt(2_000_000, 100_000);
            Assert.Equal(content, ImageFolder.BytesByUs(image));
            ImageFolder.CheckExtents(image, content);
            image.Flush();
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
        Assert.Equal(content, _folder.BytesByUs("disk.qcow2"));
        File.WriteAllBytes(_folder["disk.raw"], content);
        _folder.QemuImg("compare", "-f", "qcow2", "-F", "raw", "disk.qcow2", "disk.raw");
    }

    [Fact]
    public void A_new_image_is_small_empty_and_known_to_qemu()
    {
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], 1L << 40))
            Assert.Equal([new ImageExtent(new Extent(0, 1L << 40), ImageExtentKind.Hole)], image.Extents(new Extent(0, 1L << 40)));
        _folder.CheckIsClean("disk.qcow2");
        var info = _folder.Run("qemu-img", "info", "-f", "qcow2", "disk.qcow2");
        Assert.Contains("1 TiB (1099511627776 bytes)", info, StringComparison.Ordinal);
        Assert.Contains("compat: 1.1", info, StringComparison.Ordinal);
        Assert.True(new FileInfo(_folder["disk.qcow2"]).Length < 1 << 20);
    }

    [Fact]
    public void A_size_that_is_no_whole_sector_is_rounded_up()
    {
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], 1_000_001))
        {
            Assert.Equal(1_000_448, image.LengthBytes);
            image.WriteAt(ImageFolder.Noise(1_000_448, 1), 0);
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(ImageFolder.Noise(1_000_448, 1), _folder.BytesByQemu("disk.qcow2"));
    }

    [Fact]
    public void Zeroing_stores_nothing_where_nothing_was_and_gives_space_back_where_something_was()
    {
        const long mebi = 1 << 20;
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], 1 << 30))
        {
            image.WriteZeroesAt(0, 1 << 30);
            Assert.Equal([new ImageExtent(new Extent(0, 1 << 30), ImageExtentKind.Hole)], image.Extents(new Extent(0, 1 << 30)));
            image.WriteAt(ImageFolder.Noise((int)(64 * mebi), 1), 600 * mebi);
            image.WriteZeroesAt(601 * mebi, 62 * mebi);
            image.Flush();
            Assert.Equal(
                [ImageExtentKind.Hole, ImageExtentKind.Data, ImageExtentKind.Zero, ImageExtentKind.Data, ImageExtentKind.Hole],
                image.Extents(new Extent(0, 1 << 30)).Select(extent => extent.Kind));
        }

        _folder.CheckIsClean("disk.qcow2");
        var usedKibi = int.Parse(_folder.Run("du", "-k", "disk.qcow2").Split('\t')[0]);
        Assert.InRange(usedKibi, 2048, 4096);
    }

    [Theory]
    [InlineData("compat=1.1")]
    [InlineData("compat=0.10")]
    [InlineData("compat=1.1,cluster_size=512,refcount_bits=1")]
    [InlineData("compat=1.1,cluster_size=512,refcount_bits=64")]
    [InlineData("compat=1.1,cluster_size=1024,refcount_bits=4")]
    [InlineData("compat=1.1,cluster_size=4096,refcount_bits=8")]
    [InlineData("compat=1.1,refcount_bits=32")]
    [InlineData("compat=1.1,preallocation=metadata")]
    [InlineData("compat=1.1,cluster_size=2M")]
    public void An_image_that_qemu_made_is_written_into(string options)
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", options, "disk.qcow2", "24M");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 1M 3M", "write -P 2 20M 100k", "write -z 2M 200k", "discard 1M 128k");
        var content = _folder.BytesByQemu("disk.qcow2");
        using (var image = Qcow2Writer.Open(_folder["disk.qcow2"]))
        {
            var noise = ImageFolder.Noise(9 << 20, 3);
            Write(image, content, noise.AsSpan(0, 5 << 20), 2_000_000);
            Write(image, content, noise.AsSpan(0, 10), (2 << 20) + 70_000);
            Write(image, content, noise.AsSpan(0, 9 << 20), 9 << 20);
            image.WriteZeroesAt(3_000_000, 3_000_000);
            content.AsSpan(3_000_000, 3_000_000).Clear();
            Write(image, content, noise.AsSpan(0, 5), 3_500_000);
            image.Flush();
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("zstd")]
    public void Compressed_clusters_are_written_over(string method)
    {
        var content = new byte[6 << 20];
        for (var i = 0; i < content.Length; i++)
            content[i] = (byte)(i / 100);
        File.WriteAllBytes(_folder["disk.raw"], content);
        _folder.QemuImg("convert", "-f", "raw", "-c", "-O", "qcow2", "-o", $"compression_type={method}", "disk.raw", "disk.qcow2");
        using (var image = Qcow2Writer.Open(_folder["disk.qcow2"]))
        {
            Assert.Equal(content, ImageFolder.BytesByUs(image));
            Write(image, content, ImageFolder.Noise(200_000, 1), 1_000_000);
            Write(image, content, ImageFolder.Noise(5, 2), 3_000_000);
            image.WriteZeroesAt(4_000_000, 1_000_000);
            content.AsSpan(4_000_000, 1_000_000).Clear();
            Assert.Equal(content, ImageFolder.BytesByUs(image));
            image.Flush();
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
    }

    [Fact]
    public void Memory_for_tables_is_bounded_and_what_leaves_it_is_not_lost()
    {
        // 512-byte clusters: a table maps 32 KiB, so 8 MiB need 256 tables, and room is for a few.
        var content = new byte[8 << 20];
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], content.Length, new Qcow2WriterOptions { ClusterBytes = 512, TableCacheBytes = 16 << 10 }))
        {
            var random = new Random(5);
            for (var i = 0; i < 3_000; i++)
                Write(image, content, ImageFolder.Noise(random.Next(1, 3_000), i), random.Next(content.Length - 3_000));
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Many_threads_write_one_image_even_into_one_cluster()
    {
        const int threads = 6, piece = 5_000;
        var content = ImageFolder.Noise(30_000_128, 1);
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], content.Length, new Qcow2WriterOptions { TableCacheBytes = 1 << 20 }))
        {
            using var ended = new CancellationTokenSource();
            var flusher = Task.Run(() =>
            {
                while (!ended.IsCancellationRequested)
                    image.WriteBack();
            }, TestContext.Current.CancellationToken);
            await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
            {
                // Neighbouring pieces belong to different threads.
                for (var at = thread * piece; at < content.Length; at += threads * piece)
                    image.WriteAt(content.AsSpan(at, Math.Min(piece, content.Length - at)), at);
            }, TestContext.Current.CancellationToken)));
            ended.Cancel();
            await flusher;
            image.Flush();
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
    }

    [Fact]
    public void Two_streams_that_take_turns_do_not_shuffle_the_file()
    {
        var content = ImageFolder.Noise(16 << 20, 1);
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], content.Length))
        {
            for (var at = 0; at < 8 << 20; at += 64 << 10)
            {
                image.WriteAt(content.AsSpan(at, 64 << 10), at);
                image.WriteAt(content.AsSpan(at + (8 << 20), 64 << 10), at + (8 << 20));
            }
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
        var map = _folder.Run("qemu-img", "map", "-f", "qcow2", "--output=json", "disk.qcow2");
        Assert.True(map.Split('\n').Length <= 18, map);
    }

    [Fact]
    public void Room_that_was_set_aside_and_not_used_is_free()
    {
        var content = new byte[64 << 20];
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], content.Length))
        {
            for (var at = 0; at < content.Length; at += 1 << 20)
                Write(image, content, ImageFolder.Noise(10, at), at);
            Write(image, content, ImageFolder.Noise(300_000, 1), (5 << 20) + 100_000);
        }

        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
        using (var image = Qcow2Writer.Open(_folder["disk.qcow2"]))
            Write(image, content, ImageFolder.Noise(5 << 20, 2), (7 << 20) + 5);
        _folder.CheckIsClean("disk.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("disk.qcow2"));
    }

    [Fact]
    public void What_lies_behind_the_last_flush_is_cut_off_and_leaks_are_freed_when_it_is_opened_again()
    {
        var content = new byte[8 << 20];
        using (var image = Qcow2Writer.Create(_folder["disk.qcow2"], content.Length))
        {
            Write(image, content, ImageFolder.Noise(1 << 20, 1), 0);
            image.Flush();
            File.Copy(_folder["disk.qcow2"], _folder["flushed.qcow2"]);

            // Data without tables: what a killed process leaves.
            image.WriteAt(ImageFolder.Noise(1 << 20, 2), 4 << 20);
            File.Copy(_folder["disk.qcow2"], _folder["killed.qcow2"]);
        }

        Assert.True(new FileInfo(_folder["killed.qcow2"]).Length > new FileInfo(_folder["flushed.qcow2"]).Length);
        Assert.Equal(content, _folder.BytesByUs("killed.qcow2"));
        using (Qcow2Writer.Open(_folder["killed.qcow2"]))
        {
        }

        Assert.Equal(new FileInfo(_folder["flushed.qcow2"]).Length, new FileInfo(_folder["killed.qcow2"]).Length);
        _folder.CheckIsClean("killed.qcow2");
        Assert.Equal(content, _folder.BytesByQemu("killed.qcow2"));
    }

    [Theory]
    [InlineData("backing file", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/dev/null", "disk.qcow2", "1M")]
    [InlineData("extended L2", "create", "-q", "-f", "qcow2", "-o", "extended_l2=on", "disk.qcow2", "1M")]
    public void What_we_do_not_write_to_is_refused_by_name(string words, params string[] create)
    {
        _folder.QemuImg(create);
        CannotBeWritten(ImageFault.Unsupported, words);
    }

    [Fact]
    public void An_image_with_snapshots_bitmaps_or_damage_is_not_written_to()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", "1M");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 0 1M");
        _folder.QemuImg("snapshot", "-c", "one", "disk.qcow2");
        CannotBeWritten(ImageFault.Unsupported, "1 internal snapshots");
        _folder.QemuImg("snapshot", "-d", "one", "disk.qcow2");
        _folder.QemuImg("bitmap", "--add", "disk.qcow2", "b");
        CannotBeWritten(ImageFault.Unsupported, "bitmaps");
        _folder.QemuImg("bitmap", "--remove", "disk.qcow2", "b");
        Qcow2Writer.Open(_folder["disk.qcow2"]).Dispose();

        var clean = File.ReadAllBytes(_folder["disk.qcow2"]);
        var dirty = (byte[])clean.Clone();
        dirty[79] = 1;
        File.WriteAllBytes(_folder["disk.qcow2"], dirty);
        CannotBeWritten(ImageFault.Inconsistent, "not closed cleanly");

        // One used cluster that counts as free.
        var uncounted = (byte[])clean.Clone();
        var block = (int)System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(uncounted.AsSpan((int)System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(uncounted.AsSpan(48))));
        uncounted.AsSpan(block + (2 * 5), 2).Clear();
        File.WriteAllBytes(_folder["disk.qcow2"], uncounted);
        CannotBeWritten(ImageFault.Inconsistent, "used and not counted");
    }

    [Fact]
    public void A_flush_that_fails_for_want_of_space_says_so_and_works_once_there_is_space()
    {
        _folder.Run("mkdir", "small");
        var (code, output) = _folder.Try("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", _folder["small"]);
        Assert.SkipWhen(code != 0, $"A file system cannot be mounted here: {output}");
        try
        {
            var content = new byte[8 << 20];
            using (var image = Qcow2Writer.Create(_folder["small/disk.qcow2"], content.Length))
            {
                Assert.Equal(ImageFault.Full, Assert.Throws<ImageException>(() => image.WriteAt(ImageFolder.Noise(4 << 20, 1), 0)).Fault);
                Assert.Equal(ImageFault.Full, Assert.Throws<ImageException>(image.Flush).Fault);
                _folder.Run("mount", "-o", "remount,size=20m", _folder["small"]);
                Write(image, content, ImageFolder.Noise(4 << 20, 1), 0);
                image.Flush();
            }

            _folder.CheckIsClean("small/disk.qcow2");
            Assert.Equal(content, _folder.BytesByQemu("small/disk.qcow2"));
        }
        finally
        {
            _folder.Run("umount", _folder["small"]);
        }
    }

    [Fact]
    public void A_disk_that_needs_larger_clusters_is_refused_and_leaves_nothing()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Qcow2Writer.Create(_folder["disk.qcow2"], 1L << 40, new Qcow2WriterOptions { ClusterBytes = 512 }));
        Assert.False(File.Exists(_folder["disk.qcow2"]));
    }

    private static void Write(ImageWriter image, byte[] content, ReadOnlySpan<byte> data, int at)
    {
        data.CopyTo(content.AsSpan(at));
        image.WriteAt(data, at);
    }

    private void CannotBeWritten(ImageFault fault, string words)
    {
        var before = File.ReadAllBytes(_folder["disk.qcow2"]);
        var refused = Assert.Throws<ImageException>(() => Qcow2Writer.Open(_folder["disk.qcow2"]).Dispose());
        Assert.Equal(fault, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder["disk.qcow2"]));
    }
}
