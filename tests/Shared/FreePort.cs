using System.Net;
using System.Net.Sockets;

namespace VmMigrate.Tests;

/// <summary>A TCP port for a program that has to be told one.</summary>
internal static class FreePort
{
    /// <summary>Below the range from which the kernel gives ports away by itself (ip_local_port_range begins at 32768), so that nobody takes it before the program does.</summary>
    internal static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(26_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }
    }
}
