using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Pulumi;

/// <summary>A provider that listens on a free port of the loopback interface.</summary>
internal sealed class PulumiServer : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly EngineLog _log;

    private PulumiServer(WebApplication web, EngineLog log, RunningCalls calls)
    {
        _web = web;
        _log = log;
        Calls = calls;
        Port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    internal int Port { get; }

    internal RunningCalls Calls { get; }

    /// <summary>As the last handshake told it.</summary>
    internal string? EngineAddress => _log.Address;

    /// <param name="engineAddress">Where the engine takes log lines, until a handshake tells better; null when it is not known.</param>
    internal static async Task<PulumiServer> StartAsync(Provider provider, string? engineAddress, FileLog file, TimeProvider time)
    {
        // Nothing from the environment or from a settings file: the working directory is the user's own project. And no logger at
        // all: standard output belongs to the port line.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;

            // A migration may take a day, and the engine may have nothing to say to us for hours.
            kestrel.Limits.KeepAliveTimeout = TimeSpan.MaxValue;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;

            // The engine calls as many resources at once as the user's --parallel says.
            kestrel.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
        });
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = EngineChannel.LargestMessageBytes;
            grpc.MaxSendMessageSize = EngineChannel.LargestMessageBytes;
        });

        // Signals are ours to judge: see PulumiHost.
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();

        var calls = new RunningCalls();
        var log = new EngineLog(file, time) { Address = engineAddress };
        builder.Services.AddSingleton(new PulumiService(provider, log, calls, file, time));
        var web = builder.Build();
        web.MapGrpcService<PulumiService>();
        await web.StartAsync().ConfigureAwait(false);
        return new PulumiServer(web, log, calls);
    }

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync().ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
        await _log.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class QuietLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
