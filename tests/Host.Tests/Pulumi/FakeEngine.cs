using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using VmMigrate.Host.Protos.Pulumi;
using EngineServer = VmMigrate.Host.Protos.Pulumi.Engine.EngineBase;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>Pulumi's engine as far as a provider calls it: it keeps the log lines that it is given.</summary>
internal sealed class FakeEngine : EngineServer, IAsyncDisposable
{
    private WebApplication? _web;

    internal ConcurrentQueue<LogRequest> Lines { get; } = new();

    /// <summary>What was published as rows under resources.</summary>
    internal ConcurrentQueue<PublishViewStepsRequest> Views { get; } = new();

    /// <summary>How long each line takes to be taken.</summary>
    internal TimeSpan Delay { get; set; }

    internal bool Refuses { get; set; }

    internal string Address { get; private set; } = "";

    internal IEnumerable<string> Kept => Lines.Where(line => !line.Ephemeral).Select(line => $"{line.Severity}: {line.Message}");

    internal static async Task<FakeEngine> StartAsync(CancellationToken cancellation)
    {
        var engine = new FakeEngine();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(engine);
        builder.Services.AddSingleton(new Rows(engine));
        engine._web = builder.Build();
        engine._web.MapGrpcService<FakeEngine>();
        engine._web.MapGrpcService<Rows>();
        await engine._web.StartAsync(cancellation);
        engine.Address = new Uri(engine._web.Urls.First()).Authority;
        return engine;
    }

    public override async Task<Empty> Log(LogRequest request, ServerCallContext context)
    {
        await Task.Delay(Delay);
        Lines.Enqueue(request);
        return Refuses ? throw new RpcException(new Status(StatusCode.Unavailable, "going away")) : new Empty();
    }

    private sealed class Rows(FakeEngine engine) : ResourceStatus.ResourceStatusBase
    {
        public override Task<PublishViewStepsResponse> PublishViewSteps(PublishViewStepsRequest request, ServerCallContext context)
        {
            engine.Views.Enqueue(request);
            return engine.Refuses ? throw new RpcException(new Status(StatusCode.Unknown, "token not found")) : Task.FromResult(new PublishViewStepsResponse());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_web is not null)
        {
            await _web.StopAsync();
            await _web.DisposeAsync();
        }
    }
}
