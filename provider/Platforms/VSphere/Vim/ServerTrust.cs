using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>
/// Whether a server's certificate is the right one: by the pinned thumbprint, by the declared authorities, or by the system's. There is no way to
/// switch this off.
/// </summary>
internal sealed class ServerTrust(string? caFile, string? thumbprint)
{
    private readonly Lazy<X509Certificate2Collection?> _authorities = new(() =>
    {
        if (caFile is null)
        {
            return null;
        }

        var found = new X509Certificate2Collection();
        found.ImportFromPemFile(caFile);
        return found;
    });

    /// <summary>Why the last certificate was refused, for the error of the connection that follows.</summary>
    internal string? WhyRefused { get; private set; }

    /// <summary>SHA-1 of the certificate that was last accepted, with colons: VMware's disk library asks for it.</summary>
    internal string? Sha1 { get; private set; }

    /// <exception cref="IOException">The file of authorities cannot be read.</exception>
    internal void Load()
    {
        try
        {
            _ = _authorities.Value;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new IOException($"caFile {caFile} cannot be read: {exception.Message}", exception);
        }
    }

    internal bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var good = Judge(certificate, chain, errors);
        if (good)
        {
            Sha1 = Sha1Of(certificate!);
        }

        return good;
    }

    /// <summary>With colons, as VMware writes it.</summary>
    internal static string Sha1Of(X509Certificate certificate) =>
        string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA1).Select(one => one.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>As <see cref="Accepts"/>, for another server than the site's own.</summary>
    internal bool Judge(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server)
        {
            WhyRefused = "it shows no certificate";
            return false;
        }

        var shown = server.GetCertHashString(HashAlgorithmName.SHA256);
        if (thumbprint is not null)
        {
            WhyRefused = shown == thumbprint ? null : $"its certificate has the SHA-256 thumbprint {shown}, and {thumbprint} is pinned";
            return shown == thumbprint;
        }

        if (_authorities.Value is { } authorities)
        {
            if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            {
                WhyRefused = $"its certificate ({server.Subject}) is for another name";
                return false;
            }

            using var own = new X509Chain();
            own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            own.ChainPolicy.CustomTrustStore.AddRange(authorities);
            own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            if (chain is not null)
            {
                own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
            }

            var good = own.Build(server);
            WhyRefused = good ? null : $"its certificate ({server.Subject}) is not signed by an authority in {caFile}: {Words(own)}. Its SHA-256 thumbprint is {shown}";
            return good;
        }

        WhyRefused = errors == SslPolicyErrors.None
            ? null
            : $"its certificate ({server.Subject}) is not trusted by this system ({errors}); set caFile to its authority, or thumbprint to {shown} after comparing it with the server's own";
        return errors == SslPolicyErrors.None;
    }

    private static string Words(X509Chain chain) => string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
}
