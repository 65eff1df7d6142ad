using System.Diagnostics;

namespace VmMigrate.Benchmarks;

/// <summary>Images and qemu-nbd servers of one benchmark run, in one directory that goes away with it.</summary>
internal sealed class Lab(string root) : IDisposable
{
    private readonly string _path = Directory.CreateDirectory(Path.Combine(root, $"vmm-bench-{Environment.ProcessId}")).FullName;
    private readonly List<Process> _servers = [];
    private int _sockets;

    internal string File(string name) => Path.Combine(_path, name);

    /// <summary>A qcow2 image with noise in stripes. One of the same name is made once a run.</summary>
    internal async Task<string> NoiseAsync(string name, long virtualBytes, long dataBytes, long stripeBytes)
    {
        var path = File(name);
        if (System.IO.File.Exists(path))
            return path;
        var raw = path + ".raw";
        await using (var file = System.IO.File.Create(raw))
        {
            file.SetLength(virtualBytes);
            var random = new Random(20260101);
            var block = new byte[1 << 20];
            var stripes = dataBytes / stripeBytes;
            for (long stripe = 0; stripe < stripes; stripe++)
            {
                file.Position = stripe * (virtualBytes / stripes);
                for (long written = 0; written < stripeBytes; written += block.Length)
                {
                    random.NextBytes(block);
                    await file.WriteAsync(block.AsMemory(0, (int)Math.Min(block.Length, stripeBytes - written)));
                }
            }
        }

        await Measured.RunAsync("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw, path);
        System.IO.File.Delete(raw);
        return path;
    }

    /// <summary>A fresh, empty qcow2 image behind a qemu-nbd of its own.</summary>
    internal async Task<Served> FreshAsync(long virtualBytes)
    {
        var path = File($"target{_sockets}");
        await Measured.RunAsync("qemu-img", "create", "-q", "-f", "qcow2", path, virtualBytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return await ServeAsync(path, "--shared=16");
    }

    internal async Task<Served> ServeAsync(string image, params string[] more)
    {
        var socket = File($"s{_sockets++}");
        // What it says of clients that are killed on purpose is of no interest.
        var start = new ProcessStartInfo("qemu-nbd", ["--persistent", "--socket", socket, "-f", "qcow2", "--discard=unmap", .. more, image]) { RedirectStandardError = true };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        _servers.Add(process);
        for (var i = 0; i < 1000 && !System.IO.File.Exists(socket); i++)
            await Task.Delay(5);
        return new Served(process, image, $"nbd+unix:///?socket={socket}");
    }

    public void Dispose()
    {
        foreach (var server in _servers)
        {
            if (!server.HasExited)
                server.Kill();
            server.WaitForExit();
            server.Dispose();
        }

        Directory.Delete(_path, recursive: true);
    }

    /// <summary>An image behind a server.</summary>
    internal sealed record Served(Process Server, string Image, string Address)
    {
        /// <summary>Ends the server and removes the image.</summary>
        internal async Task DropAsync()
        {
            await StopAsync();
            System.IO.File.Delete(Image);
        }

        internal async Task StopAsync()
        {
            Server.Kill();
            await Server.WaitForExitAsync();
        }
    }
}
