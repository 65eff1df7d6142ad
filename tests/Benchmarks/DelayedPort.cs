using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace VmMigrate.Benchmarks;

/// <summary>Passes connections on to an address, each byte so much later, in both directions: the distance of a link whose rate is shaped elsewhere.</summary>
internal sealed class DelayedPort : IDisposable
{
    /// <summary>Pieces on their way, of 64 KiB at most: far more than the link holds.</summary>
    private const int MostPieces = 128;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _to;
    private readonly TimeSpan _delay;

    internal DelayedPort(IPEndPoint to, TimeSpan delay)
    {
        (_to, _delay) = (to, delay);
        _listener.Start();
        _ = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ServeAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient { NoDelay = true })
        {
            near.NoDelay = true;
            try
            {
                await far.ConnectAsync(_to);
                await Task.WhenAll(PumpAsync(near.Client, far.Client), PumpAsync(far.Client, near.Client));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // One end is gone.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var way = Channel.CreateBounded<(byte[] Piece, int Length, long Due)>(MostPieces);
        var sending = Task.Run(async () =>
        {
            await foreach (var (piece, length, due) in way.Reader.ReadAllAsync())
            {
                var wait = TimeSpan.FromTicks(due - DateTime.UtcNow.Ticks);
                if (wait > TimeSpan.FromMilliseconds(0.5))
                    await Task.Delay(wait);
                await to.SendAsync(piece.AsMemory(0, length));
            }

            to.Shutdown(SocketShutdown.Send);
        });
        try
        {
            while (true)
            {
                var piece = new byte[64 << 10];
                var length = await from.ReceiveAsync(piece);
                if (length == 0)
                    break;
                await way.Writer.WriteAsync((piece, length, DateTime.UtcNow.Ticks + _delay.Ticks));
            }
        }
        finally
        {
            way.Writer.Complete();
        }

        await sending;
    }
}
