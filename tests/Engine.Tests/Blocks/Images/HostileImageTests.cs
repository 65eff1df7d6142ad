using System.Buffers.Binary;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

/// <summary>Images that somebody made to do harm, or that a fault changed: an <see cref="ImageException"/> or wrong bytes, never anything else, and never for long.</summary>
public sealed class HostileImageTests : IDisposable
{
    private const int MutationsEach = 1_500;
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Seeds => ["plain", "version 2", "compressed", "zstd", "extended", "snapshots", "bitmaps", "backed"];

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(Seeds))]
    public async Task A_mutated_image_ends_in_our_exception_or_none(string kind)
    {
        var original = Make(kind);
        var metadata = Metadata(original);
        var bytes = (byte[])original.Clone();
        var random = new Random(kind.Length);
        await Task.Run(() =>
        {
            var refused = 0;
            for (var i = 0; i < MutationsEach; i++)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                var changed = Mutate(bytes, metadata, random);
                File.WriteAllBytes(_folder["mutated.qcow2"], bytes);
                refused += TryAll(kind) ? 0 : 1;
                foreach (var (at, length) in changed)
                    original.AsSpan(at, length).CopyTo(bytes.AsSpan(at));
            }

            // A mutation that nothing notices is possible, most must be noticed: else the test aims beside the metadata.
            Assert.True(refused > MutationsEach / 5, $"Only {refused} of {MutationsEach} were refused.");
        }, TestContext.Current.CancellationToken);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Seeds))]
    public async Task An_image_cut_off_anywhere_ends_in_our_exception_or_none(string kind)
    {
        var original = Make(kind);
        await Task.Run(() =>
        {
            var random = new Random(1);
            for (var i = 0; i < 200; i++)
            {
                File.WriteAllBytes(_folder["mutated.qcow2"], original[..(i < 130 ? i : random.Next(original.Length))]);
                TryAll(kind);
            }
        }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void An_endless_disk_in_a_small_file_is_refused_for_its_tables()
    {
        Make("plain");
        Patch64(24, long.MaxValue);
        Refused("entries but a disk of");
        Patch64(24, -1);
        Refused("its disk would be");
        Patch64(24, 1 << 20);
        Patch32(36, 0x7fffffff);
        Refused("the most that is supported");
        Patch64(24, 1L << 42);
        Patch32(36, 4 << 20);
        Refused("beyond the file's end");
    }

    [Fact]
    public void One_table_that_stands_for_the_whole_disk_is_refused()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "mutated.qcow2", "8G");
        _folder.QemuIo("mutated.qcow2", "qcow2", "write 0 64k");
        var bytes = File.ReadAllBytes(_folder["mutated.qcow2"]);
        var l1 = (int)BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(40));
        bytes.AsSpan(l1, 8).CopyTo(bytes.AsSpan(l1 + 8));
        File.WriteAllBytes(_folder["mutated.qcow2"], bytes);
        Refused("points twice");
    }

    [Fact]
    public void Two_uses_of_one_cluster_are_refused_for_writing()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "mutated.qcow2", "8M");
        _folder.QemuIo("mutated.qcow2", "qcow2", "write 0 1M");
        var bytes = File.ReadAllBytes(_folder["mutated.qcow2"]);
        var l1 = (int)BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(40));
        var l2 = (int)(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(l1)) & 0x00fffffffffffe00);
        bytes.AsSpan(l2, 8).CopyTo(bytes.AsSpan(l2 + 8));
        File.WriteAllBytes(_folder["mutated.qcow2"], bytes);
        var refused = Assert.Throws<ImageException>(() => Qcow2Writer.Open(_folder["mutated.qcow2"]));
        Assert.Equal(ImageFault.Inconsistent, refused.Fault);
        Assert.Contains("used twice", refused.Message, StringComparison.Ordinal);

        // A data cluster that is the L1 table: written to, it would turn the image into anything.
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(l2 + 8), l1);
        File.WriteAllBytes(_folder["mutated.qcow2"], bytes);
        Assert.Equal(ImageFault.Inconsistent, Assert.Throws<ImageException>(() => Qcow2Writer.Open(_folder["mutated.qcow2"])).Fault);
    }

    [Fact]
    public void A_zstd_frame_that_asks_for_much_memory_is_refused()
    {
        Make("zstd");
        var bytes = File.ReadAllBytes(_folder["mutated.qcow2"]);

        // Frame header: magic, descriptor 0 (no single segment), window descriptor for 2^41 bytes.
        for (var at = 0; (at = IndexOf(bytes, [0x28, 0xb5, 0x2f, 0xfd], at)) >= 0; at += 4)
            (bytes[at + 4], bytes[at + 5]) = (0, 0xf8);
        File.WriteAllBytes(_folder["mutated.qcow2"], bytes);
        using var image = Qcow2Reader.Open(_folder["mutated.qcow2"], ImageOpenOptions.Default);
        Assert.Contains("does not decompress", Assert.Throws<ImageException>(() => ImageFolder.BytesByUs(image)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_the_file_cannot_steer_a_terminal()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "mutated.qcow2", "1M");
        _folder.QemuImg("snapshot", "-c", "\u001b[2Jgone", "mutated.qcow2");
        using var image = Qcow2Reader.Open(_folder["mutated.qcow2"], ImageOpenOptions.Default);
        Assert.Equal("?[2Jgone", image.Snapshots[0].Name);
    }

    private static int IndexOf(byte[] bytes, ReadOnlySpan<byte> what, int from)
    {
        var found = bytes.AsSpan(from).IndexOf(what);
        return found < 0 ? found : from + found;
    }

    private byte[] Make(string kind)
    {
        var image = _folder["mutated.qcow2"];
        File.WriteAllBytes(_folder["source.raw"], [.. Enumerable.Range(0, 600_064).Select(i => (byte)(i / 77))]);
        switch (kind)
        {
            case "compressed" or "zstd":
                var method = kind == "zstd" ? "zstd" : "zlib";
                _folder.QemuImg("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", $"cluster_size=4k,compression_type={method}", "source.raw", image);
                break;
            case "backed":
                _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", "source.raw", "-o", "cluster_size=4k", image);
                break;
            case "extended":
                _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", "cluster_size=16k,extended_l2=on", image, "1M");
                break;
            default:
                _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", $"cluster_size=4k,compat={(kind == "version 2" ? "0.10" : "1.1")}", image, "1M");
                break;
        }

        if (kind == "bitmaps")
        {
            _folder.QemuImg("bitmap", "--add", "--granularity", "512", image, "b");
            _folder.QemuImg("bitmap", "--add", image, "c");
        }

        _folder.QemuIo(image, "qcow2", "write -P 1 100k 50k", "write -P 2 300k 5k");
        if (kind == "snapshots")
        {
            _folder.QemuImg("snapshot", "-c", "one", image);
            _folder.QemuIo(image, "qcow2", "write -P 3 120k 50k");
            _folder.QemuImg("snapshot", "-c", "two", image);
        }

        return File.ReadAllBytes(image);
    }

    /// <summary>The clusters worth changing: all that hold no data. Found by what qcow2 says of itself, roughly: the header and everything its fields and the L1 entries point to.</summary>
    private static int[] Metadata(byte[] image)
    {
        var clusters = new HashSet<int> { 0 };
        var cluster = 1 << BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(20));
        foreach (var field in new[] { 40, 48, 64, 8 })
            Add(BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(field)));
        var l1 = BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(40));
        for (var i = 0; i < 4; i++)
            Add(BinaryPrimitives.ReadInt64BigEndian(image.AsSpan((int)l1 + (8 * i))) & 0x00fffffffffffe00);
        Add(BinaryPrimitives.ReadInt64BigEndian(image.AsSpan((int)BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(48)))));
        var extension = image.AsSpan(0, cluster).IndexOf((ReadOnlySpan<byte>)[0x23, 0x85, 0x28, 0x75]);
        if (extension > 0)
            Add(BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(extension + 24)));
        return [.. clusters.Select(start => start * cluster)];

        void Add(long offset)
        {
            if (offset > 0 && offset < image.Length)
                clusters.Add((int)(offset / cluster));
        }
    }

    /// <summary>Changes one to three fields: where there is something rather than where there are zeroes, by values that tend to hurt.</summary>
    private static List<(int At, int Length)> Mutate(byte[] image, int[] metadata, Random random)
    {
        var changed = new List<(int, int)>();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var start = random.Next(3) == 0 ? 0 : metadata[random.Next(metadata.Length)];
            var at = start == 0 ? random.Next(4, 26) * 4 : start + (random.Next(512) & ~3);
            at = Math.Min(at, image.Length - 8);

            // Now and then anywhere: in compressed images most of that is what the decompressors are given.
            if (random.Next(5) == 0)
                at = random.Next(metadata.Max(), image.Length - 8);
            for (var tries = 0; tries < 20 && start != 0 && BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(at)) == 0; tries++)
                at = Math.Min(start + (random.Next(4096) & ~3), image.Length - 8);
            var wide = random.Next(2) == 0;
            changed.Add((at, wide ? 8 : 4));
            var field = image.AsSpan(at, wide ? 8 : 4);
            switch (random.Next(6))
            {
                case 0:
                    random.NextBytes(field);
                    break;
                case 1:
                    field.Fill(0xff);
                    break;
                case 2:
                    field[random.Next(field.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 3:
                    field.Clear();
                    field[random.Next(field.Length)] = (byte)(1 << random.Next(8));
                    break;
                case 4:
                    BinaryPrimitives.WriteInt32BigEndian(field, random.Next(32) * 4096);
                    break;
                default:
                    field[0] = 0x7f;
                    break;
            }
        }

        return changed;
    }

    /// <returns>False when any of it was refused.</returns>
    private bool TryAll(string kind)
    {
        var path = _folder["mutated.qcow2"];
        var good = Try(() => ReadSome(path, ImageOpenOptions.Default));
        if (kind == "snapshots")
            good &= Try(() => ReadSome(path, new ImageOpenOptions { Snapshot = "one" }));
        if (kind == "backed")
            return good;
        return good & Try(
            () =>
            {
                using var image = Qcow2Writer.Open(path);
                var length = (int)Math.Min(image.LengthBytes, 40_000);
                image.ReadAt(new byte[length], 0);
                image.WriteAt(new byte[length], image.LengthBytes - length);
                image.WriteZeroesAt(0, length);
                image.Flush();
            });
    }

    private static void ReadSome(string path, ImageOpenOptions options)
    {
        using var image = Qcow2Reader.Open(path, options);
        var buffer = new byte[64 << 10];
        var (count, read) = (0, 0);
        foreach (var extent in image.Extents(new Extent(0, image.LengthBytes)))
        {
            if (++count > 10_000)
                break;
            var end = extent.Kind == ImageExtentKind.Data ? Math.Min(extent.Range.End, extent.Range.Offset + (1 << 20)) : 0;
            for (var at = extent.Range.Offset; at < end && read < 4 << 20; at += buffer.Length, read += buffer.Length)
                image.ReadAt(buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
        }

        foreach (var bitmap in image.Bitmaps)
        {
            if (options.Snapshot is null)
                _ = image.DirtyExtents(bitmap.Name, new Extent(0, image.LengthBytes)).Take(10_000).Count();
        }
    }

    private static bool Try(Action open)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            open();
            return true;
        }
        catch (ImageException)
        {
            return false;
        }
        finally
        {
            // The file is a few hundred KiB: what opening it may take has to do with the limits in the code, not with numbers in the file.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 << 20);
        }
    }

    private void Refused(string words)
    {
        var refused = Assert.Throws<ImageException>(() => Qcow2Reader.Open(_folder["mutated.qcow2"], ImageOpenOptions.Default));
        Assert.Equal(ImageFault.Malformed, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private void Patch64(int at, long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Patch(at, bytes);
    }

    private void Patch32(int at, int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        Patch(at, bytes);
    }

    private void Patch(int at, byte[] bytes)
    {
        using var file = File.OpenWrite(_folder["mutated.qcow2"]);
        file.Position = at;
        file.Write(bytes);
    }
}
