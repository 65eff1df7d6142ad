using VmMigrate.Engine.Blocks.Images;
using static VmMigrate.Engine.Tests.Blocks.Images.RecordingFile;

namespace VmMigrate.Engine.Tests.Blocks.Images;

/// <summary>Whatever moment a writer is cut off at: QEMU finds nothing worse than leaks, and what was flushed and not touched since is there.</summary>
public sealed class Qcow2CrashTests : IDisposable
{
    private const int Length = 3 << 20;
    private const int Cuts = 15;
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, "new")]
    [InlineData(2, "new")]
    [InlineData(3, "cluster_size=512,refcount_bits=64")]
    [InlineData(4, "cluster_size=4096")]
    [InlineData(5, "compressed")]
    public void A_killed_writer_leaves_a_sound_image(int seed, string made) => Try(seed, made, isPowerCut: false);

    [Theory]
    [InlineData(11, "new")]
    [InlineData(12, "new")]
    [InlineData(13, "cluster_size=512,refcount_bits=64")]
    [InlineData(14, "cluster_size=4096")]
    [InlineData(15, "compressed")]
    public void A_power_cut_that_keeps_any_part_of_what_was_not_synced_leaves_a_sound_image(int seed, string made) => Try(seed, made, isPowerCut: true);

    private void Try(int seed, string made, bool isPowerCut)
    {
        var random = new Random(seed);
        var (file, start, flushed) = Write(made, random, isPowerCut);
        var changes = file.Changes;
        var first = flushed[0].Changes;
        Assert.True(changes.Count > first + 200);
        for (var i = 0; i < Cuts; i++)
        {
            var cut = random.Next(first, changes.Count + 1);
            File.WriteAllBytes(_folder["cut.qcow2"], Left(start, changes, cut, isPowerCut, random));
            var (code, output) = _folder.Try("qemu-img", "check", "-f", "qcow2", "cut.qcow2");
            Assert.True(code is 0 or 3, $"Cut off after change {cut} of {changes.Count}: {output}");
            var last = flushed.Last(flush => flush.Changes <= cut);
            Compare(last, _folder.BytesByUs("cut.qcow2"), $"cut off after change {cut}");

            // Opening it again frees what leaked.
            Qcow2Writer.Open(_folder["cut.qcow2"]).Dispose();
            if (made != "compressed")
                _folder.CheckIsClean("cut.qcow2");
            Compare(last, _folder.BytesByUs("cut.qcow2"), $"cut off after change {cut} and opened again");
        }
    }

    /// <summary>Writes a lot at random, with tables that never fit in memory, and flushes now and then.</summary>
    private (RecordingFile File, byte[] Start, List<Flushed> Flushed) Write(string made, Random random, bool isPowerCut)
    {
        var path = _folder["disk.qcow2"];
        var options = new Qcow2WriterOptions { ClusterBytes = 512, TableCacheBytes = 1 };
        var content = new byte[Length];
        var start = Array.Empty<byte>();
        RecordingFile file;
        Qcow2Writer image;
        if (made == "new")
        {
            file = RecordingFile.Create(path);
            image = Qcow2Writer.Create(file, Length, options);
        }
        else
        {
            if (made == "compressed")
            {
                for (var i = 0; i < Length; i++)
                    content[i] = (byte)(i / 1000);
                File.WriteAllBytes(_folder["source"], content);
                _folder.QemuImg("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=4k", "source", path);
            }
            else
            {
                _folder.QemuImg("create", "-q", "-f", "qcow2", "-o", made, path, $"{Length}");
            }

            start = File.ReadAllBytes(path);
            file = RecordingFile.OpenForWriting(path);
            image = Qcow2Writer.Open(file, options);
        }

        var flushed = new List<Flushed> { new(file.Changes.Count, (byte[])content.Clone(), []) };
        for (var i = 0; i < 300; i++)
        {
            var at = random.Next(Length);
            var length = Math.Min(Length - at, random.Next(1, 6_000));
            foreach (var flush in flushed)
                flush.TouchedSince.Add((at, at + length));
            if (random.Next(4) == 0)
            {
                image.WriteZeroesAt(at, length);
                content.AsSpan(at, length).Clear();
            }
            else
            {
                random.NextBytes(content.AsSpan(at, length));
                image.WriteAt(content.AsSpan(at, length), at);
            }

            if (i % 50 == 49)
            {
                // Written back survives a kill, flushed survives a power cut too.
                if (isPowerCut)
                    image.Flush();
                else
                    image.WriteBack();
                flushed.Add(new Flushed(file.Changes.Count, (byte[])content.Clone(), []));
            }
        }

        image.Dispose();
        flushed.Add(new Flushed(file.Changes.Count, content, []));
        Assert.Equal(File.ReadAllBytes(path), Left(start, file.Changes, file.Changes.Count, isPowerCut: false, random));
        return (file, start, flushed);
    }

    private static byte[] Left(byte[] start, IReadOnlyList<Change> changes, int count, bool isPowerCut, Random random)
    {
        var file = (byte[])start.Clone();
        var synced = count;
        if (isPowerCut)
        {
            synced = count - 1;
            while (synced >= 0 && changes[synced].Kind != ChangeKind.Sync)
                synced--;
        }

        // Some cuts lose nearly all that was not synced, some nearly nothing.
        var keep = random.Next(1, 10);
        for (var i = 0; i < count; i++)
        {
            var isSure = i < synced;
            file = changes[i].ApplyTo(file, () => isSure || random.Next(10) < keep);
        }

        return file;
    }

    private static void Compare(Flushed flushed, byte[] found, string when)
    {
        var expected = (byte[])flushed.Content.Clone();
        foreach (var (from, to) in flushed.TouchedSince)
            found.AsSpan(from, to - from).CopyTo(expected.AsSpan(from));
        Assert.True(expected.AsSpan().SequenceEqual(found), $"Flushed bytes differ, {when}; the first at {expected.AsSpan().CommonPrefixLength(found)}.");
    }

    /// <param name="Changes">How many changes of the file had been made when it was flushed.</param>
    private sealed record Flushed(int Changes, byte[] Content, List<(int From, int To)> TouchedSince);
}
