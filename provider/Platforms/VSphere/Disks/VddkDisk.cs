using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>
/// A disk read by VMware's own library through <c>nbdkit vddk</c>, which the user has installed: it reads VMs with snapshots too, and knows which blocks are in use.
/// </summary>
/// <remarks>
/// Source: nbdkit-vddk-plugin(1). The server ends with this object, and with this process (<c>--exit-with-parent</c>). One that is lost is not started again: the copy ends with it, and the
/// next run goes on. So nothing asks <see cref="DiskAccess.MayReopen"/>, and since it only reads, a run that was taken over does no harm by it.
/// </remarks>
internal sealed class VddkDisk : DiskAccess
{
    internal const string Kind = "VMware's disk library through nbdkit (fast: the network's or the datastore's own speed)";

    private const string Program = "nbdkit";

    /// <summary>From the start to the socket: loading the library and logging in take some seconds.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan StartPoll = TimeSpan.FromMilliseconds(20);

    private readonly Process _server;
    private readonly string _folder;
    private readonly NbdReader _guard;

    private VddkDisk(Process server, string folder, NbdReader guard)
    {
        _server = server;
        _folder = folder;
        _guard = guard;
    }

    public override long LengthBytes => _guard.LengthBytes;

    public override string Description => Kind;

    private string Socket => SocketIn(_folder);

    /// <summary>Whether the site declares the library and this machine has nbdkit. The library takes user and password, no session of ours.</summary>
    internal static bool IsThere(VSphereAddress address) => address is { VddkLibrary: not null, Password: not null } && Find(address.NbdkitProgram ?? Program) is not null;

    /// <param name="snapshot">The snapshot whose content is read; null for a VM that is off.</param>
    /// <param name="name">For messages.</param>
    internal static async Task<DiskAccess> OpenAsync(VimClient client, MoRef vm, MoRef? snapshot, DatastorePath file, long lengthBytes, string name, CancellationToken cancellation)
    {
        var address = client.Address;
        // The library wants the SHA-1 thumbprint of the server that we have just checked by our own rules.
        await client.ContentAsync(cancellation).ConfigureAwait(false);
        var folder = Directory.CreateTempSubdirectory("vmmigrate-vddk-").FullName;
        Process? server = null;
        try
        {
            // In a file that only this account reads: arguments are for all to see.
            var secret = Path.Combine(folder, "password");
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            var writer = new StreamWriter(secret, options);
            await using (writer.ConfigureAwait(false))
            {
                await writer.WriteAsync(address.Password).ConfigureAwait(false);
            }

            server = Process.Start(new ProcessStartInfo(Find(address.NbdkitProgram ?? Program)!, Arguments(client, vm, snapshot, file, folder, secret))
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            })!;
            var words = server.StandardError.ReadToEndAsync(CancellationToken.None);
            var guard = await ConnectAsync(client.Site, name, server, words, folder, cancellation).ConfigureAwait(false);
            File.Delete(secret);
            if (guard.LengthBytes != lengthBytes)
            {
                var found = guard.LengthBytes;
                await guard.DisposeAsync().ConfigureAwait(false);
                throw new PlatformException(PlatformErrorKind.Refused, client.Site, $"{name}: {file} is {lengthBytes} bytes long as vSphere reports it, and {found} as its library reads it: they are not the same disk");
            }

            return new VddkDisk(server, folder, guard);
        }
        catch
        {
            await EndAsync(server, folder).ConfigureAwait(false);
            throw;
        }
    }

    public override BlockReader OpenReader() => NbdReader.ConnectAsync(NbdEndpoint.Unix(Socket), new NbdOptions(), CancellationToken.None).GetAwaiter().GetResult();

    public override BlockWriter OpenWriter() => throw new InvalidOperationException("The disk was opened for reading only.");

    public override async ValueTask DisposeAsync()
    {
        await _guard.DisposeAsync().ConfigureAwait(false);
        await EndAsync(_server, _folder).ConfigureAwait(false);
    }

    internal static IEnumerable<string> Arguments(VimClient client, MoRef vm, MoRef? snapshot, DatastorePath file, string folder, string passwordFile)
    {
        var address = client.Address;
        yield return "--foreground";
        yield return "--exit-with-parent";
        yield return "--readonly";
        yield return "--threads=4";
        yield return $"--unix={SocketIn(folder)}";
        yield return "vddk";
        yield return $"libdir={address.VddkLibrary}";
        yield return $"server={address.Sdk.Host}";
        if (!address.Sdk.IsDefaultPort)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"port={address.Sdk.Port}");
        }

        yield return $"user={address.User}";
        yield return $"password=+{passwordFile}";
        yield return $"thumbprint={client.Sha1Thumbprint}";
        yield return $"vm=moref={vm.Value}";
        if (snapshot is { } moment)
        {
            yield return $"snapshot={moment.Value}";
        }

        yield return $"file={file}";
    }

    private static string SocketIn(string folder) => Path.Combine(folder, "nbd.sock");

    private static async Task<NbdReader> ConnectAsync(string site, string name, Process server, Task<string> words, string folder, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            while (true)
            {
                if (server.HasExited)
                {
                    throw new PlatformException(PlatformErrorKind.Refused, site, $"{name}: nbdkit vddk ended: {(await words.ConfigureAwait(false)).Trim()}");
                }

                if (File.Exists(SocketIn(folder)))
                {
                    try
                    {
                        return await NbdReader.ConnectAsync(NbdEndpoint.Unix(SocketIn(folder)), new NbdOptions(), both.Token).ConfigureAwait(false);
                    }
                    catch (Exception exception) when (exception is BlockException or SocketException && !server.HasExited)
                    {
                        // It listens before it has opened the disk.
                    }
                }

                await Task.Delay(StartPoll, both.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, site, $"{name}: nbdkit vddk did not open the disk within {StartLimit.TotalSeconds:0} s");
        }
    }

    private static async Task EndAsync(Process? server, string folder)
    {
        if (server is not null)
        {
            if (!server.HasExited)
            {
                server.Kill();
            }

            await server.WaitForExitAsync().ConfigureAwait(false);
            server.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string? Find(string program) => program.Contains('/', StringComparison.Ordinal)
        ? File.Exists(program) ? program : null
        : InstalledProgram.Find(program);
}
