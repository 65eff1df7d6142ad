using System.Security.Cryptography.X509Certificates;

namespace VmMigrate.Host.Terraform;

/// <summary>What core tells a plugin at its start, in the environment, and what it wants to read in the plugin's first line.</summary>
/// <remarks>Source: hashicorp/go-plugin, server.go and client.go.</remarks>
internal sealed class PluginHandshake
{
    internal const string CookieName = "TF_PLUGIN_MAGIC_COOKIE";

    // Not a secret: it tells a start by core from one by hand.
    private const string Cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

    // Of the line's form, and of what is spoken after it.
    private const int CoreVersion = 1;
    private const int ProtocolVersion = 6;

    private PluginHandshake()
    {
    }

    /// <summary>The only certificate that may connect; null: the connection is not encrypted.</summary>
    internal X509Certificate2? ClientCertificate { get; private init; }

    /// <summary>Where the socket is to be, if core says.</summary>
    internal string? SocketFolder { get; private init; }

    /// <summary>Reads the environment.</summary>
    /// <returns>The handshake, or null and what to tell the person who started this by hand.</returns>
    internal static (PluginHandshake? Handshake, string Hint) Read(Func<string, string?> environment)
    {
        if (environment(CookieName) != Cookie)
        {
            return (null, """
                This is a Terraform provider: Terraform starts it, not a person.
                Name it in your configuration (required_providers) and run `terraform init`, or for a build of your own
                name its folder under dev_overrides in ~/.terraformrc. See docs/terraform.md.
                """);
        }

        // Absent in very old cores, which speak 4 or 5 only and say no word about it.
        var versions = environment("PLUGIN_PROTOCOL_VERSIONS") ?? "";
        if (!versions.Split(',').Contains($"{ProtocolVersion}"))
        {
            return (null, $"This provider speaks plugin protocol {ProtocolVersion}, but this Terraform speaks only {(versions.Length > 0 ? versions : "older ones")}. Use Terraform 1.0 or later.");
        }

        X509Certificate2? client = null;
        if (environment("PLUGIN_CLIENT_CERT") is { Length: > 0 } pem)
        {
            try
            {
                client = X509Certificate2.CreateFromPem(pem);
            }
            catch (System.Security.Cryptography.CryptographicException fault)
            {
                return (null, $"PLUGIN_CLIENT_CERT holds no certificate: {fault.Message}");
            }
        }

        return (new PluginHandshake { ClientCertificate = client, SocketFolder = environment("PLUGIN_UNIX_SOCKET_DIR") is { Length: > 0 } folder ? folder : null }, "");
    }

    /// <summary>The first line on standard output.</summary>
    /// <param name="network"><c>unix</c> or <c>tcp</c>.</param>
    /// <param name="address">A socket's path, or <c>127.0.0.1:PORT</c>.</param>
    internal static string Line(string network, string address, X509Certificate2? server)
    {
        // Go's raw base64 has no padding.
        var certificate = server is null ? "" : Convert.ToBase64String(server.RawData).TrimEnd('=');
        return $"{CoreVersion}|{ProtocolVersion}|{network}|{address}|grpc|{certificate}\n";
    }

    /// <summary>Whether a connection may come in: byte for byte the certificate that core announced. That it has the key, TLS has proven.</summary>
    internal bool Accepts(X509Certificate2? given) =>
        ClientCertificate is { } wanted && given is not null && given.RawDataMemory.Span.SequenceEqual(wanted.RawDataMemory.Span);
}
