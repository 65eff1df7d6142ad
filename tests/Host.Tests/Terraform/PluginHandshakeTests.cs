using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using VmMigrate.Host.Protos.GoPlugin;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Terraform;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>The start and the end of the process, with a client that is not Go's.</summary>
public sealed class PluginHandshakeTests
{
    private const int Minute = 60 * 1000;
    private const string Cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

    [Fact(Timeout = Minute)]
    public async Task Started_by_hand_it_says_what_it_is_and_prints_nothing_on_standard_output()
    {
        using var process = Start(("TF_PLUGIN_MAGIC_COOKIE", "no"));
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        Assert.Equal("", output);
        Assert.Contains("This is a Terraform provider: Terraform starts it, not a person.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_terraform_is_told_which_protocol_it_lacks()
    {
        var (handshake, hint) = PluginHandshake.Read(name => name switch
        {
            "TF_PLUGIN_MAGIC_COOKIE" => Cookie,
            "PLUGIN_PROTOCOL_VERSIONS" => "4,5",
            _ => null,
        });
        Assert.Null(handshake);
        Assert.Contains("speaks plugin protocol 6, but this Terraform speaks only 4,5", hint, StringComparison.Ordinal);
    }

    [Fact(Timeout = Minute)]
    public async Task Without_a_client_certificate_the_connection_is_plain_and_Shutdown_ends_the_process()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var process = Start();
        var line = (await process.StandardOutput.ReadLineAsync(cancellation))!.Split('|');
        Assert.Equal(["1", "6", "unix"], line[..3]);
        Assert.Equal(["grpc", ""], line[4..]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(line[3])!));
        }

        using var channel = Connect(line[3], null);
        var schema = await new Protos.Terraform.Provider.ProviderClient(channel).GetProviderSchemaAsync(
            new GetProviderSchema.Types.Request(), cancellationToken: cancellation);
        Assert.NotEmpty(schema.ResourceSchemas);

        await new GRPCController.GRPCControllerClient(channel).ShutdownAsync(new Empty(), cancellationToken: cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.Equal(0, process.ExitCode);
        Assert.False(Directory.Exists(Path.GetDirectoryName(line[3])));
    }

    [Fact(Timeout = Minute)]
    public async Task With_a_client_certificate_only_its_owner_gets_in()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var mine = Certificate();
        using var other = Certificate();
        using var process = Start(("PLUGIN_CLIENT_CERT", mine.ExportCertificatePem()));
        var line = (await process.StandardOutput.ReadLineAsync(cancellation))!.Split('|');
        Assert.DoesNotContain("=", line[5], StringComparison.Ordinal);
        using var server = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(line[5].PadRight((line[5].Length + 3) / 4 * 4, '=')));
        Assert.True(server.MatchesHostname("localhost"));

        foreach (var stranger in new[] { other, null })
        {
            using var refused = Connect(line[3], server, stranger);
            await Assert.ThrowsAsync<RpcException>(async () => await new Protos.Terraform.Provider.ProviderClient(refused).GetMetadataAsync(
                new GetMetadata.Types.Request(), cancellationToken: cancellation));
        }

        using var channel = Connect(line[3], server, mine);
        var metadata = await new Protos.Terraform.Provider.ProviderClient(channel).GetMetadataAsync(new GetMetadata.Types.Request(), cancellationToken: cancellation);
        Assert.Contains("vmmigrate_migration", metadata.Resources.Select(one => one.TypeName));
        await new GRPCController.GRPCControllerClient(channel).ShutdownAsync(new Empty(), cancellationToken: cancellation);
        await process.WaitForExitAsync(cancellation);
    }

    [Fact(Timeout = Minute)]
    public async Task An_interrupt_does_not_end_it_and_the_end_of_its_only_connection_does()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var process = Start();
        var line = (await process.StandardOutput.ReadLineAsync(cancellation))!.Split('|');
        using (var channel = Connect(line[3], null))
        {
            var client = new Protos.Terraform.Provider.ProviderClient(channel);
            await client.GetMetadataAsync(new GetMetadata.Types.Request(), cancellationToken: cancellation);
            using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
            await kill.WaitForExitAsync(cancellation);
            await client.GetMetadataAsync(new GetMetadata.Types.Request(), cancellationToken: cancellation);
        }

        await process.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(40), cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    private static Process Start(params (string Name, string Value)[] more)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "VmMigrate.TestProvider"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["TF_PLUGIN_MAGIC_COOKIE"] = Cookie;
        start.Environment["PLUGIN_PROTOCOL_VERSIONS"] = "5,6";
        foreach (var (name, value) in more)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static GrpcChannel Connect(string socket, X509Certificate2? server, X509Certificate2? client = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation).ConfigureAwait(false);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        if (server is not null)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificates = client is null ? [] : [client],
                RemoteCertificateValidationCallback = (_, given, _, _) => given is not null && given.GetRawCertData().AsSpan().SequenceEqual(server.RawData),
            };
        }

        return GrpcChannel.ForAddress(server is null ? "http://localhost" : "https://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    // As go-plugin makes it: self-signed, on P-521.
    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var request = new CertificateRequest("CN=localhost, O=HashiCorp", key, HashAlgorithmName.SHA512);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-1), now.AddYears(30));
    }
}
