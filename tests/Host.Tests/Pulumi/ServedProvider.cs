using Grpc.Net.Client;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>The product's own provider behind a real connection, as Pulumi's engine has it.</summary>
internal sealed class ServedProvider : IAsyncDisposable
{
    private readonly PulumiServer _server;
    private readonly GrpcChannel _channel;

    private ServedProvider(PulumiServer server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{server.Port}");
        Client = new ResourceProvider.ResourceProviderClient(_channel);
    }

    internal ResourceProvider.ResourceProviderClient Client { get; }

    internal static async Task<ServedProvider> StartAsync(VmMigrateProvider provider) =>
        new(await PulumiServer.StartAsync(provider, null, FileLog.Open(null, TimeProvider.System), TimeProvider.System));

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }
}
