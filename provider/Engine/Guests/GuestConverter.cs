using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Guests;

/// <summary>
/// Runs a conversion on overlays over the copied disks, which are only read: the program works on local files, and a conversion that fails has changed nothing.
/// </summary>
/// <remarks><code>
///   copy at the target ── read, NBD over a socket of this user ──→ overlay (qcow2, this machine) ←── the program
///           ↑                                                         │
///           └──────────────── only when it has succeeded ────────────┘
/// </code></remarks>
internal sealed class GuestConverter : IAsyncDisposable
{
    private GuestDisks? _served;

    private ImmutableArray<string> Images { get; set; } = [];

    /// <param name="disks">In the VM's order.</param>
    /// <returns>The program's last words, for the record.</returns>
    /// <exception cref="PlatformException">It refused the guest, or did not end in time.</exception>
    internal async Task<string> RunAsync(string site, GuestConversion tool, Vm vm, IReadOnlyList<BlockReader> disks, TimeSpan limit, CancellationToken cancellation)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(limit);
        try
        {
            var served = _served = new GuestDisks("convert", disks, limit, time.Token);
            var (code, output, errors) = await GuestDisks.TryAsync(settings => ConvertAsync(served, tool, vm, settings, time.Token));
            var words = output + errors;
            return code == 0
                ? Last(words, 1)
                : throw new PlatformException(PlatformErrorKind.Refused, site, $"{tool.Program} could not convert the guest of {vm.Name} (it ended with {code}): {Last(words, 4)}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, site, $"{tool.Program} did not convert the guest of {vm.Name} within {limit.TotalMinutes:0} min");
        }
    }

    /// <summary>What the conversion has written on one disk; null where it wrote nothing there.</summary>
    internal (ExtentSet Ranges, DiskAccess Content)? ChangesOf(int disk)
    {
        var image = ImageFile.OpenForReading(Images[disk], ImageFormat.Qcow2, new ImageOpenOptions { Backing = BackingPolicy.TopLayerOnly });
        var ranges = new ExtentSet.Builder();
        foreach (var extent in image.Extents(new Extent(0, image.LengthBytes)).Where(extent => extent.Kind != ImageExtentKind.Hole))
        {
            ranges.Add(extent.Range.Offset, extent.Range.LengthBytes);
        }

        var found = ranges.Build().RoundOut(DigestTree.LeafBytes, image.LengthBytes);
        if (found.Count > 0)
        {
            return (found, new Overlay(image));
        }

        image.Dispose();
        return null;
    }

    public ValueTask DisposeAsync() => _served?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<ProgramEnd> ConvertAsync(GuestDisks served, GuestConversion tool, Vm vm, string? settings, CancellationToken cancellation)
    {
        var images = ImmutableArray.CreateBuilder<string>();
        foreach (var socket in served.Sockets)
        {
            var image = Path.Combine(served.Folder, $"{images.Count}.qcow2");
            // Clusters of a leaf, so that what is in the overlay is whole leaves.
            var made = await GuestDisks.RunAsync(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-o", $"cluster_size={DigestTree.LeafBytes}", "-F", "raw", "-b", $"nbd+unix:///?socket={socket}", image], "", null, cancellation);
            if (made.Code != 0)
            {
                return made;
            }

            images.Add(image);
        }

        Images = images.ToImmutable();
        return await GuestDisks.RunAsync(tool.Program, tool.Arguments(served.Folder, Images, vm), "", settings, cancellation);
    }

    private static string Last(string words, int lines) => string.Join(' ', words.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(lines));

    private sealed class Overlay(ImageReader image) : DiskAccess
    {
        public override long LengthBytes => image.LengthBytes;

        public override string Description => "what the conversion wrote, from this machine";

        public override BlockReader OpenReader() => new ImageBlockReader(image, ownsImage: false);

        public override BlockWriter OpenWriter() => throw new InvalidOperationException("The disk was opened for reading only.");

        public override ValueTask DisposeAsync()
        {
            image.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
