using System.Text;
using Google.Protobuf;
using Grpc.Core;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Terraform;
using VmMigrate.TestProvider;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>Calls the service as core does, without a process between: for what the real terraform does not do on purpose.</summary>
internal sealed class ServiceCalls : IDisposable
{
    internal const string Type = "vmmigrate_migration";

    private readonly TemporaryFiles files = new();
    private readonly MemoryStream log = new();
    private readonly CallContext context = new();

    internal ServiceCalls()
    {
        files.Platform.SetVm("dc1", "web", "running");
        Provider = new FileProvider(files.Platform);
        Schema = new TerraformSchema(Provider.Model);
        var redactor = new SecretRedactor();
        Service = new TerraformService(Provider, TimeProvider.System, new PluginLog(log, TimeProvider.System, redactor), redactor);
    }

    internal FileProvider Provider { get; }

    internal FilePlatform Files => files.Platform;

    internal TerraformSchema Schema { get; }

    internal TerraformService Service { get; }

    internal string Log => Encoding.UTF8.GetString(log.ToArray());

    internal WireObject Shape => Schema.Resources[Type].Shape;

    internal static MapValue Config(string name = "web", string target = "dc2", params (string Key, Value Value)[] more) => Value.Map(
        [("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Text(name)))), ("target", Value.Map(("site", Value.Text(target)))), .. more]);

    internal async Task Configure(Value? uri = null)
    {
        var site = Value.Map(("libvirt", Value.Map(("uri", uri ?? Value.Text("qemu:///system")))));
        var response = await Service.ConfigureProvider(
            new ConfigureProvider.Types.Request
            {
                Config = Write(Value.Map(("sites", Value.Map(("dc1", site), ("dc2", site))), ("accessKey", Value.Text("planted"))), Schema.Provider),
            },
            context).ConfigureAwait(false);
        Assert.Empty(response.Diagnostics);
    }

    /// <summary>As core sends it, with write-only attributes: a config is the one place where they are.</summary>
    internal static DynamicValue Write(Value value, WireObject shape) => new() { Msgpack = ByteString.CopyFrom(MsgpackWriter.ToBytes(Raw(value, shape))) };

    internal Value Read(DynamicValue value) => TerraformCodec.Read(value, Shape);

    internal async Task<PlanResourceChange.Types.Response> Plan(Value prior, Value config, ByteString? priorPrivate = null) =>
        await Service.PlanResourceChange(
            new PlanResourceChange.Types.Request
            {
                TypeName = Type,
                PriorState = Write(prior, Shape),
                ProposedNewState = Write(config, Shape),
                Config = Write(config, Shape),
                PriorPrivate = priorPrivate ?? ByteString.Empty,
            },
            context).ConfigureAwait(false);

    internal async Task<ApplyResourceChange.Types.Response> Apply(Value prior, PlanResourceChange.Types.Response plan, Value config) =>
        await Service.ApplyResourceChange(
            new ApplyResourceChange.Types.Request
            {
                TypeName = Type,
                PriorState = Write(prior, Shape),
                PlannedState = plan.PlannedState,
                Config = Write(config, Shape),
                PlannedPrivate = plan.PlannedPrivate,
            },
            context).ConfigureAwait(false);

    internal async Task<Value> Created(Value config)
    {
        var plan = await Plan(Value.Null, config).ConfigureAwait(false);
        Assert.Empty(Errors(plan.Diagnostics));
        var apply = await Apply(Value.Null, plan, config).ConfigureAwait(false);
        Assert.Empty(Errors(apply.Diagnostics));
        return Read(apply.NewState);
    }

    internal async Task<ReadResource.Types.Response> Refresh(Value state) => await Service.ReadResource(
        new ReadResource.Types.Request { TypeName = Type, CurrentState = Write(state, Shape) }, context).ConfigureAwait(false);

    internal async Task<UpgradeResourceState.Types.Response> Upgrade(string json, long version) => await Service.UpgradeResourceState(
        new UpgradeResourceState.Types.Request { TypeName = Type, Version = version, RawState = new RawState { Json = ByteString.CopyFromUtf8(json) } },
        context).ConfigureAwait(false);

    internal async Task<ValidateResourceConfig.Types.Response> Validate(Value config) => await Service.ValidateResourceConfig(
        new ValidateResourceConfig.Types.Request { TypeName = Type, Config = Write(config, Shape) }, context).ConfigureAwait(false);

    internal async Task Stop() => await Service.StopProvider(new StopProvider.Types.Request(), context).ConfigureAwait(false);

    internal static IEnumerable<string> Errors(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Where(one => one.Severity == Diagnostic.Types.Severity.Error).Select(one => $"{one.Summary}. {one.Detail}");

    public void Dispose()
    {
        Service.Dispose();
        log.Dispose();
        files.Dispose();
    }

    private static Value Raw(Value value, WireType type) => (type, value.Bare) switch
    {
        (WireObject shape, MapValue map) => Value.Map(shape.Attributes.Select(one => KeyValuePair.Create(one.Name, Raw(map[one.Field.Name], one.Type)))),
        (WireList list, ListValue items) => Value.List(items.Items.Select(item => Raw(item, list.Item))),
        (WireMap map, MapValue entries) => Value.Map(entries.Entries.Select(one => KeyValuePair.Create(one.Key, Raw(one.Value, map.Item)))),
        _ => value,
    };

    internal sealed class CallContext : ServerCallContext
    {
        protected override string MethodCore => "";

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore => [];

        protected override CancellationToken CancellationTokenCore => default;

        protected override Metadata ResponseTrailersCore => [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => new(null, []);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
