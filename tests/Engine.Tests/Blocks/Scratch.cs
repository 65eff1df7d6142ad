using System.Diagnostics;
using System.Net.Sockets;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>A directory for one test, and the servers started in it; both are gone when the test is done.</summary>
internal sealed class Scratch : IAsyncDisposable
{
    private readonly List<Process> _servers = [];
    private int _sockets;

    internal string Path { get; } = Directory.CreateTempSubdirectory("vmm").FullName;

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    internal string NewSocket() => File($"s{_sockets++}");

    /// <summary>Runs a tool to its end and returns what it printed.</summary>
    internal static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var (code, output) = await TryRunAsync(tool, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    internal static async Task<(int Code, string Output)> TryRunAsync(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>An image of <paramref name="length"/> bytes, with the given content at the given places.</summary>
    internal async Task<string> ImageAsync(string name, string format, long length, params (long Offset, byte[] Content)[] content)
    {
        var raw = File(name + ".tmp");
        await using (var file = System.IO.File.Create(raw))
        {
            file.SetLength(length);
            foreach (var (offset, bytes) in content)
            {
                file.Position = offset;
                await file.WriteAsync(bytes);
            }
        }

        var path = File(name);
        if (format == "raw")
            System.IO.File.Move(raw, path);
        else
            await RunAsync("qemu-img", "convert", "-f", "raw", "-O", format, raw, path);
        return path;
    }

    internal Task<NbdEndpoint> QemuNbdAsync(string image, string format, params string[] more)
    {
        var socket = NewSocket();
        return StartAsync(socket, "qemu-nbd", ["--persistent", "--socket", socket, "-f", format, "--discard=unmap", .. more, image]);
    }

    internal Task<NbdEndpoint> NbdkitAsync(params string[] more)
    {
        var socket = NewSocket();
        return StartAsync(socket, "nbdkit", ["-f", "-U", socket, .. more]);
    }

    internal async Task<NbdEndpoint> StartAsync(string socket, string tool, string[] arguments)
    {
        System.IO.File.Delete(socket);
        var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        lock (_servers)
            _servers.Add(process);
        for (var i = 0; i < 1000 && !await IsUpAsync(socket); i++)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"{tool} ended: {await errors}");
            await Task.Delay(25);
        }

        return NbdEndpoint.Unix(socket);
    }

    /// <summary>A socket is there before anybody listens on it, so its being there is not enough. A file of a process id is.</summary>
    private static async Task<bool> IsUpAsync(string path)
    {
        if (!System.IO.File.Exists(path))
            return false;
        if ((System.IO.File.GetAttributes(path) & FileAttributes.Normal) != 0 && new FileInfo(path).Length > 0)
            return true;
        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await probe.ConnectAsync(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>As kill -9 does it.</summary>
    internal async Task KillServerAsync(int index)
    {
        _servers[index].Kill();
        await _servers[index].WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            if (!server.HasExited)
                server.Kill();
            await server.WaitForExitAsync();
            server.Dispose();
        }

        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Bytes that nothing compresses, the same for the same seed.</summary>
    internal static byte[] Noise(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
