using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VmMigrate.Host.Terraform;

/// <summary>The server's certificate for one process: core trusts the one in the handshake line, and nothing else.</summary>
internal static class PluginCertificate
{
    /// <summary>A self-signed one for <c>localhost</c>, the name that core asks for, on P-256: a key of P-521 as core's own takes longer than our whole start.</summary>
    internal static X509Certificate2 Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyAgreement | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));

        // Clocks of one machine, but a virtual machine's may jump back a little.
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now.AddSeconds(-30), now.AddYears(1));
    }
}
