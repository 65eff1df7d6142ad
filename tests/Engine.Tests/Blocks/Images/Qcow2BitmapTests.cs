using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

public sealed class Qcow2BitmapTests : IDisposable
{
    private const int Kibi = 1024;
    private const int Length = 100 << 20;
    private readonly ImageFolder _folder = new();

    public Qcow2BitmapTests()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk.qcow2", $"{Length}");
        _folder.QemuImg("bitmap", "--add", "disk.qcow2", "coarse");
        _folder.QemuImg("bitmap", "--add", "--granularity", "4k", "disk.qcow2", "fine");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 0 1", "write -P 1 1M 200k", "write -P 1 50000k 5k", $"write -P 1 {Length - 512} 512");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_bitmap_tells_what_was_written_since_it_was_made_in_its_own_granularity()
    {
        using var image = Open();
        Assert.Equal([("coarse", 64 * Kibi), ("fine", 4 * Kibi)], image.Bitmaps.Select(bitmap => (bitmap.Name, (int)bitmap.GranularityBytes)));
        Assert.Equal(
            [At(0, 64), At(1024, 256), At(49984, 64), At(102336, 64)],
            image.DirtyExtents("coarse", new Extent(0, Length)));
        Assert.Equal(
            [At(0, 4), At(1024, 200), At(50000, 8), At(102396, 4)],
            image.DirtyExtents("fine", new Extent(0, Length)));
    }

    [Fact]
    public void A_bitmap_is_asked_for_a_range_too()
    {
        using var image = Open();
        Assert.Equal([new Extent(1_100_000, (1224 * Kibi) - 1_100_000)], image.DirtyExtents("fine", new Extent(1_100_000, 10_000_000)));
        Assert.Equal([new Extent(1_100_000, 10)], image.DirtyExtents("fine", new Extent(1_100_000, 10)));
        Assert.Empty(image.DirtyExtents("fine", new Extent(20_000_000, 10)));
        Assert.Empty(image.DirtyExtents("fine", new Extent(0, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.DirtyExtents("fine", new Extent(0, Length + 1)));
    }

    [Fact]
    public void A_bitmap_of_many_clusters_agrees_with_qemu()
    {
        // 512 bytes a bit and 4 KiB clusters: one cluster of the bitmap covers 16 MiB, some are all ones or all zeroes.
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", "many.qcow2", "200M");
        _folder.QemuImg("bitmap", "--add", "--granularity", "512", "many.qcow2", "b");
        _folder.QemuIo("many.qcow2", "qcow2", "write -z 30M 70M", "write -P 1 120M 100k", "write -P 1 150000001 511", "write -z 170M 30M");
        using var image = Qcow2Reader.Open(_folder["many.qcow2"], ImageOpenOptions.Default);
        Assert.Equal(
            [At(30 * 1024, 70 * 1024), At(120 * 1024, 100), new Extent(150_000_000 / 512 * 512, 1024), At(170 * 1024, 30 * 1024)],
            image.DirtyExtents("b", new Extent(0, 200 << 20)));
    }

    [Fact]
    public void A_disabled_bitmap_is_read_and_keeps_what_it_had()
    {
        _folder.QemuImg("bitmap", "--disable", "disk.qcow2", "fine");
        _folder.QemuIo("disk.qcow2", "qcow2", "write -P 1 70M 1M");
        using var image = Open();
        Assert.Equal([false, true], image.Bitmaps.OrderByDescending(bitmap => bitmap.Name).Select(bitmap => bitmap.IsRecording));
        Assert.Equal([At(0, 4), At(1024, 200), At(50000, 8), At(102396, 4)], image.DirtyExtents("fine", new Extent(0, Length)));
    }

    [Fact]
    public void A_bitmap_that_does_not_exist_is_named()
    {
        using var image = Open();
        var refused = Assert.Throws<ImageException>(() => image.DirtyExtents("none", new Extent(0, Length)));
        Assert.Equal(ImageFault.NotFound, refused.Fault);
        Assert.Contains("\"none\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bitmap_that_its_writer_did_not_close_is_refused_as_inconsistent()
    {
        // QEMU marks them in use at the first write and saves them when it closes: killed in between, it leaves the mark.
        _folder.Run("bash", "-c", "qemu-io -f qcow2 -c 'write 0 64k' -c 'sigraise 9' disk.qcow2 || true");
        using var image = Open();
        Assert.All(image.Bitmaps, bitmap => Assert.True(bitmap.IsInUse));
        Inconsistent(image, "marked as in use");
    }

    [Fact]
    public void Bitmaps_of_an_image_that_another_program_wrote_to_are_refused_as_inconsistent()
    {
        using (var file = File.OpenWrite(_folder["disk.qcow2"]))
        {
            // A program that does not know bitmaps clears the auto-clear bit.
            file.Position = 95;
            file.WriteByte(0);
        }

        using var image = Open();
        Inconsistent(image, "does not keep bitmaps");
    }

    [Fact]
    public void Bitmaps_belong_to_the_current_state_and_not_to_a_snapshot()
    {
        _folder.QemuImg("snapshot", "-c", "s", "disk.qcow2");
        using var image = Qcow2Reader.Open(_folder["disk.qcow2"], new ImageOpenOptions { Snapshot = "s" });
        Assert.Equal(ImageFault.Unsupported, Assert.Throws<ImageException>(() => image.DirtyExtents("fine", new Extent(0, Length))).Fault);
    }

    private Qcow2Reader Open() => Qcow2Reader.Open(_folder["disk.qcow2"], ImageOpenOptions.Default);

    private static Extent At(long kibi, long lengthKibi) => new(kibi * Kibi, lengthKibi * Kibi);

    private static void Inconsistent(Qcow2Reader image, string why)
    {
        var refused = Assert.Throws<ImageException>(() => image.DirtyExtents("fine", new Extent(0, Length)));
        Assert.Equal(ImageFault.Inconsistent, refused.Fault);
        Assert.Contains("\"fine\" is inconsistent", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }
}
