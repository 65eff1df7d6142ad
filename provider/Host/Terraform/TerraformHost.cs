using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Terraform;

/// <summary>The process that Terraform starts under the name <c>terraform-provider-vmmigrate</c>.</summary>
internal static class TerraformHost
{
    // Core takes as much, and a state with many steps and disks grows past gRPC's usual 4 MiB.
    private const int LargestMessage = 64 << 20;

    // Core kills a plugin that is still there 2 s after Shutdown.
    private static readonly TimeSpan LastCalls = TimeSpan.FromSeconds(1);

    // As long as core waits for a plugin's first line.
    private static readonly TimeSpan FirstConnection = TimeSpan.FromMinutes(1);

    // After core has died without a word. A running call is stopped at once, by its own connection's end; this is for the empty process.
    private static readonly TimeSpan WithoutConnection = TimeSpan.FromSeconds(10);

    // Taking a VM back to its source can take a guest's shutdown and a start, and sending back what a live move has carried away.
    private static readonly TimeSpan LongestStop = TimeSpan.FromMinutes(30);

    /// <summary>Serves until core says that it is done, or has gone.</summary>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(Provider provider)
    {
        var (handshake, hint) = PluginHandshake.Read(Environment.GetEnvironmentVariable);
        if (handshake is null)
        {
            await Console.Error.WriteLineAsync(hint).ConfigureAwait(false);
            return 1;
        }

        // Ctrl-C reaches this process as well as core, which then asks for a stop by its own way and wants the answers of what runs.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var standardOutput = Console.OpenStandardOutput();
        using var standardError = Console.OpenStandardError();
        await using var owned = provider.ConfigureAwait(false);
        return await ServeAsync(provider, handshake, standardOutput, standardError, TimeProvider.System).ConfigureAwait(false);
    }

    private static async Task<int> ServeAsync(Provider provider, PluginHandshake handshake, Stream output, Stream error, TimeProvider time)
    {
        var redactor = new SecretRedactor();
        using var service = new TerraformService(provider, time, new PluginLog(error, time, redactor), redactor);
        using var end = new CancellationTokenSource();
        using var certificate = handshake.ClientCertificate is null ? null : PluginCertificate.Create(time);
        var tls = certificate is null ? null : PluginTls.Options(certificate, handshake);
        using var address = PluginAddress.Choose(handshake.SocketFolder);
        var connections = new ConnectionCount();

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (tls is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            address.Listen(kestrel, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(connections.Count);
                if (tls is not null)
                {
                    listen.UseHttps(tls);
                }
            });
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = LargestMessage;
            grpc.MaxSendMessageSize = LargestMessage;
        });
        builder.Services.AddSingleton(service);
        builder.Services.AddSingleton(new PluginController(end.Cancel));
        builder.Services.AddSingleton<IHostLifetime>(new NoLifetime());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = LastCalls);

        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.MapGrpcService<TerraformService>();
            app.MapGrpcService<PluginController>();
            await app.StartAsync().ConfigureAwait(false);
            var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            await output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(PluginHandshake.Line(address.Network, address.Announce(bound), certificate)))
                .ConfigureAwait(false);
            await output.FlushAsync().ConfigureAwait(false);

            using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
            await connections.WaitForEndAsync(time, FirstConnection, WithoutConnection, end.Token).ConfigureAwait(false);

            // Nobody waits for the answers of what still runs. But a process that just vanished would leave a VM down that nobody starts again.
            await service.StopAsync().ConfigureAwait(false);
            await Task.WhenAny(service.WhenIdleAsync(), Task.Delay(LongestStop, time)).ConfigureAwait(false);
            await app.StopAsync().ConfigureAwait(false);

            void End(PosixSignalContext signal)
            {
                signal.Cancel = true;
                end.Cancel();
            }
        }

        return 0;
    }

    /// <summary>The usual lifetime begins to shut down at Ctrl-C, when core still needs answers.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
