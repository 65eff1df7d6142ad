using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace VmMigrate.Host.Terraform;

/// <summary>Mutual TLS between two processes that know each other's one certificate; no certificate of the system has a say.</summary>
internal static class PluginTls
{
    /// <remarks>
    /// .NET reads the system's some 150 roots before it builds any chain, even one that may not use them: 60 ms at every start, four times
    /// for one <c>terraform apply</c>. So that is done beside the rest of the start, and the first connection waits for it.
    /// </remarks>
    internal static TlsHandshakeCallbackOptions Options(X509Certificate2 server, PluginHandshake handshake)
    {
        var trust = SslCertificateTrust.CreateForX509Collection([server], sendTrustInHandshake: false);
        var context = Task.Run(() => SslStreamCertificateContext.Create(server, additionalCertificates: null, offline: true, trust));
        return new TlsHandshakeCallbackOptions
        {
            OnConnection = async _ => new SslServerAuthenticationOptions
            {
                ServerCertificateContext = await context.ConfigureAwait(false),
                ClientCertificateRequired = true,
                CertificateChainPolicy = OnlyTrust(handshake.ClientCertificate!),
                RemoteCertificateValidationCallback = (_, given, _, _) => handshake.Accepts(given as X509Certificate2),
            },
        };
    }

    private static X509ChainPolicy OnlyTrust(X509Certificate2 certificate)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(certificate);
        return policy;
    }
}
