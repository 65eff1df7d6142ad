using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

public sealed class ImageLockTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 30_000)]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public async Task An_image_that_qemu_nbd_writes_to_is_neither_read_nor_written(string format)
    {
        _folder.QemuImg("create", "-q", "-f", format, "disk", "4M");
        using (await Serve(format, TestContext.Current.CancellationToken))
        {
            var reading = Assert.Throws<ImageException>(() => OpenForReading(format));
            Assert.Equal(ImageFault.InUse, reading.Fault);
            Assert.Contains(_folder["disk"], reading.Message, StringComparison.Ordinal);
            Assert.Contains("another process", reading.Message, StringComparison.Ordinal);
            Assert.Equal(ImageFault.InUse, Assert.Throws<ImageException>(() => OpenForWriting(format)).Fault);
        }

        OpenForReading(format).Dispose();
        OpenForWriting(format).Dispose();
    }

    [Theory(Timeout = 30_000)]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public async Task An_image_that_qemu_nbd_only_reads_is_read_too_but_not_written(string format)
    {
        _folder.QemuImg("create", "-q", "-f", format, "disk", "4M");
        using var server = await Serve(format, TestContext.Current.CancellationToken, "--read-only");
        OpenForReading(format).Dispose();
        Assert.Equal(ImageFault.InUse, Assert.Throws<ImageException>(() => OpenForWriting(format)).Fault);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public void Qemu_refuses_an_image_that_we_write_to(string format)
    {
        _folder.QemuImg("create", "-q", "-f", format, "disk", "4M");
        using (OpenForWriting(format))
        {
            foreach (var arguments in new string[][] { ["convert", "-f", format, "-O", "raw", "disk", "copy"], ["resize", "-f", format, "disk", "8M"] })
            {
                var (code, output) = _folder.Try("qemu-img", arguments);
                Assert.NotEqual(0, code);
                Assert.Contains("lock", output, StringComparison.Ordinal);
            }

            Assert.Contains("lock", _folder.Try("qemu-io", "-f", format, "-c", "write 0 512", "disk").Output, StringComparison.Ordinal);
            Assert.Contains("lock", _folder.Try("qemu-nbd", "-f", format, "-k", _folder["socket"], "disk").Output, StringComparison.Ordinal);
        }

        _folder.QemuImg("info", "-f", format, "disk");
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public void Qemu_may_read_but_not_write_an_image_that_we_read(string format)
    {
        _folder.QemuImg("create", "-q", "-f", format, "disk", "4M");
        using (OpenForReading(format))
        {
            _folder.QemuImg("info", "-f", format, "disk");
            _folder.QemuImg("convert", "-f", format, "-O", "raw", "disk", "copy");
            Assert.Contains("lock", _folder.Try("qemu-io", "-f", format, "-c", "write 0 512", "disk").Output, StringComparison.Ordinal);
        }

        _folder.QemuIo("disk", format, "write 0 512");
    }

    [Fact]
    public void A_new_image_is_ours_from_the_beginning()
    {
        using (Qcow2Writer.Create(_folder["disk"], 1 << 20))
            Assert.Contains("lock", _folder.Try("qemu-img", "resize", "-f", "qcow2", "disk", "+1M").Output, StringComparison.Ordinal);
        using (RawFile.Create(_folder["disk.raw"], 1 << 20))
            Assert.Contains("lock", _folder.Try("qemu-img", "resize", "-f", "raw", "disk.raw", "+1M").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void We_keep_out_ourselves()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk", "4M");
        using (OpenForReading("qcow2"))
        {
            OpenForReading("qcow2").Dispose();
            Assert.Equal(ImageFault.InUse, Assert.Throws<ImageException>(() => OpenForWriting("qcow2")).Fault);
        }

        using (OpenForWriting("qcow2"))
        {
            Assert.Equal(ImageFault.InUse, Assert.Throws<ImageException>(() => OpenForReading("qcow2")).Fault);
            Assert.Equal(ImageFault.InUse, Assert.Throws<ImageException>(() => OpenForWriting("qcow2")).Fault);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_backing_file_is_guarded_like_the_image_itself()
    {
        _folder.QemuImg("create", "-q", "-f", "qcow2", "disk", "4M");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "disk", "top.qcow2");
        using var server = await Serve("qcow2", TestContext.Current.CancellationToken);
        var refused = Assert.Throws<ImageException>(() => ImageFile.OpenForReading(_folder["top.qcow2"], ImageFormat.Qcow2));
        Assert.Equal(ImageFault.InUse, refused.Fault);
        Assert.Equal(_folder["disk"], refused.ImagePath);
    }

    private ImageReader OpenForReading(string format) => ImageFile.OpenForReading(_folder["disk"], Format(format));

    private ImageWriter OpenForWriting(string format) => ImageFile.OpenForWriting(_folder["disk"], Format(format));

    private static ImageFormat Format(string name) => name == "raw" ? ImageFormat.Raw : ImageFormat.Qcow2;

    [Fact(Timeout = 60_000)]
    public async Task A_closed_image_is_free_at_once_even_while_processes_are_being_started()
    {
        _folder.QemuImg("create", "-q", "-f", "raw", "disk", "1M");
        var starting = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
                _folder.Run("true");
        }, TestContext.Current.CancellationToken);
        while (!starting.IsCompleted)
            OpenForWriting("raw").Dispose();
        await starting;
    }

    private Task<QemuNbd> Serve(string format, CancellationToken cancel, params string[] more) => QemuNbd.Start(_folder["socket"], _folder["disk"], format, cancel, more);
}
