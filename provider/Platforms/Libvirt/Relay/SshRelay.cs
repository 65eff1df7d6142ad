using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Relay;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt.Relay;

/// <summary>
/// Runs relays on a far host by ssh: copies the program there when it is absent, under the name of its digest and in a folder of the account alone, and
/// removes it when the site is closed. A copy that a killed run has left is found by its digest and used again.
/// </summary>
internal sealed class SshRelay(string site, SshAddress address, RelayOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The format of a disk whose path is the address of an NBD export on its host: one of a backup that runs.</summary>
    internal const string ServedByQemu = "nbd";

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1);
    private string? _program;
    private bool _isOurs;

    /// <summary>Why no relay can be run there; null while nothing stands against it.</summary>
    internal string? WhyNot { get; private set; }

    /// <summary>Opens a disk by a relay.</summary>
    /// <returns>Null where no relay can run there: <see cref="WhyNot"/> says why.</returns>
    /// <exception cref="PlatformException">The relay runs, and cannot open the disk.</exception>
    internal async Task<DiskAccess?> TryOpenAsync(DiskImage image, CancellationToken cancellation)
    {
        if (WhyNot is not null)
        {
            return null;
        }

        string program;
        try
        {
            program = await ProgramAsync(cancellation).ConfigureAwait(false);
        }
        catch (PlatformException e) when (e.Kind is not PlatformErrorKind.Unreachable)
        {
            WhyNot = e.Message;
            return null;
        }

        var access = new RelayDiskAccess(site, address, program, image, time);
        try
        {
            await access.OpenAsync(cancellation).ConfigureAwait(false);
            return access;
        }
        catch (BlockException e)
        {
            await access.DisposeAsync().ConfigureAwait(false);
            if (e.Code is { } code && Enum.TryParse<PlatformErrorKind>(code, out var kind))
            {
                throw new PlatformException(kind, site, e.Message.Replace("site relay", $"site {site}", StringComparison.Ordinal), e);
            }

            if (image.Format != ServedByQemu)
            {
                WhyNot = $"{e.Message} {access.Words}".Trim();
            }

            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOurs && _program is { } program)
        {
            try
            {
                await SshCall.RunAsync(site, address, $"rm -f -- {SshCall.Quoted(program)}; rmdir -- {SshCall.Quoted(Path.GetDirectoryName(program)!)} 2>/dev/null || :", CancellationToken.None).ConfigureAwait(false);
            }
            catch (PlatformException)
            {
                // The next run finds it by its digest, uses it, and removes it.
            }
        }

        _gate.Dispose();
    }

    private async Task<string> ProgramAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return _program ??= options.Program ?? await CopyAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<string> CopyAsync(CancellationToken cancellation)
    {
        if (options.LocalProgram is not { } local)
        {
            throw new PlatformException(PlatformErrorKind.Unsupported, site, "this provider is no single file that could be copied; name an installed one with relay.program");
        }

        await using var file = new FileStream(local, FileMode.Open, FileAccess.Read, FileShare.Read);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
        file.Position = 0;
        // A folder of the account alone: whoever could write into it could have anything run as that account.
        var find = $$"""
            set -eu
            umask 077
            case "$(uname -sm)" in 'Linux x86_64') ;; *) echo "the host is no Linux on x86-64, but $(uname -sm)" >&2; exit 3 ;; esac
            b={{(options.Folder is { } folder ? SshCall.Quoted(folder) : "\"${XDG_CACHE_HOME:-$HOME/.cache}\"")}}
            d="$b/vmmigrate-relay-$(id -u)"
            mkdir -p "$d"
            if [ -L "$d" ] || [ ! -O "$d" ]; then echo "$d belongs to another account" >&2; exit 3; fi
            chmod 700 "$d"
            f="$d/relay-{{digest}}"
            """;
        var said = (await SshCall.RunAsync(
            site, address,
            find + $"\nif [ -x \"$f\" ] && [ \"$(sha256sum <\"$f\" | cut -d' ' -f1)\" = {digest} ]; then echo \"there $f\"; else echo \"absent $f\"; fi",
            cancellation).ConfigureAwait(false)).Trim();
        var path = said.Split(' ', 2) is [_, var found] ? found : throw new PlatformException(PlatformErrorKind.Refused, site, $"the host's shell printed \"{said}\"");
        if (said.StartsWith("absent ", StringComparison.Ordinal))
        {
            await SshCall.RunAsync(site, address, find + "\ncat >\"$f.$$\"\nchmod 700 \"$f.$$\"\nmv -f \"$f.$$\" \"$f\"", cancellation, file).ConfigureAwait(false);
        }

        _isOurs = true;
        return path;
    }

    /// <summary>One disk behind one ssh call; a new call where that was lost.</summary>
    private sealed class RelayDiskAccess : DiskAccess
    {
        private readonly RelayDisk _disk;
        private readonly string _site;
        private readonly SshAddress _address;
        private readonly string _program;
        private readonly DiskImage _image;
        private readonly TimeProvider _time;
        private readonly StringBuilder _words = new();
        private Process? _process;

        internal RelayDiskAccess(string site, SshAddress address, string program, DiskImage image, TimeProvider time)
        {
            (_site, _address, _program, _image, _time) = (site, address, program, image, time);
            _disk = new RelayDisk($"{site}:{image.Path}", Connect);
        }

        public override long LengthBytes => _disk.LengthBytes;

        public override string Description => $"relay over ssh to a {_disk.Description}";

        public override ResumeStore? Resume => _image.Writable ? _disk.Map() : null;

        /// <summary>What the far program, or ssh, has complained of.</summary>
        internal string Words
        {
            get
            {
                lock (_words)
                {
                    return _words.ToString().Trim();
                }
            }
        }

        internal Task<RelayConnection> OpenAsync(CancellationToken cancellation) => Task.Factory.StartNew(
            () => _disk.Connect(cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        public override BlockReader OpenReader() => _disk.Reader();

        public override BlockWriter OpenWriter() => _image.Writable ? _disk.Writer() : throw new InvalidOperationException("The disk was opened for reading only.");

        public override async ValueTask DisposeAsync()
        {
            // The end of its input makes the relay close the image; only then it is free for others.
            if (_process is { } process)
            {
                try
                {
                    process.StandardInput.Close();
                    await process.WaitForExitAsync().WaitAsync(EndLimit).ConfigureAwait(false);
                }
                catch (Exception e) when (e is TimeoutException or IOException or InvalidOperationException)
                {
                    // Cut below.
                }
            }

            _disk.Dispose();
            Cut();
            _process?.Dispose();
        }

        private RelayConnection Connect(CancellationToken cancellation)
        {
            if (_process is not null)
            {
                MayReopen(cancellation).GetAwaiter().GetResult();
            }

            Cut();
            Process process;
            try
            {
                process = SshCall.Start(_site, _address, $"exec {SshCall.Quoted(_program)} relay");
            }
            catch (PlatformException e)
            {
                throw new BlockException(BlockErrorKind.Unreachable, e.Message, canRetry: false, e);
            }

            process.ErrorDataReceived += (_, line) =>
            {
                lock (_words)
                {
                    if (line.Data is not null && _words.Length < 2000)
                    {
                        _words.AppendLine(line.Data);
                    }
                }
            };
            process.BeginErrorReadLine();
            _process = process;
            return RelayConnection.Open(
                process.StandardOutput.BaseStream, process.StandardInput.BaseStream, $"{_site}:{_image.Path}",
                new RelayDiskRequest(_image.Path, _image.Format, _image.LengthBytes, _image.Writable), () => Kill(process), _time, cancellation);
        }

        private void Cut()
        {
            if (_process is { } process)
            {
                Kill(process);
            }
        }

        private static void Kill(Process process)
        {
            try
            {
                process.Kill();
            }
            catch (InvalidOperationException)
            {
                // It has ended, and may be disposed of.
            }
        }
    }
}
