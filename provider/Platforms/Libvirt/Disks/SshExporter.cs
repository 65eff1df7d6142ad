using System.Collections.Immutable;
using System.Security.Cryptography;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>
/// Serves an image of a far host: qemu-nbd there on a unix socket in a folder of its own, the socket forwarded by the same ssh call that runs it.
/// When that call ends, for whatever reason, the server's input ends, and with it the server and its folder.
/// </summary>
internal sealed class SshExporter(string site, SshAddress address) : DiskExporter
{
    internal override string Description => Note is null ? "NBD through ssh" : $"NBD through ssh ({Note})";

    internal override async Task<DiskExport> ExportAsync(DiskImage image, DiskExport? lost, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // Nobody can guess the name, and mkdir fails where somebody did.
        var folder = $"/tmp/vmmigrate-nbd-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var socket = folder + "/s/nbd.sock";
        var here = lost?.Folder ?? ServingFolder.Make(null);
        DiskExport export;
        try
        {
            export = DiskExport.Start(
                address.Program,
                [.. address.Arguments(["-L", $"{here.SocketPath}:{socket}"]), Script(image, folder, socket, lost?.FarFolder)],
                here,
                SshCall.Environment,
                folder);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            if (lost is null)
            {
                here.Dispose();
            }

            throw new PlatformException(PlatformErrorKind.Unsupported, site, $"site {site} needs ssh on this machine: {exception.Message}", exception);
        }

        // The forwarded socket is there long before the far one; the script says when that is.
        while (!export.Words.Contains(Ready, StringComparison.Ordinal))
        {
            if (await export.HasEndedWithinAsync(TimeSpan.FromMilliseconds(20), cancellation).ConfigureAwait(false))
            {
                var words = export.Words;
                await export.AbandonAsync(keepFolder: lost is not null).ConfigureAwait(false);
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
            address.Program, [.. address.Arguments(["-L", $"{here.SocketPath}:{socket}"]), SocketScript(imagePath, folder)], here, SshCall.Environment);
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

    internal override async Task<QemuImgReply> AskQemuImgAsync(string imagePath, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation)
    {
        var script = $$"""
            set -eu
            f={{SshCall.Quoted(imagePath)}} as=''
            if [ "$(id -u)" = 0 ] && o=$(stat -L -c %u:%g -- "$f") && [ "${o%:*}" != 0 ]; then
              as="setpriv --reuid=${o%:*} --regid=${o#*:} --clear-groups"
            fi
            exec $as qemu-img {{string.Join(' ', arguments.Select(SshCall.Quoted))}} </dev/null
            """;
        await using var call = DiskExport.Start(address.Program, [.. address.Arguments([]), script], ServingFolder.Make(null), SshCall.Environment);
        return await call.ReplyAsync(limit, cancellation).ConfigureAwait(false);
    }

    internal override async Task<ImmutableArray<string>> EndServersAsync(IReadOnlyCollection<string> imagePaths, CancellationToken cancellation) =>
        LeftServers.Read(await SshCall.RunAsync(site, address, LeftServers.Script(imagePaths), cancellation).ConfigureAwait(false));

    /// <summary>For sh: a folder that the image's owner may make a socket in, for as long as the input stays open.</summary>
    private static string SocketScript(string imagePath, string folder) =>
        $$"""
        set -eu
        umask 077
        d={{SshCall.Quoted(folder)}} f={{SshCall.Quoted(imagePath)}}
        mkdir "$d"
        trap 'rm -rf "$d"' EXIT
        if [ "$(id -u)" = 0 ] && o=$(stat -L -c %u:%g -- "$f") && [ "${o%:*}" != 0 ]; then chown "$o" "$d"; fi
        echo {{Ready}}
        cat >/dev/null
        """;

    private const string Ready = "vmmigrate-nbd-ready";

    /// <summary>Behind <see cref="Ready"/>: there is a place for a map.</summary>
    private const string HasPlace = Ready + " map";

    internal override ResumeStore? MapOf(DiskImage image, DiskExport export) => export.Words.Contains(HasPlace, StringComparison.Ordinal) ? new FarMap(export) : null;

    internal override async Task ForgetMapsAsync(IReadOnlyCollection<string> imagePaths, CancellationToken cancellation)
    {
        if (imagePaths.Count > 0)
        {
            var files = string.Join(' ', imagePaths.Select(path => SshCall.Quoted(path + FileResumeStore.Suffix)));
            await SshCall.RunAsync(site, address, $"rm -f -- {files}", cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// For sh. root serves as the image's owner, as on this machine, and only the socket's folder is that account's. What comes on the input, which descriptor 3
    /// keeps because a background job's own is /dev/null, are words about the map beside the image; its end ends the server. A server that was left behind by a link
    /// that was cut, and holds the image, is ended first.
    /// </summary>
    private static string Script(DiskImage image, string folder, string socket, string? lost) =>
        $$"""
        set -eu
        umask 077
        d={{SshCall.Quoted(folder)}} f={{SshCall.Quoted(image.Path)}} o={{SshCall.Quoted(lost ?? "")}}
        command -v qemu-nbd >/dev/null || { echo "qemu-nbd is not installed: apt install qemu-utils" >&2; exit 1; }
        if [ -n "$o" ] && p=$(cat "$o/pid" 2>/dev/null) && tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -qF -- "$o/s/"; then
          kill "$p" 2>/dev/null || :
          n=0
          while kill -0 "$p" 2>/dev/null && [ $n -lt 250 ]; do n=$((n+1)); sleep 0.02; done
        fi
        [ -z "$o" ] || rm -rf "$o"
        mkdir "$d" "$d/s"
        trap 'rm -rf "$d"' EXIT
        as=''
        if [ "$(id -u)" = 0 ] && w=$(stat -L -c %u:%g -- "$f") && [ "${w%:*}" != 0 ]; then
          chmod 711 "$d"; chown "$w" "$d/s"; as="setpriv --reuid=${w%:*} --regid=${w#*:} --clear-groups"
        fi
        m="$f{{FileResumeStore.Suffix}}"
        exec 3<&0
        $as qemu-nbd {{string.Join(' ', QemuNbd.Arguments(image, socket).Select(SshCall.Quoted))}} 3<&- </dev/null &
        p=$!
        echo $p >"$d/pid"
        {
          while read -r what b; do
            case $what in
              save)
                rm -f "$m.new"
                if printf %s "$b" | base64 -d | (set -C; cat >"$m.new") && sync "$m.new" && mv -f "$m.new" "$m"; then echo '{{DiskExport.Answer}}ok'; else echo '{{DiskExport.Answer}}failed'; fi ;;
              load) if [ -f "$m" ]; then echo "{{DiskExport.Answer}}is $(base64 -w0 <"$m")"; else echo '{{DiskExport.Answer}}none'; fi ;;
              drop) if rm -f "$m" "$m.new"; then echo '{{DiskExport.Answer}}ok'; else echo '{{DiskExport.Answer}}failed'; fi ;;
            esac
          done
          kill $p 2>/dev/null || :
        } <&3 3<&- &
        c=$!
        exec 3<&-
        n=0
        while [ ! -S "$d/s/nbd.sock" ] && kill -0 $p 2>/dev/null && [ $n -lt 500 ]; do n=$((n+1)); sleep 0.02; done
        r={{Ready}}
        if [ -f "$f" ] && [ -w "${f%/*}" ]; then r='{{HasPlace}}'; fi
        [ ! -S "$d/s/nbd.sock" ] || echo "$r"
        s=0; wait $p || s=$?
        kill $c 2>/dev/null || :
        exit $s
        """;

    /// <summary>The map beside a far image, through the call that serves it.</summary>
    private sealed class FarMap(DiskExport export) : ResumeStore
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

        public override async ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken) =>
            await AskAsync("load", cancellationToken).ConfigureAwait(false) is ['i', 's', ' ', .. var text] ? Convert.FromBase64String(text) : null;

        public override async ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken) =>
            await AskAsync($"save {Convert.ToBase64String(map.Span)}", cancellationToken).ConfigureAwait(false);

        public override async ValueTask DeleteAsync(CancellationToken cancellationToken) => await AskAsync("drop", cancellationToken).ConfigureAwait(false);

        private async Task<string> AskAsync(string line, CancellationToken cancellation)
        {
            var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            Action<string> heard = said => answer.TrySetResult(said);
            export.Said += heard;
            string said;
            try
            {
                await export.SendAsync(line, cancellation).ConfigureAwait(false);
                said = await answer.Task.WaitAsync(Limit, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is TimeoutException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                throw new BlockException(BlockErrorKind.Lost, $"The link to the host that keeps the map was lost: {exception.Message}", canRetry: true, exception);
            }
            finally
            {
                export.Said -= heard;
            }

            return said != "failed" ? said : throw new IOException($"the far host could not keep it: {export.Words}");
        }
    }
}
