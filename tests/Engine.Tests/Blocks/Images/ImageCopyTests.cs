using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks.Images;

public sealed class ImageCopyTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData("qcow2", "qcow2")]
    [InlineData("qcow2", "raw")]
    [InlineData("raw", "qcow2")]
    [InlineData("raw", "raw")]
    public async Task A_disk_is_copied_from_image_to_image_digested_and_read_back(string from, string to)
    {
        MakeSource(from);
        CopyResult result;
        await using (var source = new ImageBlockReader(ImageFile.OpenForReading(_folder["source"], Format(from))))
        await using (var target = new ImageBlockWriter(ImageFile.Create(_folder["target"], Format(to), source.LengthBytes)))
            result = await BlockCopier.CopyAsync(source, target, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, TestContext.Current.CancellationToken);

        Assert.Equal(result.SourceDigest, result.TargetDigest);
        _folder.QemuImg("compare", "-f", from, "-F", to, "source", "target");
        if (to == "qcow2")
            _folder.CheckIsClean("target");

        // Sparse stays sparse: of 300 MiB some 12 hold data.
        var usedMebi = int.Parse(_folder.Run("du", "-m", "target").Split('\t')[0]);
        Assert.InRange(usedMebi, 10, 16);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("raw", 0L)]
    [InlineData("raw", 1L)]
    [InlineData("raw", 50_000_001L)]
    [InlineData("raw", 1L << 40)]
    [InlineData("qcow2", 0L)]
    [InlineData("qcow2", 512L)]
    [InlineData("qcow2", 50_000_384L)]
    [InlineData("qcow2", 1L << 40)]
    public async Task A_disk_of_empty_odd_and_huge_size_is_copied_into_a_file_and_from_it(string format, long length)
    {
        var source = new MemoryDisk("source", length);
        if (length > 0)
            source.Write(length - Math.Min(length, 70_001), Scratch.Noise(3, (int)Math.Min(length, 70_001)));
        if (length > 1 << 20)
            source.Write(length / 2, Scratch.Noise(4, 1 << 20));
        CopyResult written, read;
        await using (var target = new ImageBlockWriter(ImageFile.Create(_folder["image"], Format(format), length)))
            written = await BlockCopier.CopyAsync(source.Reader(), target, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, TestContext.Current.CancellationToken);
        var back = new MemoryDisk("back", length);
        await using (var image = new ImageBlockReader(ImageFile.OpenForReading(_folder["image"], Format(format))))
            read = await BlockCopier.CopyAsync(image, back.Writer(), new CopyOptions { TargetIsZero = true, ReadBack = true }, null, TestContext.Current.CancellationToken);

        Assert.Equal(length, read.TotalBytes);
        Assert.Equal((written.SourceDigest, written.SourceDigest), (written.TargetDigest, read.TargetDigest));
        Assert.Equal(source.StoredBytes, back.StoredBytes);
        if (format == "qcow2")
            _folder.CheckIsClean("image");
        Assert.InRange(int.Parse(_folder.Run("du", "-m", "image").Split('\t')[0]), 0, 6);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shut_down_disk_is_brought_up_to_date_by_its_persistent_bitmap()
    {
        var cancel = TestContext.Current.CancellationToken;
        MakeSource("qcow2");
        _folder.QemuImg("bitmap", "--add", "source", "round");
        await using (var source = new ImageBlockReader(ImageFile.OpenForReading(_folder["source"], ImageFormat.Qcow2)))
        await using (var target = new ImageBlockWriter(ImageFile.Create(_folder["target"], ImageFormat.Qcow2, source.LengthBytes)))
            await BlockCopier.CopyAsync(source, target, new CopyOptions { TargetIsZero = true }, null, cancel);

        _folder.QemuIo("source", "qcow2", "write -P 77 10M 100k", "write -z 100M 1M", "write -P 78 250M 64k");
        var reader = Qcow2Reader.Open(_folder["source"], ImageOpenOptions.Default);
        await using (var source = new ImageBlockReader(reader))
        await using (var target = new ImageBlockWriter(ImageFile.OpenForWriting(_folder["target"], ImageFormat.Qcow2)))
        {
            var changed = new ExtentSet.Builder();
            foreach (var extent in reader.DirtyExtents("round", new Extent(0, reader.LengthBytes)))
                changed.Add(extent.Offset, extent.LengthBytes);
            var result = await BlockCopier.CopyAsync(source, target, new CopyOptions { Ranges = changed.Build(), ReadBack = true }, null, cancel);
            Assert.InRange(result.WrittenBytes, 164 << 10, 256 << 10);
        }

        _folder.QemuImg("compare", "-f", "qcow2", "-F", "qcow2", "source", "target");
        _folder.CheckIsClean("target");
    }

    [Fact(Timeout = 60_000)]
    public async Task An_image_is_copied_to_a_qemu_nbd_and_its_digest_agrees()
    {
        var cancel = TestContext.Current.CancellationToken;
        MakeSource("qcow2");
        _folder.QemuImg("create", "-q", "-f", "qcow2", "target", $"{Length}");
        using (await QemuNbd.Start(_folder["socket"], _folder["target"], "qcow2", cancel))
        {
            await using var source = new ImageBlockReader(ImageFile.OpenForReading(_folder["source"], ImageFormat.Qcow2));
            await using var target = await NbdWriter.ConnectAsync(NbdEndpoint.Parse($"nbd+unix:///?socket={_folder["socket"]}"), new NbdOptions(), cancel);
            var result = await BlockCopier.CopyAsync(source, target, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, cancel);
            Assert.Equal(result.SourceDigest, result.TargetDigest);
        }

        _folder.QemuImg("compare", "-f", "qcow2", "-F", "qcow2", "source", "target");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_copy_into_a_qcow2_file_goes_on_after_a_kill_and_sends_little_again()
    {
        const int noise = 64 << 20;
        _folder.QemuImg("create", "-q", "-f", "qcow2", "source", "200M");
        File.WriteAllBytes(_folder["noise"], ImageFolder.Noise(noise, 2));
        _folder.QemuIo("source", "qcow2", $"write -s {_folder["noise"]} 3M {noise}");
        using var source = ImageFile.OpenForReading(_folder["source"], ImageFormat.Qcow2);
        await using var reader = new ImageBlockReader(source, ownsImage: false);
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        // What a kill leaves is the file as it is at that moment, without what the writer would still do when it is closed: so a copy of the file stands for it.
        var store = new SnapshottingStore(() => File.Copy(_folder["target"], _folder["left"], overwrite: true), killed);
        await using (var target = new ImageBlockWriter(ImageFile.Create(_folder["target"], ImageFormat.Qcow2, source.LengthBytes)))
        {
            var options = new CopyOptions { TargetIsZero = true, Resume = new ResumeOptions(store, "stopped") };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BlockCopier.CopyAsync(reader, target, options, null, killed.Token));
        }

        CopyResult result;
        await using (var target = new ImageBlockWriter(ImageFile.OpenForWriting(_folder["left"], ImageFormat.Qcow2)))
        {
            var options = new CopyOptions { Resume = new ResumeOptions(store, "stopped"), ReadBack = true };
            result = await BlockCopier.CopyAsync(reader, target, options, null, TestContext.Current.CancellationToken);
        }

        // How much the map had saved at the kill depends on the machine's pace; what it had saved is not read again, and that is one chunk at the least.
        Assert.InRange(result.ReadBytes, 1, noise - DigestTree.ChunkBytes);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        _folder.QemuImg("compare", "-f", "qcow2", "-F", "qcow2", "source", "left");
        _folder.CheckIsClean("left");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_target_without_room_is_told_as_that_and_as_the_targets_fault()
    {
        MakeSource("raw");
        _folder.Run("mkdir", "small");
        var (code, output) = _folder.Try("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", _folder["small"]);
        Assert.SkipWhen(code != 0, $"A file system cannot be mounted here: {output}");
        try
        {
            await using var source = new ImageBlockReader(ImageFile.OpenForReading(_folder["source"], ImageFormat.Raw));
            await using var target = new ImageBlockWriter(ImageFile.Create(_folder["small/target"], ImageFormat.Qcow2, source.LengthBytes));
            var full = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(source, target, new CopyOptions { TargetIsZero = true }, null, TestContext.Current.CancellationToken));
            Assert.Equal(BlockErrorKind.NoSpace, full.Kind);
            Assert.True(full.AtTarget);
        }
        finally
        {
            _folder.Run("umount", "--lazy", _folder["small"]);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_was_cut_off_ends_the_copy_with_the_place()
    {
        MakeSource("qcow2");
        using (var file = File.OpenWrite(_folder["source"]))
            file.SetLength(file.Length - (1 << 20));
        await using var source = new ImageBlockReader(ImageFile.OpenForReading(_folder["source"], ImageFormat.Qcow2));
        await using var target = new ImageBlockWriter(ImageFile.Create(_folder["target"], ImageFormat.Raw, source.LengthBytes));
        var cut = await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(source, target, new CopyOptions { TargetIsZero = true }, null, TestContext.Current.CancellationToken));
        Assert.Equal(BlockErrorKind.ReadFailed, cut.Kind);
        Assert.False(cut.AtTarget);
    }

    private const long Length = (300 << 20) + 512;

    private static ImageFormat Format(string name) => name == "raw" ? ImageFormat.Raw : ImageFormat.Qcow2;

    private void MakeSource(string format)
    {
        _folder.QemuImg("create", "-q", "-f", format, "source", $"{Length}");
        File.WriteAllBytes(_folder["noise"], ImageFolder.Noise(11 << 20, 1));
        _folder.QemuIo("source", format, $"write -s {_folder["noise"]} 7M 11M", "write -P 1 100M 300k", "write -P 2 200000001 77", "write -P 0 150M 5M", $"write -P 3 {Length - 512} 512");
    }

    /// <summary>Kills the copy at its fifth map.</summary>
    private sealed class SnapshottingStore(Action kill, CancellationTokenSource killed) : ResumeStore
    {
        private byte[]? _map;
        private int _saves;

        public override ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_map);

        public override ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken)
        {
            if (killed.IsCancellationRequested && _saves == 5)
                return ValueTask.CompletedTask;
            _map = map.ToArray();
            if (++_saves == 5)
            {
                kill();
                killed.Cancel();
            }

            return ValueTask.CompletedTask;
        }

        public override ValueTask DeleteAsync(CancellationToken cancellationToken)
        {
            _map = null;
            return ValueTask.CompletedTask;
        }
    }
}
