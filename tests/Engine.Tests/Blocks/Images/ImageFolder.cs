using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

/// <summary>A folder of its own for a test's images, and QEMU's tools to make and judge them.</summary>
internal sealed class ImageFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("vmmigrate-images-").FullName;

    internal string this[string name] => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);

    /// <summary>Runs a tool in the folder and gives what it printed; fails the test if the tool fails.</summary>
    internal string Run(string tool, params string[] arguments)
    {
        var (code, output) = Try(tool, arguments);
        Assert.True(code == 0, $"{tool} {string.Join(' ', arguments)} ended with {code}: {output}");
        return output;
    }

    internal (int Code, string Output) Try(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            WorkingDirectory = _path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    internal void QemuImg(params string[] arguments) => Run("qemu-img", arguments);

    /// <summary>Runs qemu-io commands; it exits with 0 even when one of them failed, so its words are judged.</summary>
    internal void QemuIo(string image, string format, params string[] commands)
    {
        var output = Run("qemu-io", ["-f", format, .. commands.SelectMany(command => new[] { "-c", command }), image]);
        Assert.DoesNotContain("failed", output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("error", output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The disk's bytes as QEMU reads them.</summary>
    internal byte[] BytesByQemu(string image, string format = "qcow2", params string[] more)
    {
        QemuImg(["convert", "-f", format, "-O", "raw", .. more, image, "by-qemu.raw"]);
        var bytes = File.ReadAllBytes(this["by-qemu.raw"]);
        File.Delete(this["by-qemu.raw"]);
        return bytes;
    }

    /// <summary>The disk's bytes as we read them, in pieces of a size that fits nothing.</summary>
    internal static byte[] BytesByUs(ImageReader image, int piece = 100_003)
    {
        var bytes = new byte[image.LengthBytes];
        for (var at = 0; at < bytes.Length; at += piece)
            image.ReadAt(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)), at);
        return bytes;
    }

    internal byte[] BytesByUs(string image, ImageOpenOptions? options = null)
    {
        using var reader = ImageFile.OpenForReading(this[image], ImageFormat.Qcow2, options);
        return BytesByUs(reader);
    }

    internal void CheckIsClean(string image)
    {
        var output = Run("qemu-img", "check", "-f", "qcow2", image);
        Assert.Contains("No errors were found", output, StringComparison.Ordinal);
        Assert.DoesNotContain("eak", output, StringComparison.Ordinal);
    }

    /// <summary>Extents must cover the range without gaps, each be of another kind than the one before, and all but data read as zeroes.</summary>
    internal static void CheckExtents(ImageReader image, byte[] content)
    {
        var at = 0L;
        ImageExtentKind? before = null;
        foreach (var extent in image.Extents(new Extent(0, image.LengthBytes)))
        {
            Assert.Equal(at, extent.Range.Offset);
            Assert.True(extent.Range.LengthBytes > 0);
            Assert.NotEqual(before, extent.Kind);
            if (extent.Kind != ImageExtentKind.Data)
                Assert.False(content.AsSpan((int)at, (int)extent.Range.LengthBytes).ContainsAnyExcept((byte)0), $"{extent} holds bytes.");
            at = extent.Range.End;
            before = extent.Kind;
        }

        Assert.Equal(image.LengthBytes, at);
    }

    /// <summary>Bytes that no two places share, so that a wrong offset shows.</summary>
    internal static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
