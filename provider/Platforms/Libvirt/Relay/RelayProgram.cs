using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Blocks.Relay;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt.Relay;

/// <summary>The program at the far end: one disk of this machine, over stdin and stdout.</summary>
public static class RelayProgram
{
    /// <returns>The exit code: 0 when the stream ended as it may, 1 when the other end talked nonsense, 3 when it fell silent.</returns>
    public static async Task<int> RunAsync(TimeProvider time)
    {
        // Read and written without a buffer between: each frame is one.
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        using var server = new RelayServer(input, output, OpenAsync, time);
        // A blocked read of a pipe is not woken by anything but the end of the process.
        return await server.RunAsync(() => Environment.Exit(3)).ConfigureAwait(false) ? 0 : 1;
    }

    /// <summary>As the provider opens disks of its own machine: the file itself, else by a server that runs as the image's owner.</summary>
    private static async Task<DiskAccess> OpenAsync(RelayDiskRequest request, CancellationToken cancellation)
    {
        if (request.Format == SshRelay.ServedByQemu)
        {
            return request.Writable
                ? throw new PlatformException(PlatformErrorKind.Refused, "relay", "what a running QEMU serves is for reading only")
                : await BackupDiskAccess.OpenAsync(NbdEndpoint.Parse(request.Path), "running QEMU", cancellation).ConfigureAwait(false);
        }

        var image = new DiskImage(request.Path, request.Format, request.LengthBytes, request.Writable);
        return DirectDiskAccess.TryOpen(image) ?? await NbdDiskAccess.OpenAsync(new LocalExporter("relay"), image, "relay", cancellation).ConfigureAwait(false);
    }
}
