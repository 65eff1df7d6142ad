using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Platforms.Libvirt.Disks;
using VmMigrate.Platforms.Libvirt.Relay;

namespace VmMigrate.Benchmarks;

/// <summary>One copy of a far raw image, by a relay over ssh, into a raw file here: a new one, or one that exists and is compared. Prints what <see cref="OneCopy"/> prints.</summary>
internal static class RelayCopy
{
    /// <param name="args">HOST PORT KEY FAR-IMAGE FILE</param>
    internal static async Task<int> RunAsync(string[] args)
    {
        var ssh = new SshAddress(args[0], int.Parse(args[1], CultureInfo.InvariantCulture), "root", args[2], Verify: false, "ssh");
        await using var relay = new SshRelay("far", ssh, new RelayOptions(null, Environment.ProcessPath!), TimeProvider.System);
        await using var from = await relay.TryOpenAsync(new DiskImage(args[3], "raw", null, Writable: false), CancellationToken.None)
            ?? throw new InvalidOperationException(relay.WhyNot);
        await using var reader = from.OpenReader();
        var isNew = !File.Exists(args[4]);
        await using var writer = new ImageBlockWriter(isNew ? ImageFile.Create(args[4], ImageFormat.Raw, reader.LengthBytes) : ImageFile.OpenForWriting(args[4], ImageFormat.Raw));
        var result = await BlockCopier.CopyAsync(
            reader, writer, new CopyOptions { Digest = DigestAlgorithm.XxHash128, TargetIsZero = isNew, Compare = !isNew, Flush = false }, null, CancellationToken.None);
        Console.WriteLine($"{result.SourceDigest} {result.ReadBytes} {result.WrittenBytes} {Measured.PeakKiB(Environment.ProcessId)}");
        return 0;
    }
}
