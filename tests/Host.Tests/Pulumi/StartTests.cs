using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Host.Protos.Pulumi;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>The calls before any resource, and what the engine is told when it calls what we do not serve.</summary>
public sealed class StartTests
{
    private const int Limit = 30_000;

    [Fact(Timeout = Limit)]
    public async Task The_handshake_takes_secrets_and_references()
    {
        await using var wire = await Wire.ConnectAsync(TestContext.Current.CancellationToken);

        var answer = await wire.GreetAsync();

        Assert.Equal((true, true, false, true), (answer.AcceptSecrets, answer.AcceptResources, answer.AcceptOutputs, answer.SupportsAutonamingConfiguration));
        Assert.Equal("1.2.3", (await wire.Client.GetPluginInfoAsync(new Empty())).Version);
    }

    [Fact(Timeout = Limit)]
    public async Task The_schema_is_that_of_the_model()
    {
        await using var wire = await Wire.ConnectAsync(TestContext.Current.CancellationToken);

        using var schema = JsonDocument.Parse((await wire.Client.GetSchemaAsync(new GetSchemaRequest())).Schema);

        Assert.Equal("sample", schema.RootElement.GetProperty("name").GetString());
        Assert.True(schema.RootElement.GetProperty("resources").TryGetProperty("sample:index:Box", out _));
    }

    [Fact(Timeout = Limit)]
    public async Task A_schema_of_another_kind_is_refused()
    {
        await using var wire = await Wire.ConnectAsync(TestContext.Current.CancellationToken);

        Assert.Equal(StatusCode.InvalidArgument, (await Wire.FailsAsync(wire.Client.GetSchemaAsync(new GetSchemaRequest { Version = 9 }))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Wire.FailsAsync(wire.Client.GetSchemaAsync(new GetSchemaRequest { SubpackageName = "x" }))).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_that_we_do_not_serve_is_unimplemented()
    {
        await using var wire = await Wire.ConnectAsync(TestContext.Current.CancellationToken);
        var method = new Method<Empty, Empty>(
            MethodType.Unary, "pulumirpc.ResourceProvider", "Construct", Marshallers.Create(_ => Array.Empty<byte>(), _ => new Empty()), Marshallers.Create(_ => Array.Empty<byte>(), _ => new Empty()));

        var error = await Wire.FailsAsync(wire.Invoker.AsyncUnaryCall(method, null, default, new Empty()));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Properties_nested_deeper_than_protobuf_reads_end_the_call_and_not_the_process()
    {
        await using var wire = await Wire.ConfiguredAsync(TestContext.Current.CancellationToken);
        var value = Wire.Text("x");
        for (var i = 0; i < 500; i++)
        {
            value = Wire.Of(("a", value));
        }

        await Wire.FailsAsync(wire.Client.CheckAsync(new CheckRequest { Urn = Wire.Urn, News = Wire.Map(("a", value)) }));

        Assert.Equal("1.2.3", (await wire.Client.GetPluginInfoAsync(new Empty())).Version);
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_larger_than_gRPC_s_own_limit_pass()
    {
        await using var wire = await Wire.ConfiguredAsync(TestContext.Current.CancellationToken);
        var colour = new string('x', 6 * 1024 * 1024);

        var answer = await wire.Client.CheckAsync(new CheckRequest { Urn = Wire.Urn, News = Wire.Inputs("Fine", ("colour", Wire.Text(colour))) });

        Assert.Equal(colour, answer.Inputs.Fields["colour"].StringValue);
    }

    [Fact(Timeout = Limit)]
    public async Task Calls_before_Configure_are_refused_with_a_plain_reason()
    {
        await using var wire = await Wire.ConnectAsync(TestContext.Current.CancellationToken);

        var error = await Wire.FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Wire.Urn, Properties = Wire.Inputs() }));

        Assert.Equal((StatusCode.FailedPrecondition, "Provider sample has not been configured."), (error.StatusCode, error.Status.Detail));
    }

    [Fact(Timeout = Limit)]
    public async Task An_unknown_type_is_named_with_the_nearest()
    {
        await using var wire = await Wire.ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await Wire.FailsAsync(wire.Client.CheckAsync(new CheckRequest { Urn = "urn:pulumi:dev::shop::my:mod:Parent$sample:index:Bix::b" }));

        Assert.Equal((StatusCode.InvalidArgument, "sample has no resource \"sample:index:Bix\". Did you mean \"Box\"?"), (error.StatusCode, error.Status.Detail));
    }

    [Fact(Timeout = Limit)]
    public async Task The_type_is_read_from_the_URN_where_it_is_not_sent()
    {
        await using var wire = await Wire.ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckAsync(new CheckRequest { Urn = "urn:pulumi:dev::shop::my:mod:Parent$sample:index:Box::a::b", News = Wire.Inputs() });

        Assert.Empty(answer.Failures);
    }
}
