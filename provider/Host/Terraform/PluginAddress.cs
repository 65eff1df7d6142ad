using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace VmMigrate.Host.Terraform;

/// <summary>Where the plugin listens: a socket in a folder of this user's only, or a loopback port where a socket cannot be.</summary>
internal sealed class PluginAddress : IDisposable
{
    // sockaddr_un holds 108 bytes with the closing zero.
    private const int LongestSocketPath = 107;

    private readonly string? folder;
    private readonly string? socket;

    private PluginAddress(string? folder, string? socket)
    {
        this.folder = folder;
        this.socket = socket;
    }

    internal string Network => socket is null ? "tcp" : "unix";

    internal static PluginAddress Choose(string? parent)
    {
        if (OperatingSystem.IsWindows())
        {
            return new PluginAddress(null, null);
        }

        // Made with mode 0700, which is what keeps others away from a connection without TLS.
        var folder = parent is null ? Directory.CreateTempSubdirectory("vmmigrate-").FullName : Path.Combine(parent, $"vmmigrate-{Guid.NewGuid():n}");
        if (parent is not null)
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var socket = Path.Combine(folder, "plugin");
        return new PluginAddress(folder, System.Text.Encoding.UTF8.GetByteCount(socket) <= LongestSocketPath ? socket : null);
    }

    internal void Listen(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (socket is null)
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, configure);
        }
        else
        {
            kestrel.ListenUnixSocket(socket, configure);
        }
    }

    /// <param name="bound">What the server says it listens at, such as <c>http://127.0.0.1:40123</c>.</param>
    internal string Announce(string bound) => socket ?? $"127.0.0.1:{new Uri(bound).Port}";

    public void Dispose()
    {
        if (folder is not null)
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
