using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

public sealed class Qcow2ReaderTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("compat=0.10")]
    [InlineData("compat=1.1")]
    [InlineData("compat=1.1,lazy_refcounts=on")]
    [InlineData("cluster_size=512")]
    [InlineData("cluster_size=4096,compat=0.10")]
    [InlineData("cluster_size=2M")]
    [InlineData("extended_l2=on")]
    [InlineData("extended_l2=on,cluster_size=16384")]
    [InlineData("extended_l2=on,cluster_size=2M")]
    [InlineData("preallocation=metadata")]
    [InlineData("preallocation=falloc")]
    [InlineData("refcount_bits=1")]
    [InlineData("refcount_bits=64")]
    public void An_image_of_any_layout_reads_as_qemu_reads_it(string options)
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", options, "disk.qcow2", "12345344");
        _folder.QemuIo("disk.qcow2", "qcow2",
            "write -P 1 0 1", "write -P 2 65536 4k", "write -P 3 100000 300001", "write -P 4 3M 2M", "write -P 5 7M 1k", "write -z 4M 200k", "write -P 6 12344320 1024", "write -P 7 8390000 5");
        if (!options.Contains("0.10", StringComparison.Ordinal))
            _folder.QemuIo("disk.qcow2", "qcow2", "write -z -u 3200k 40k", "write -z 10M 64k");

        using var image = Open("disk.qcow2");
        var content = _folder.BytesByQemu("disk.qcow2");
        Assert.Equal(content, ImageFolder.BytesByUs(image));
        ImageFolder.CheckExtents(image, content);
    }

    [Theory]
    [InlineData("compression_type=zlib")]
    [InlineData("compression_type=zstd")]
    [InlineData("compression_type=zlib,cluster_size=2M")]
    [InlineData("compression_type=zstd,cluster_size=4k")]
    [InlineData("compression_type=zlib,cluster_size=512")]
    [InlineData("compression_type=zstd,extended_l2=on")]
    public void Compressed_clusters_are_unpacked(string options)
    {
        var content = Compressible(5_000_192);
        File.WriteAllBytes(_folder["disk.raw"], content);
        _folder.QemuImg("convert", "-f", "raw", "-c", "-O", "qcow2", "-o", options, "disk.raw", "disk.qcow2");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 9 1000000 70000");
        content.AsSpan(1_000_000, 70_000).Fill(9);

        using var image = Open("disk.qcow2");
        Assert.Equal(content, ImageFolder.BytesByUs(image));
        Assert.Equal(content, ImageFolder.BytesByUs(image, 4 << 20));
        ImageFolder.CheckExtents(image, content);
    }

    [Fact]
    public void A_chain_of_backing_files_of_both_formats_reads_through_and_as_zeroes_behind_a_short_one()
    {
        Directory.CreateDirectory(_folder["deep/er"]);
        File.WriteAllBytes(_folder["deep/er/base.raw"], ImageFolder.Noise(1_000_000, 1));
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", "er/base.raw", _folder["deep/middle.qcow2"], "3M");
        _folder.QemuIo("deep/middle.qcow2", "qcow2", "write -P 2 500k 100k", "write -P 3 2900k 100k", "write -z 128k 64k");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", "extended_l2=on", "-F", "qcow2", "-b", _folder["deep/middle.qcow2"], "top.qcow2", "5M");
        _folder.QemuIo("top.qcow2", "qcow2", "write -P 4 4M 100k", "write -P 5 510k 3k", "write -z 2904k 6k");

        using var image = Open("top.qcow2");
        var content = _folder.BytesByQemu("top.qcow2");
        Assert.Equal(content, ImageFolder.BytesByUs(image));
        ImageFolder.CheckExtents(image, content);
        Assert.Equal(3, image.Chain.Count);
    }

    [Fact]
    public void A_layer_that_is_longer_than_the_one_above_it_stays_hidden_behind_that_ones_end()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "base.qcow2", "4M");
        _folder.QemuIo("base.qcow2", "qcow2", "write -P 1 0 4M");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "base.qcow2", "short.qcow2", "1M");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "short.qcow2", "top.qcow2", "4M");
        var content = _folder.BytesByUs("top.qcow2");
        Assert.Equal(_folder.BytesByQemu("top.qcow2"), content);
        Assert.Equal(1, content[(1 << 20) - 1]);
        Assert.Equal(0, content[1 << 20]);
    }

    [Fact]
    public void A_chain_may_be_long()
    {
        const int depth = 300;
        _folder.QemuImg("create", "-q", "-f", "qcow2", "0", "1M");
        _folder.QemuIo("0", "qcow2", "write -P 7 0 1M");

        // One overlay made by QEMU, then copied with the next number in its backing file's name: names of three digits in all.
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "0", "template", "1M");
        _folder.QemuImg("rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", "999", "template");
        var template = File.ReadAllBytes(_folder["template"]);
        var name = template.AsSpan().LastIndexOf("999"u8);
        for (var i = 1; i <= depth; i++)
        {
            System.Text.Encoding.ASCII.GetBytes($"{i - 1:000}", template.AsSpan(name));
            File.WriteAllBytes(_folder[$"{i:000}"], template);
        }

        File.Move(_folder["0"], _folder["000"]);
        var content = _folder.BytesByUs($"{depth}");
        Assert.False(content.AsSpan().ContainsAnyExcept((byte)7));
    }

    [Fact]
    public void A_chain_that_comes_back_to_itself_is_refused()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "a.qcow2", "1M");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "a.qcow2", "b.qcow2");
        _folder.QemuImg("rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", "b.qcow2", "a.qcow2");
        File.CreateSymbolicLink(_folder["link.qcow2"], "a.qcow2");
        Refused("b.qcow2", ImageFault.Malformed, "comes back");
        Refused("link.qcow2", ImageFault.Malformed, "comes back");
    }

    [Fact]
    public void A_backing_file_without_a_declared_format_is_never_guessed()
    {
        // What a guest would do with a raw disk: write the header of an image whose backing file is somebody else's.
        File.WriteAllText(_folder["secret"], new string('s', 512));
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", _folder["secret"], "trap.qcow2", "512");
        File.Move(_folder["trap.qcow2"], _folder["base.raw"]);
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw", "-o", "compat=0.10", "top.qcow2");
        DropBackingFormat("top.qcow2");

        Refused("top.qcow2", ImageFault.Unsupported, "does not say what format");
        var asRaw = _folder.BytesByUs("top.qcow2", new ImageOpenOptions { BackingFormatWhenMissing = ImageFormat.Raw });
        Assert.Equal("QFI"u8.ToArray(), asRaw[..3]);
        using var raw = ImageFile.OpenForReading(_folder["base.raw"], ImageFormat.Raw);
        Assert.Equal(File.ReadAllBytes(_folder["base.raw"]), ImageFolder.BytesByUs(raw));
        Assert.Equal(ImageFormat.Qcow2, ImageProbe.Probe(_folder["base.raw"]));
    }

    [Fact]
    public void A_backing_file_is_refused_or_left_out_when_that_is_asked_for()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "base.qcow2", "1M");
        _folder.QemuIo("base.qcow2", "qcow2", "write -P 1 0 1M");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "base.qcow2", "top.qcow2");
        _folder.QemuIo("top.qcow2", "qcow2", "write -P 2 128k 64k");
        Refused("top.qcow2", ImageFault.Unsupported, "must stand alone", new ImageOpenOptions { Backing = BackingPolicy.Refuse });

        using var top = Qcow2Reader.Open(_folder["top.qcow2"], new ImageOpenOptions { Backing = BackingPolicy.TopLayerOnly });
        Assert.Equal(
            [
                new ImageExtent(new Extent(0, 128 << 10), ImageExtentKind.Hole), new ImageExtent(new Extent(128 << 10, 64 << 10), ImageExtentKind.Data),
                new ImageExtent(new Extent(192 << 10, 832 << 10), ImageExtentKind.Hole),
            ],
            top.Extents(new Extent(0, 1 << 20)));
    }

    [Theory]
    [InlineData("nbd://localhost/disk", "nbd")]
    [InlineData("json:{\"driver\":\"null-co\"}", "json")]
    public void A_backing_file_that_is_no_file_of_this_host_is_refused_by_name(string backing, string named)
    {
        _folder.QemuImg("create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", backing, "top.qcow2", "1M");
        Refused("top.qcow2", ImageFault.Unsupported, named);
    }

    [Theory]
    [InlineData("vmdk")]
    [InlineData("qed")]
    public void A_backing_file_of_another_format_is_refused_by_name(string format)
    {
        _folder.QemuImg("create", "-q", "-f", format, "base", "1M");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", format, "-b", "base", "top.qcow2");
        Refused("top.qcow2", ImageFault.Unsupported, $"\"{format}\"");
        Assert.Contains(format, Assert.Throws<ImageException>(() => ImageProbe.Probe(_folder["base"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compat=0.10")]
    [InlineData("compat=1.1")]
    [InlineData("compat=1.1,extended_l2=on")]
    public void An_internal_snapshot_is_read_by_id_and_by_name(string options)
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", options, "disk.qcow2", "8M");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 0 3M");
        _folder.QemuImg("snapshot", "-c", "before", "disk.qcow2");
        var before = _folder.BytesByQemu("disk.qcow2");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 2 1M 1M");
        _folder.QemuImg("snapshot", "-c", "1 more", "disk.qcow2");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 3 1500k 1M");

        using (var image = Open("disk.qcow2"))
            Assert.Equal([("1", "before", 8 << 20), ("2", "1 more", 8 << 20)], image.Snapshots.Select(s => (s.Id, s.Name, s.LengthBytes)));
        Assert.Equal(_folder.BytesByQemu("disk.qcow2"), _folder.BytesByUs("disk.qcow2"));
        Assert.Equal(before, _folder.BytesByUs("disk.qcow2", new ImageOpenOptions { Snapshot = "before" }));
        Assert.Equal(before, _folder.BytesByUs("disk.qcow2", new ImageOpenOptions { Snapshot = "1" }));
        Assert.Equal(_folder.BytesByQemu("disk.qcow2", "qcow2", "-l", "2"), _folder.BytesByUs("disk.qcow2", new ImageOpenOptions { Snapshot = "1 more" }));
        Refused("disk.qcow2", ImageFault.NotFound, "\"after\"", new ImageOpenOptions { Snapshot = "after" });
    }

    [Fact]
    public void An_encrypted_image_is_refused_by_name()
    {
        for (var left = 20; ; left--)
        {
            try
            {
                _folder.QemuImg("create", "-q", "-f", "qcow2", "--object", "secret,id=s,data=abc", "-o", "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=200", "luks.qcow2", "1M");
                break;
            }
            catch (Exception e) when (left > 0 && e.Message.Contains("Unable to get accurate CPU usage", StringComparison.Ordinal))
            {
                // qemu-img times its key derivation by the processor time that the kernel has counted, which may still be nought on a fast machine.
            }
        }

        Refused("luks.qcow2", ImageFault.Unsupported, "LUKS");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "aes.qcow2", "1M");
        Patch("aes.qcow2", 32, 0, 0, 0, 1);
        Refused("aes.qcow2", ImageFault.Unsupported, "AES");
    }

    [Fact]
    public void An_external_data_file_is_refused_by_name()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", "data_file=data.raw", "disk.qcow2", "1M");
        Refused("disk.qcow2", ImageFault.Unsupported, "external data file");
    }

    [Fact]
    public void A_dirty_image_is_read_and_a_corrupt_one_refused()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", "1M");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 0 1M");
        Patch("disk.qcow2", 79, 1);
        using (var dirty = Open("disk.qcow2"))
        {
            Assert.True(dirty.IsDirty);
            Assert.Equal(1, ImageFolder.BytesByUs(dirty)[^1]);
        }

        Patch("disk.qcow2", 79, 2);
        Refused("disk.qcow2", ImageFault.Inconsistent, "marked corrupt");
    }

    [Fact]
    public void Features_that_we_do_not_know_are_refused_with_their_names()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", "1M");
        var bytes = File.ReadAllBytes(_folder["disk.qcow2"]);

        // The table names bit 4 "extended L2 entries": move that entry to bit 40, and set 40 and 41.
        var name = bytes.AsSpan().IndexOf("extended L2 entries"u8);
        bytes[name - 1] = 40;
        bytes[74] = 3;
        File.WriteAllBytes(_folder["disk.qcow2"], bytes);
        Refused("disk.qcow2", ImageFault.Unsupported, "bit 40 \"extended L2 entries\", bit 41 (unnamed)");
    }

    [Fact]
    public void An_image_that_was_cut_off_is_an_error_and_not_zeroes()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", "4M");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 0 4M");
        using (var file = File.OpenWrite(_folder["disk.qcow2"]))
            file.SetLength(file.Length - (1 << 20));
        using var image = Open("disk.qcow2");
        var cut = Assert.Throws<ImageException>(() => ImageFolder.BytesByUs(image));
        Assert.Equal(ImageFault.Malformed, cut.Fault);
        Assert.Contains("beyond the file's end", cut.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_very_large_and_empty_disk_is_told_at_once()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", "60T");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 50T 64k");
        using var image = Open("disk.qcow2");
        const long tebi = 1L << 40;
        Assert.Equal(
            [
                new ImageExtent(new Extent(0, 50 * tebi), ImageExtentKind.Hole), new ImageExtent(new Extent(50 * tebi, 64 << 10), ImageExtentKind.Data),
                new ImageExtent(new Extent((50 * tebi) + (64 << 10), (10 * tebi) - (64 << 10)), ImageExtentKind.Hole),
            ],
            image.Extents(new Extent(0, 60 * tebi)));
    }

    [Fact]
    public void An_empty_disk_is_an_image_too()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", "0");
        using var image = Open("disk.qcow2");
        Assert.Equal(0, image.LengthBytes);
        Assert.Empty(image.Extents(new Extent(0, 0)));
        image.ReadAt([], 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_threads_read_one_image()
    {
        var content = Compressible(20 << 20);
        File.WriteAllBytes(_folder["disk.raw"], content);
        _folder.QemuImg("convert", "-f", "raw", "-c", "-O", "qcow2", "-o", "cluster_size=4k", "disk.raw", "disk.qcow2");

        // A cache far too small, so that slices come and go.
        using var image = Qcow2Reader.Open(_folder["disk.qcow2"], new ImageOpenOptions { TableCacheBytes = 8 << 10 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            var buffer = new byte[50_000];
            for (var i = 0; i < 200; i++)
            {
                var length = random.Next(1, buffer.Length);
                var at = random.Next(content.Length - length);
                image.ReadAt(buffer.AsSpan(0, length), at);
                Assert.True(content.AsSpan(at, length).SequenceEqual(buffer.AsSpan(0, length)), $"{length} bytes at {at} differ.");
            }
        }, TestContext.Current.CancellationToken)));
    }

    private Qcow2Reader Open(string name) => Qcow2Reader.Open(_folder[name], ImageOpenOptions.Default);

    private void Refused(string name, ImageFault fault, string words, ImageOpenOptions? options = null)
    {
        var refused = Assert.Throws<ImageException>(() => ImageFile.OpenForReading(_folder[name], ImageFormat.Qcow2, options).Dispose());
        Assert.Equal(fault, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private void Patch(string name, int at, params byte[] bytes)
    {
        using var file = File.OpenWrite(_folder[name]);
        file.Position = at;
        file.Write(bytes);
    }

    /// <summary>Turns the backing format extension into one that nobody knows: old images have none.</summary>
    private void DropBackingFormat(string name)
    {
        var at = File.ReadAllBytes(_folder[name]).AsSpan().IndexOf((ReadOnlySpan<byte>)[0xe2, 0x79, 0x2a, 0xca]);
        Assert.True(at > 0);
        Patch(name, at, 1, 2, 3, 4);
    }

    /// <summary>Text-like bytes with stretches that compress well, badly and to nothing.</summary>
    private static byte[] Compressible(int length)
    {
        var bytes = ImageFolder.Noise(length, 11);
        for (var at = 0; at < length; at += 3_000)
        {
            var part = bytes.AsSpan(at, Math.Min(2_500, length - at));
            for (var i = 0; i < part.Length; i++)
                part[i] = (byte)('a' + (part[i] & 3));
        }

        bytes.AsSpan(length / 2, 300_000).Clear();
        return bytes;
    }
}
