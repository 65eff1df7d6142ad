using System.Collections.Immutable;
using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Guests;

/// <summary>How a program ended, with all that it said.</summary>
internal readonly record struct ProgramEnd(int Code, string Output, string Errors);

/// <summary>A guest's disks as programs of libguestfs get them: served by this process, for reading only, over sockets that only this user can open; and how such a program is run.</summary>
internal sealed class GuestDisks : IAsyncDisposable
{
    private readonly List<NbdServer> _servers = [];

    /// <param name="use">A word for the folder's name.</param>
    /// <param name="disks">In the VM's order.</param>
    internal GuestDisks(string use, IReadOnlyList<BlockReader> disks, TimeSpan limit, CancellationToken cancellation)
    {
        Folder = Directory.CreateTempSubdirectory($"vmmigrate-{use}-").FullName;
        foreach (var disk in disks)
        {
            _servers.Add(NbdServer.Start(
                NbdEndpoint.Unix(Path.Combine(Folder, $"{_servers.Count}.sock")), new Dictionary<string, NbdServedDisk> { [""] = new NbdServedReader(disk, cancellation) }, null, limit));
        }
    }

    /// <summary>Of this user alone, and gone with this.</summary>
    internal string Folder { get; }

    internal IEnumerable<string> Sockets => _servers.Select(server => server.Endpoint.SocketPath!);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>libguestfs takes KVM where it finds the device, also where that does not work (a VM in a VM): then it is tried once more, emulated.</summary>
    /// <param name="attempt">Gets libguestfs's settings; null: none.</param>
    internal static async Task<ProgramEnd> TryAsync(Func<string?, Task<ProgramEnd>> attempt)
    {
        var end = await attempt(null);
        return end.Code != 0 && (end.Output + end.Errors).Contains("appliance closed the connection", StringComparison.Ordinal) ? await attempt("force_tcg") : end;
    }

    /// <summary>Runs a program to its end; when cancelled, it and all that it has started are killed first.</summary>
    /// <param name="input">What it reads.</param>
    internal static async Task<ProgramEnd> RunAsync(string program, ImmutableArray<string> arguments, string input, string? settings, CancellationToken cancellation)
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
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended already; its words say why.
            }

            await process.WaitForExitAsync(cancellation);
            return new ProgramEnd(process.ExitCode, await output, await errors);
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
}
