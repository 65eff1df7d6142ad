using System.Diagnostics;
using System.Net.Sockets;

namespace VmMigrate.Engine.Tests.Blocks.Images;

/// <summary>A qemu-nbd that has an image open; it is ended when this is disposed, however the test went.</summary>
internal sealed class QemuNbd : IDisposable
{
    private readonly Process _process;

    private QemuNbd(Process process) => _process = process;

    /// <summary>Starts it and waits until it greets, which it does only once it has the image open (it listens before that).</summary>
    internal static async Task<QemuNbd> Start(string socket, string image, string format, CancellationToken cancel, params string[] more)
    {
        var server = new QemuNbd(Process.Start(new ProcessStartInfo("qemu-nbd", ["-f", format, "--persistent", "--shared=8", "-k", socket, .. more, image]))!);
        try
        {
            while (!File.Exists(socket))
            {
                Assert.False(server._process.HasExited, "qemu-nbd ended at once.");
                await Task.Delay(10, cancel);
            }

            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            var greeting = new byte[8];
            await client.ReceiveAsync(greeting, cancel);
            Assert.Equal("NBDMAGIC"u8.ToArray(), greeting);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
