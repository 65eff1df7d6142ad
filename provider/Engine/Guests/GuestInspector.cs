using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Guests;

/// <summary>What was seen on a guest's disks.</summary>
/// <param name="Facts">Null where nothing could be seen; <paramref name="Why"/> says why.</param>
internal sealed record GuestLook(FactSet? Facts, string Why);

/// <summary>Looks into a guest's disks through libguestfs (<c>guestfish</c>) where it is installed. Only reads; the disks are served to it by this process over a socket that only this user can open.</summary>
/// <remarks>libguestfs boots a small Linux of its own under QEMU: a few seconds with KVM, half a minute or more without.</remarks>
internal static class GuestInspector
{
    internal const string Program = "guestfish";

    internal const string Origin = "libguestfs";

    internal static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <param name="disks">In the VM's order.</param>
    /// <exception cref="OperationCanceledException">Only when <paramref name="cancellation"/> says so: a look that takes longer than <paramref name="limit"/> is one that saw nothing.</exception>
    internal static async Task<GuestLook> LookAsync(IReadOnlyList<BlockReader> disks, TimeSpan limit, CancellationToken cancellation)
    {
        if (!IsInstalled)
        {
            return new GuestLook(null, $"{Program} is not installed on this machine (Debian: libguestfs-tools)");
        }

        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(limit);
        var folder = Directory.CreateTempSubdirectory("vmmigrate-look-").FullName;
        var servers = new List<NbdServer>();
        try
        {
            for (var i = 0; i < disks.Count; i++)
            {
                var disk = new NbdServedReader(disks[i], time.Token);
                servers.Add(NbdServer.Start(NbdEndpoint.Unix(Path.Combine(folder, $"{i}.sock")), new Dictionary<string, NbdServedDisk> { [""] = disk }, null, limit));
            }

            var look = await RunAsync(servers, null, time.Token);
            // libguestfs takes KVM where it finds the device, also where that does not work (a VM in a VM).
            return look.Facts is null && look.Why.Contains("appliance closed the connection", StringComparison.Ordinal) ? await RunAsync(servers, "force_tcg", time.Token) : look;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new GuestLook(null, $"looking into it took longer than {limit.TotalSeconds:0} s");
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What libguestfs says of the failure, without its advice.</summary>
    private static string Words(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', lines.Where(line => line.StartsWith("libguestfs: error", StringComparison.Ordinal) || line.StartsWith("guestfish: ", StringComparison.Ordinal)).DefaultIfEmpty(lines.FirstOrDefault() ?? "it said nothing").Take(2));
    }

    private static async Task<GuestLook> RunAsync(List<NbdServer> servers, string? settings, CancellationToken cancellation)
    {
        List<string> arguments = ["--ro"];
        foreach (var server in servers)
        {
            arguments.AddRange(["--format=raw", "-a", $"nbd://?socket={server.Endpoint.SocketPath}"]);
        }

        var start = new ProcessStartInfo(Program, [.. arguments, "-i"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
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
                await process.StandardInput.WriteAsync(GuestText.Script.AsMemory(), cancellation);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended already; its words say why.
            }

            await process.WaitForExitAsync(cancellation);
            // Where its root is not mounted (a file system of that name is not on these disks), not finding a file says nothing.
            return !(await errors).Contains("call 'mount' first", StringComparison.Ordinal) && GuestText.Read(await output, Origin) is { } facts
                ? new GuestLook(facts, "")
                : new GuestLook(null, $"{Program} could not look into it: {Words(await errors)}");
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
