using System.Security.Cryptography.X509Certificates;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Whom to trust and how to show who we are, over TLS.</summary>
/// <remarks>The private key stays in the certificate object; nothing of this goes into messages.</remarks>
public sealed record NbdTls
{
    /// <summary>The authorities that may have signed the other side's certificate. Nothing else is trusted, not even the machine's own list.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Our certificate with its key, where the other side asks for one.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The name that the server's certificate must carry; null: the address's host.</summary>
    public string? ServerName { get; init; }
}
