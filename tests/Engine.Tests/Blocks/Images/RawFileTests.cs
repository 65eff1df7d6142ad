using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

public sealed class RawFileTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_disk_of_odd_size_is_read_and_written_to_its_last_byte()
    {
        const int length = 1_000_003;
        var content = ImageFolder.Noise(length, 1);
        using (var image = RawFile.Create(_folder["disk.raw"], length))
        {
            image.WriteAt(content.AsSpan(0, 777), 0);
            image.WriteAt(content.AsSpan(777), 777);
            image.Flush();
            Assert.Equal(content, ImageFolder.BytesByUs(image, 999));
            Assert.Throws<ArgumentOutOfRangeException>(() => image.WriteAt(new byte[2], length - 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => image.ReadAt(new byte[2], length - 1));
        }

        Assert.Equal(content, File.ReadAllBytes(_folder["disk.raw"]));
    }

    [Fact]
    public void Holes_are_told_from_data_and_zeroing_makes_holes()
    {
        const long mebi = 1 << 20;
        using var image = RawFile.Create(_folder["disk.raw"], 64 * mebi);
        image.WriteAt(ImageFolder.Noise((int)(2 * mebi), 2), 8 * mebi);
        image.WriteAt(ImageFolder.Noise((int)mebi, 3), 63 * mebi);
        Assert.Equal(
            [Extent(0, 8, ImageExtentKind.Hole), Extent(8, 2, ImageExtentKind.Data), Extent(10, 53, ImageExtentKind.Hole), Extent(63, 1, ImageExtentKind.Data)],
            image.Extents(new Extent(0, 64 * mebi)));

        image.WriteZeroesAt(8 * mebi, mebi);
        Assert.Equal([Extent(5, 4, ImageExtentKind.Hole), Extent(9, 1, ImageExtentKind.Data)], image.Extents(new Extent(5 * mebi, 5 * mebi)));
        var bytes = new byte[mebi];
        image.ReadAt(bytes, 8 * mebi);
        Assert.False(bytes.AsSpan().ContainsAnyExcept((byte)0));

        static ImageExtent Extent(long from, long length, ImageExtentKind kind) => new(new Extent(from * mebi, length * mebi), kind);
    }

    [Fact]
    public void Zeroing_an_odd_range_leaves_its_neighbours()
    {
        var content = ImageFolder.Noise(100_000, 4);
        using var image = RawFile.Create(_folder["disk.raw"], content.Length);
        image.WriteAt(content, 0);
        image.WriteZeroesAt(4_097, 50_001);
        content.AsSpan(4_097, 50_001).Clear();
        Assert.Equal(content, ImageFolder.BytesByUs(image));
    }

    [Fact]
    public void A_file_that_exists_is_never_created_anew()
    {
        File.WriteAllText(_folder["disk.raw"], "precious");
        var refused = Assert.Throws<ImageException>(() => RawFile.Create(_folder["disk.raw"], 10));
        Assert.Equal(ImageFault.Exists, refused.Fault);
        Assert.Contains(_folder["disk.raw"], refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_folder["disk.raw"]));
    }

    [Fact]
    public void What_is_no_file_and_no_block_device_is_refused_and_not_waited_for()
    {
        _folder.Run("mkfifo", "pipe");
        Assert.Equal(ImageFault.Unsupported, Assert.Throws<ImageException>(() => RawFile.OpenForReading(_folder["pipe"])).Fault);
        Assert.Equal(ImageFault.Unsupported, Assert.Throws<ImageException>(() => RawFile.OpenForReading("/dev/null")).Fault);
        Assert.Equal(ImageFault.NotFound, Assert.Throws<ImageException>(() => RawFile.OpenForReading(_folder["nothing"])).Fault);
    }

    [Fact]
    public void An_image_opened_for_reading_is_not_written_to()
    {
        File.WriteAllBytes(_folder["disk.raw"], new byte[512]);
        using var image = RawFile.OpenForReading(_folder["disk.raw"]);
        Assert.Throws<InvalidOperationException>(() => image.WriteAt(new byte[1], 0));
        Assert.Throws<InvalidOperationException>(() => image.WriteZeroesAt(0, 1));
    }

    [Fact]
    public void A_disk_full_while_writing_is_told_as_that()
    {
        // /dev/full is no file, so a file size limit cannot be tested with it: a small file system of its own can.
        _folder.Run("mkdir", "small");
        var (code, output) = _folder.Try("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", _folder["small"]);
        Assert.SkipWhen(code != 0, $"A file system cannot be mounted here: {output}");
        try
        {
            using var image = RawFile.Create(_folder["small/disk.raw"], 8 << 20);
            var full = Assert.Throws<ImageException>(() => image.WriteAt(ImageFolder.Noise(4 << 20, 5), 0));
            Assert.Equal(ImageFault.Full, full.Fault);
            Assert.Contains("No space left", full.Message, StringComparison.Ordinal);
        }
        finally
        {
            _folder.Run("umount", _folder["small"]);
        }
    }

    [Fact]
    public void A_block_device_is_read_with_its_size()
    {
        var content = ImageFolder.Noise(1 << 20, 6);
        File.WriteAllBytes(_folder["disk.raw"], content);
        var (code, output) = _folder.Try("losetup", "--find", "--show", "--read-only", _folder["disk.raw"]);
        Assert.SkipWhen(code != 0, $"A loop device cannot be made here: {output}");
        var device = output.Trim();
        try
        {
            using var image = RawFile.OpenForReading(device);
            Assert.True(image.IsBlockDevice);
            Assert.Equal(content.Length, image.LengthBytes);
            Assert.Equal(content, ImageFolder.BytesByUs(image));
            Assert.Equal([new ImageExtent(new Extent(0, content.Length), ImageExtentKind.Data)], image.Extents(new Extent(0, content.Length)));
        }
        finally
        {
            _folder.Run("losetup", "--detach", device);
        }
    }
}
