using System.Collections.Immutable;
using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Engine.Blocks.Nbd;
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
    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-convert-").FullName;
    private readonly List<NbdServer> _servers = [];

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
            for (var i = 0; i < disks.Count; i++)
            {
                _servers.Add(NbdServer.Start(NbdEndpoint.Unix(Path.Combine(_folder, $"{i}.sock")), new Dictionary<string, NbdServedDisk> { [""] = new NbdServedReader(disks[i], time.Token) }, null, limit));
            }

            var (code, words) = await TryAsync(tool, vm, null, time.Token);
            if (code != 0 && words.Contains("appliance closed the connection", StringComparison.Ordinal))
            {
                // libguestfs takes KVM where it finds the device, also where that does not work (a VM in a VM).
                (code, words) = await TryAsync(tool, vm, "force_tcg", time.Token);
            }

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

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(int Code, string Words)> TryAsync(GuestConversion tool, Vm vm, string? settings, CancellationToken cancellation)
    {
        var images = ImmutableArray.CreateBuilder<string>();
        foreach (var (server, index) in _servers.Select((server, index) => (server, index)))
        {
            images.Add(Path.Combine(_folder, $"{index}.qcow2"));
            // Clusters of a leaf, so that what is in the overlay is whole leaves.
            var (code, words) = await RunAsync(
                "qemu-img",
                ["create", "-q", "-f", "qcow2", "-o", $"cluster_size={DigestTree.LeafBytes}", "-F", "raw", "-b", $"nbd+unix:///?socket={server.Endpoint.SocketPath}", images[index]],
                null, cancellation);
            if (code != 0)
            {
                return (code, words);
            }
        }

        Images = images.ToImmutable();
        return await RunAsync(tool.Program, tool.Arguments(_folder, Images, vm), settings, cancellation);
    }

    private static async Task<(int Code, string Words)> RunAsync(string program, ImmutableArray<string> arguments, string? settings, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LIBGUESTFS_BACKEND"] = "direct";
        start.Environment["LC_ALL"] = "C";
        if (settings is not null)
        {
            start.Environment["LIBGUESTFS_BACKEND_SETTINGS"] = settings;
        }

        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
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
