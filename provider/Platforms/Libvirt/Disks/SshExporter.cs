using System.Security.Cryptography;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>
/// Serves an image of a far host: qemu-nbd there on a unix socket in a folder of its own, the socket forwarded by the same ssh call that runs it.
/// When that call ends, for whatever reason, the server's input ends, and with it the server and its folder.
/// </summary>
internal sealed class SshExporter(string site, SshAddress address) : DiskExporter
{
    internal override string Description => "NBD through ssh";

    internal override async Task<DiskExport> ExportAsync(DiskImage image, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // Nobody can guess the name, and mkdir fails where somebody did.
        var folder = $"/tmp/vmmigrate-nbd-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var socket = folder + "/nbd.sock";
        var here = ServingFolder.Make(null);
        DiskExport export;
        try
        {
            export = DiskExport.Start(
                address.Program,
                [.. address.Arguments(["-L", $"{here.SocketPath}:{socket}"]), Script(image, folder, socket)],
                here,
                // ssh finds its settings by HOME, and keys of an agent by its socket.
                ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"]);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            here.Dispose();
            throw new PlatformException(PlatformErrorKind.Unsupported, site, $"site {site} needs ssh on this machine: {exception.Message}", exception);
        }

        // The forwarded socket is there long before the far one; the script says when that is.
        while (!export.Words.Contains(Ready, StringComparison.Ordinal))
        {
            if (await export.HasEndedWithinAsync(TimeSpan.FromMilliseconds(20), cancellation).ConfigureAwait(false))
            {
                var words = export.Words;
                await export.DisposeAsync().ConfigureAwait(false);
                // ssh's own failures end with this code and name no image.
                throw words.Contains(image.Path, StringComparison.Ordinal) || words.Contains(QemuNbd.Program, StringComparison.Ordinal)
                    ? QemuNbd.Failed(site, image, words)
                    : new PlatformException(PlatformErrorKind.Unreachable, site, $"disk {image.Path} at site {site} cannot be reached by ssh: {words}");
            }
        }

        return export;
    }

    internal override async Task<SharedSocket> ShareSocketAsync(string imagePath, CancellationToken cancellation)
    {
        var folder = $"/tmp/vmmigrate-nbd-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var socket = folder + "/nbd.sock";
        var here = ServingFolder.Make(null);
        var call = DiskExport.Start(
            address.Program, [.. address.Arguments(["-L", $"{here.SocketPath}:{socket}"]), SocketScript(imagePath, folder)], here, ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"]);
        while (!call.Words.Contains(Ready, StringComparison.Ordinal))
        {
            if (await call.HasEndedWithinAsync(TimeSpan.FromMilliseconds(20), cancellation).ConfigureAwait(false))
            {
                var words = call.Words;
                await call.DisposeAsync().ConfigureAwait(false);
                throw new PlatformException(PlatformErrorKind.Unreachable, site, $"no socket can be shared with the QEMU of {imagePath} at site {site}: {words}");
            }
        }

        return new SharedSocket(socket, here.SocketPath, call.DisposeAsync);
    }

    internal override async Task<string?> RunQemuImgAsync(string imagePath, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var script = $$"""
            set -eu
            f={{Quoted(imagePath)}} as=''
            if [ "$(id -u)" = 0 ] && o=$(stat -L -c %u:%g -- "$f") && [ "${o%:*}" != 0 ]; then
              as="setpriv --reuid=${o%:*} --regid=${o#*:} --clear-groups"
            fi
            exec $as qemu-img {{string.Join(' ', arguments.Select(Quoted))}} </dev/null
            """;
        await using var call = DiskExport.Start(address.Program, [.. address.Arguments([]), script], ServingFolder.Make(null), ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"]);
        return await call.OutcomeAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>For sh: a folder that the image's owner may make a socket in, for as long as the input stays open.</summary>
    private static string SocketScript(string imagePath, string folder) =>
        $$"""
        set -eu
        umask 077
        d={{Quoted(folder)}} f={{Quoted(imagePath)}}
        mkdir "$d"
        trap 'rm -rf "$d"' EXIT
        if [ "$(id -u)" = 0 ] && o=$(stat -L -c %u:%g -- "$f") && [ "${o%:*}" != 0 ]; then chown "$o" "$d"; fi
        echo {{Ready}}
        cat >/dev/null
        """;

    private const string Ready = "vmmigrate-nbd-ready";

    /// <summary>
    /// For sh. root serves as the image's owner, as on this machine. <c>cat</c> waits for the end of the input, which descriptor 3 keeps, because a
    /// background job's own is /dev/null.
    /// </summary>
    private static string Script(DiskImage image, string folder, string socket) =>
        $$"""
        set -eu
        umask 077
        d={{Quoted(folder)}} f={{Quoted(image.Path)}}
        command -v qemu-nbd >/dev/null || { echo "qemu-nbd is not installed: apt install qemu-utils" >&2; exit 1; }
        mkdir "$d"
        trap 'rm -rf "$d"' EXIT
        as=''
        if [ "$(id -u)" = 0 ] && o=$(stat -L -c %u:%g -- "$f") && [ "${o%:*}" != 0 ]; then
          chown "$o" "$d"; as="setpriv --reuid=${o%:*} --regid=${o#*:} --clear-groups"
        fi
        exec 3<&0
        $as qemu-nbd {{string.Join(' ', QemuNbd.Arguments(image, socket).Select(Quoted))}} 3<&- </dev/null &
        p=$!
        { cat <&3 >/dev/null; kill $p; } >/dev/null 2>&1 3<&3 &
        c=$!
        exec 3<&-
        n=0
        while [ ! -S "$d/nbd.sock" ] && kill -0 $p 2>/dev/null && [ $n -lt 500 ]; do n=$((n+1)); sleep 0.02; done
        [ ! -S "$d/nbd.sock" ] || echo {{Ready}}
        s=0; wait $p || s=$?
        kill $c 2>/dev/null || :
        exit $s
        """;

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
