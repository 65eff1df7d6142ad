using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>The same bytes, inside TLS. It is the library's own TLS on the same blocking socket.</summary>
internal sealed class NbdTlsTransport : NbdTransport
{
    private readonly NbdSocket _socket;
    private readonly SslStream _tls;
    private readonly string _name;

    private NbdTlsTransport(NbdSocket socket, SslStream tls, string name)
    {
        _socket = socket;
        _tls = tls;
        _name = name;
    }

    /// <summary>Secures the connection after the server agreed to NBD_OPT_STARTTLS.</summary>
    /// <exception cref="BlockException">A certificate is not what it must be.</exception>
    internal static NbdTlsTransport Client(NbdSocket socket, NbdEndpoint endpoint, NbdTls tls, string name)
    {
        var host = tls.ServerName ?? (endpoint.SocketPath is null ? endpoint.Host : "localhost");
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = ChainPolicy(tls),
        };
        if (tls.Certificate is { } own)
        {
            // A context, so that the key is used as it is and not looked for in a store of the machine.
            options.ClientCertificateContext = SslStreamCertificateContext.Create(own, tls.Authorities, offline: true);
        }

        var stream = new SslStream(new SocketStream(socket), leaveInnerStreamOpen: true);
        Authenticate(() => stream.AuthenticateAsClient(options), stream, name);
        return new NbdTlsTransport(socket, stream, name);
    }

    /// <summary>Secures the connection as the server.</summary>
    /// <exception cref="BlockException">The client shows no certificate that the authorities signed.</exception>
    internal static NbdTlsTransport Server(NbdSocket socket, NbdTls tls, string name)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(
                tls.Certificate ?? throw new ArgumentException("A server needs a certificate with its key.", nameof(tls)), tls.Authorities, offline: true),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = ChainPolicy(tls),
        };
        var stream = new SslStream(new SocketStream(socket), leaveInnerStreamOpen: true);
        Authenticate(() => stream.AuthenticateAsServer(options), stream, name);
        return new NbdTlsTransport(socket, stream, name);
    }

    internal override int ReceiveSome(Span<byte> into)
    {
        try
        {
            return _tls.Read(into);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    internal override void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _tls.Write(bytes);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    internal override void Abort() => _socket.Abort();

    public override void Dispose()
    {
        _tls.Dispose();
        _socket.Dispose();
    }

    private static X509ChainPolicy ChainPolicy(NbdTls tls)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // The authorities are private ones: there is no list of revoked certificates to ask for, and no network to ask on.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(tls.Authorities);
        return policy;
    }

    private static void Authenticate(Action authenticate, SslStream stream, string name)
    {
        try
        {
            authenticate();
        }
        catch (AuthenticationException e)
        {
            stream.Dispose();
            throw new BlockException(BlockErrorKind.Refused, $"{name}: TLS failed: {e.InnerException?.Message ?? e.Message}", canRetry: false, e) { Disk = name, Code = "TLS" };
        }
        catch (IOException e) when (e.InnerException is not BlockException)
        {
            stream.Dispose();
            throw new BlockException(BlockErrorKind.Refused, $"{name}: TLS failed: {e.Message}", canRetry: false, e) { Disk = name, Code = "TLS" };
        }
        catch (IOException e)
        {
            stream.Dispose();
            throw (BlockException)e.InnerException!;
        }
    }

    private BlockException Failed(IOException e) =>
        e.InnerException as BlockException ?? new BlockException(BlockErrorKind.Lost, $"{_name}: the TLS connection broke: {e.Message}", canRetry: true, e) { Disk = _name };

    /// <summary>The socket as the stream that SslStream wants; blocking calls only.</summary>
    private sealed class SocketStream(NbdSocket socket) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            try
            {
                return socket.ReceiveSome(buffer);
            }
            catch (BlockException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                socket.Send(buffer);
            }
            catch (BlockException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
