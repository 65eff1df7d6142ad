using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Pulumi;
using VmMigrate.SampleProvider;
using Proto = Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>A sample provider behind a real connection, and an engine that it can talk to.</summary>
internal sealed class Wire : IAsyncDisposable
{
    internal const string Urn = "urn:pulumi:dev::shop::sample:index:Box::crate";
    internal const string Password = "hunter2-and-more";
    internal const string Key = "key-4711";

    private const int TrailersKiB = 16 * 1024;

    private readonly PulumiServer _server;
    private readonly GrpcChannel _channel;

    private Wire(BoxProvider provider, FakeEngine engine, PulumiServer server)
    {
        Provider = provider;
        Engine = engine;
        _server = server;
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{server.Port}", new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,

#pragma warning disable CA2262 // KiB are meant: grpc-go, which the engine uses, takes trailers of up to 16 MiB.
            HttpHandler = new SocketsHttpHandler { MaxResponseHeadersLength = TrailersKiB },
#pragma warning restore CA2262
        });
        Client = new ResourceProvider.ResourceProviderClient(_channel);
    }

    internal BoxProvider Provider { get; }

    internal FakeEngine Engine { get; }

    internal RunningCalls Calls => _server.Calls;

    internal ResourceProvider.ResourceProviderClient Client { get; }

    internal CallInvoker Invoker => _channel.CreateCallInvoker();

    internal static Task<Wire> ConnectAsync(CancellationToken cancellation) => ConnectAsync(null, TimeProvider.System, cancellation);

    /// <summary>Greeted and configured, as before every call about a resource.</summary>
    internal static Task<Wire> ConfiguredAsync(CancellationToken cancellation) => ConfiguredAsync(null, TimeProvider.System, cancellation);

    /// <param name="cancellation">Ends the connection, and with it every call.</param>
    internal static async Task<Wire> ConnectAsync(string? logFile, TimeProvider time, CancellationToken cancellation)
    {
        var engine = await FakeEngine.StartAsync(cancellation);
        var provider = new BoxProvider();
        var server = await PulumiServer.StartAsync(provider, null, FileLog.Open(logFile, time), time);
        var wire = new Wire(provider, engine, server);
        cancellation.Register(wire._channel.Dispose);
        return wire;
    }

    internal static async Task<Wire> ConfiguredAsync(string? logFile, TimeProvider time, CancellationToken cancellation)
    {
        var wire = await ConnectAsync(logFile, time, cancellation);
        await wire.GreetAsync();
        await wire.Client.ConfigureAsync(new ConfigureRequest { Args = Config(), AcceptSecrets = true }, cancellationToken: cancellation);
        return wire;
    }

    internal async Task<ProviderHandshakeResponse> GreetAsync() => await Client.HandshakeAsync(new ProviderHandshakeRequest
    {
        EngineAddress = Engine.Address,
        ConfigureWithUrn = true,
        SupportsViews = true,
        SupportsRefreshBeforeUpdate = true,
    });

    internal static Struct Config() => Map(("places", Of(
        ("attic", Of(
            ("uri", Text("sample://attic")),
            ("login", Of(("user", Text("root")), ("password", Secret(Text(Password)))))))
        )));

    /// <summary>Checked inputs, with a secret in an object in a list.</summary>
    internal static Struct Inputs(string behaviour = "Fine", params (string, Proto.Value)[] more) => Map(
    [
        ("name", Text("crate")),
        ("place", Text("attic")),
        ("size", Text("1GiB")),
        ("behaviour", Text(behaviour)),
        ("labels", List(Of(("text", Text("fragile")), ("key", Secret(Text(Key)))))),
        .. more,
    ]);

    internal static async Task<RpcException> FailsAsync<T>(AsyncUnaryCall<T> call) => await Assert.ThrowsAsync<RpcException>(async () => await call);

    internal CreateResponse Create(Struct inputs, bool preview = false) => Client.Create(new CreateRequest { Urn = Urn, Properties = inputs, Preview = preview });

    internal static Proto.Value Text(string text) => Proto.Value.ForString(text);

    internal static Proto.Value Number(double number) => Proto.Value.ForNumber(number);

    internal static Proto.Value Flag(bool value) => Proto.Value.ForBool(value);

    internal static Proto.Value List(params Proto.Value[] items) => Proto.Value.ForList(items);

    internal static Proto.Value Of(params (string Name, Proto.Value Value)[] fields) => Proto.Value.ForStruct(Map(fields));

    internal static Proto.Value Secret(Proto.Value value) => Of((WireMarks.Signature, Text(WireMarks.Secret)), ("value", value));

    internal static Proto.Value Unknown { get; } = Text(WireMarks.UnknownText);

    internal static Struct Map(params (string Name, Proto.Value Value)[] fields)
    {
        var result = new Struct();
        foreach (var (name, value) in fields)
        {
            result.Fields[name] = value;
        }

        return result;
    }

    /// <summary>The detail of an error, decoded as an engine would; null where there is none of its type.</summary>
    internal static T? Detail<T>(RpcException error)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        if (error.Trailers.GetValueBytes("grpc-status-details-bin") is not { } bytes)
        {
            return null;
        }

        var status = Protos.Rpc.Status.Parser.ParseFrom(bytes);
        Assert.Equal(((int)error.StatusCode, error.Status.Detail), (status.Code, status.Message));
        var descriptor = new T().Descriptor;
        var any = Assert.Single(status.Details, detail => detail.TypeUrl == $"type.googleapis.com/{descriptor.FullName}");
        return any.Unpack<T>();
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        await Engine.DisposeAsync();
    }
}
