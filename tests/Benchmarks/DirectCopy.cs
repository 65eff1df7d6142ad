using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Benchmarks;

/// <summary>One copy into a new qcow2 file that we write ourselves, from such a file or from an NBD address. Prints what <see cref="OneCopy"/> prints.</summary>
/// <remarks>Like its peers, it ends when the files' content is complete for whoever opens them next, and does not wait for the disk.</remarks>
internal static class DirectCopy
{
    internal static async Task<int> RunAsync(string[] args)
    {
        await using BlockReader reader = args[0].StartsWith("nbd", StringComparison.Ordinal)
            ? await NbdReader.ConnectAsync(NbdEndpoint.Parse(args[0]), new NbdOptions(), CancellationToken.None)
            : new ImageBlockReader(ImageFile.OpenForReading(args[0], ImageFormat.Qcow2));
        var image = Qcow2Writer.Create(args[1], reader.LengthBytes);
        await using var writer = new ImageBlockWriter(image);
        var result = await BlockCopier.CopyAsync(
            reader, writer, new CopyOptions { Digest = DigestAlgorithm.XxHash128, TargetIsZero = true, Flush = false }, null, CancellationToken.None);
        image.WriteBack();
        Console.WriteLine($"{result.SourceDigest} {result.ReadBytes} {result.WrittenBytes} {Measured.PeakKiB(Environment.ProcessId)}");
        return 0;
    }
}
