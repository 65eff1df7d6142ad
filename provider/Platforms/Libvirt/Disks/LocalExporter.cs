using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>
/// Serves an image of this machine with qemu-nbd over a unix socket. root serves as the image's owner, so that a crafted image
/// (a backing file named <c>/etc/shadow</c>) opens nothing that its owner could not.
/// </summary>
internal sealed class LocalExporter(string site) : DiskExporter
{
    internal override string Description => "NBD over a unix socket";

    internal override Task<DiskExport> ExportAsync(DiskImage image, DiskExport? lost, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!File.Exists(image.Path))
        {
            throw new PlatformException(
                PlatformErrorKind.NotFound,
                site,
                $"disk {image.Path} at site {site} cannot be seen from here: the provider has to run on the host itself, outside containers, with the right to enter the disk's folder");
        }

        var program = Find(QemuNbd.Program) ?? throw new PlatformException(
            PlatformErrorKind.Unsupported, site, $"site {site} needs qemu-nbd on this machine, which is not installed: apt install qemu-utils (Debian, Ubuntu) or dnf install qemu-img (Fedora, RHEL)");
        try
        {
            var owner = ServeAs(image.Path);
            var folder = lost?.Folder ?? ServingFolder.Make(owner);
            (program, var arguments) = As(owner, program, QemuNbd.Arguments(image, folder.SocketPath));
            return Task.FromResult(DiskExport.Start(program, arguments, folder, []));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            throw new PlatformException(PlatformErrorKind.Denied, site, $"disk {image.Path} at site {site} cannot be served: {exception.Message}", exception);
        }
    }

    internal override Task<SharedSocket> ShareSocketAsync(string imagePath, CancellationToken cancellation)
    {
        try
        {
            // Where we are not root, QEMU has to run as us; a socket that it cannot make is its complaint.
            var folder = ServingFolder.Make(ServeAs(imagePath));
            return Task.FromResult(new SharedSocket(folder.SocketPath, folder.SocketPath, () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            }));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException(PlatformErrorKind.Denied, site, $"no socket can be shared with the QEMU of {imagePath} at site {site}: {exception.Message}", exception);
        }
    }

    internal override async Task<QemuImgReply> AskQemuImgAsync(string imagePath, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation)
    {
        var (program, all) = As(File.Exists(imagePath) ? ServeAs(imagePath) : null, Find("qemu-img") ?? "qemu-img", arguments);
        await using var running = DiskExport.Start(program, all, ServingFolder.Make(null), []);
        return await running.ReplyAsync(limit, cancellation).ConfigureAwait(false);
    }

    internal override async Task<ImmutableArray<string>> EndServersAsync(IReadOnlyCollection<string> imagePaths, CancellationToken cancellation)
    {
        await using var running = DiskExport.Start("/bin/sh", ["-c", LeftServers.Script(imagePaths)], ServingFolder.Make(null), []);
        return LeftServers.Read((await running.ReplyAsync(DiskExport.EndLimit, cancellation).ConfigureAwait(false)).Said);
    }

    private static (string Program, IEnumerable<string> Arguments) As(PosixFile.Owner? owner, string program, IEnumerable<string> arguments) =>
        owner is { } account && Find("setpriv") is { } setpriv
            ? (setpriv, [$"--reuid={account.User}", $"--regid={account.Group}", "--clear-groups", program, .. arguments])
            : (program, arguments);

    internal override ResumeStore? MapOf(DiskImage image, DiskExport export) => MapOf(image);

    /// <summary>Only beside files: what lies beside a block device is no storage.</summary>
    internal static ResumeStore? MapOf(DiskImage image) =>
        image.Writable && PosixFile.IsRegular(image.Path) && PosixFile.MayWriteIn(Path.GetDirectoryName(image.Path)!) ? new FileResumeStore(image.Path) : null;

    internal override async Task ForgetMapsAsync(IReadOnlyCollection<string> imagePaths, CancellationToken cancellation)
    {
        foreach (var path in imagePaths.Where(path => PosixFile.IsRegular(path + FileResumeStore.Suffix)))
        {
            try
            {
                await new FileResumeStore(path).DeleteAsync(cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new PlatformException(PlatformErrorKind.Denied, site, $"{path}{FileResumeStore.Suffix} at site {site}, our note of a copy, cannot be removed: {exception.Message}", exception);
            }
        }
    }

    /// <summary>Null for our own account.</summary>
    private static PosixFile.Owner? ServeAs(string path) =>
        PosixFile.UserId() == 0 && PosixFile.OwnerOf(path) is { User: not 0 } owner && File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserRead) ? owner : null;

    /// <summary>Also where a service's path does not name them.</summary>
    private static string? Find(string program) => InstalledProgram.Find(program, "/usr/bin", "/usr/local/bin", "/usr/sbin");
}
