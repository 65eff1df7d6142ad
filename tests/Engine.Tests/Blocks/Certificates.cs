using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>An authority, a server's and a client's certificate for one test; also as the files that qemu-nbd, nbdkit and libnbd read.</summary>
internal sealed class Certificates
{
    private readonly X509Certificate2 _authority;

    internal Certificates(string directory)
    {
        Directory = directory;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        var now = TimeProvider.System.GetUtcNow();
        _authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        Server = Issue("server", now);
        Client = Issue("client", now);
        System.IO.Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "ca-cert.pem"), _authority.ExportCertificatePem());
    }

    internal string Directory { get; }

    internal X509Certificate2 Server { get; }

    internal X509Certificate2 Client { get; }

    internal NbdTls ForClient => new() { Authorities = [_authority], Certificate = Client, ServerName = "localhost" };

    internal NbdTls ForServer => new() { Authorities = [_authority], Certificate = Server };

    private X509Certificate2 Issue(string role, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={role}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(role == "server" ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        System.IO.Directory.CreateDirectory(Directory);
        File.WriteAllText(Path.Combine(Directory, $"{role}-cert.pem"), issued.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Directory, $"{role}-key.pem"), key.ExportPkcs8PrivateKeyPem());
        return issued.CopyWithPrivateKey(key);
    }
}
