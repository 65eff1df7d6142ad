using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Where an NBD export is: <c>nbd://host[:port]/export</c>, <c>nbds://…</c> (TLS), <c>nbd+unix:///export?socket=path</c>, <c>nbds+unix://…</c>.</summary>
/// <remarks>The forms are those of the NBD project's URI specification (doc/uri.md). Certificates and passwords are never part of the address.</remarks>
public sealed record NbdEndpoint
{
    public const int DefaultPort = 10809;

    /// <summary>The path of a unix socket; null over TCP.</summary>
    public string? SocketPath { get; init; }

    public string Host { get; init; } = "localhost";

    public int Port { get; init; } = DefaultPort;

    /// <summary>The export's name; the empty one is the server's default.</summary>
    public string Export { get; init; } = "";

    public bool Tls { get; init; }

    public static NbdEndpoint Unix(string socketPath, string export = "") => new() { SocketPath = socketPath, Export = export };

    public static NbdEndpoint Tcp(string host, int port = DefaultPort, string export = "") => new() { Host = host, Port = port, Export = export };

    /// <exception cref="FormatException">Not an address of an export; the message says what is wrong.</exception>
    public static NbdEndpoint Parse(string text) =>
        TryParse(text, out var endpoint, out var problem) ? endpoint : throw new FormatException(problem);

    public static bool TryParse(string text, [NotNullWhen(true)] out NbdEndpoint? endpoint, [NotNullWhen(false)] out string? problem)
    {
        endpoint = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            problem = $"\"{text}\" is not an NBD address. Write nbd://host:port/export or nbd+unix:///export?socket=/path.";
            return false;
        }

        if (uri.Scheme is not ("nbd" or "nbds" or "nbd+unix" or "nbds+unix"))
        {
            problem = $"\"{uri.Scheme}\" is not a scheme of NBD addresses: those are nbd, nbds, nbd+unix and nbds+unix.";
            return false;
        }

        if (uri.UserInfo.Length > 0)
        {
            problem = "An NBD address must not name a user: give credentials apart from it.";
            return false;
        }

        var export = Uri.UnescapeDataString(uri.AbsolutePath is ['/', .. var rest] ? rest : "");
        var tls = uri.Scheme.StartsWith("nbds", StringComparison.Ordinal);
        if (!uri.Scheme.EndsWith("+unix", StringComparison.Ordinal))
        {
            if (uri.Host.Length == 0)
            {
                problem = $"\"{text}\" names no host.";
                return false;
            }

            endpoint = new NbdEndpoint
            {
                // Brackets around an IPv6 address belong to the address bar, not to the host.
                Host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host.Trim('[', ']') : uri.Host,
                Port = uri.Port > 0 ? uri.Port : DefaultPort,
                Export = export,
                Tls = tls,
            };
            problem = null;
            return true;
        }

        string? socket = null;
        foreach (var pair in uri.Query.TrimStart('?').Split('&'))
        {
            if (pair.StartsWith("socket=", StringComparison.Ordinal))
                socket = Uri.UnescapeDataString(pair["socket=".Length..]);
        }

        if (string.IsNullOrEmpty(socket))
        {
            problem = $"\"{text}\" names no socket: add ?socket=/path.";
            return false;
        }

        endpoint = new NbdEndpoint { SocketPath = socket, Export = export, Tls = tls };
        problem = null;
        return true;
    }

    public override string ToString()
    {
        var scheme = Tls ? "nbds" : "nbd";
        return SocketPath is { } path
            ? $"{scheme}+unix:///{Uri.EscapeDataString(Export)}?socket={Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}"
            : string.Create(CultureInfo.InvariantCulture, $"{scheme}://{(Host.Contains(':') ? $"[{Host}]" : Host)}{(Port == DefaultPort ? "" : $":{Port}")}/{Uri.EscapeDataString(Export)}");
    }
}
