using Google.Protobuf;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Terraform;
using VmMigrate.Host.Tests.Terraform;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>In the order in which Terraform's core calls: ReadResource, PlanResourceChange, ApplyResourceChange.</summary>
internal sealed class TerraformFrontEnd : FrontEnd
{
    private readonly TerraformSchema _schema;
    private readonly TerraformService _service;
    private readonly MemoryStream _log = new();
    private readonly ServiceCalls.CallContext _context = new();
    private (DynamicValue State, ByteString Private)? _kept;
    private bool _configured;

    internal TerraformFrontEnd()
    {
        _schema = new TerraformSchema(Provider.Model);
        var redactor = new SecretRedactor();
        _service = new TerraformService(Provider, TimeProvider.System, new PluginLog(_log, TimeProvider.System, redactor), redactor);
    }

    private WireObject Shape => _schema.Resources[ServiceCalls.Type].Shape;

    internal override MapValue State => (MapValue)TerraformCodec.Read(_kept!.Value.State, Shape);

    internal override void Forget() => _kept = null;

    internal override async Task<Outcome> PlanAsync(MapValue inputs)
    {
        var (plan, said) = await PlanNowAsync(inputs);
        return new Outcome(Changes(plan), said, Failed(plan.Diagnostics));
    }

    internal override async Task<Outcome> ApplyAsync(MapValue inputs)
    {
        var (plan, said) = await PlanNowAsync(inputs);
        if (Failed(plan.Diagnostics) || Changes(plan).Length == 0)
        {
            return new Outcome([], said, Failed(plan.Diagnostics));
        }

        var applied = await _service.ApplyResourceChange(
            new ApplyResourceChange.Types.Request
            {
                TypeName = ServiceCalls.Type,
                PriorState = _kept?.State ?? ServiceCalls.Write(Value.Null, Shape),
                PlannedState = plan.PlannedState,
                Config = ServiceCalls.Write(inputs, Shape),
                PlannedPrivate = plan.PlannedPrivate,
            },
            _context);
        if (!TerraformCodec.IsNull(applied.NewState))
        {
            _kept = (applied.NewState, applied.Private);
        }

        return new Outcome(Changes(plan), said + Say(applied.Diagnostics), Failed(applied.Diagnostics));
    }

    internal override async Task<Outcome> RefreshAsync()
    {
        await ConfigureAsync();
        var read = await _service.ReadResource(new ReadResource.Types.Request { TypeName = ServiceCalls.Type, CurrentState = _kept!.Value.State, Private = _kept.Value.Private }, _context);
        if (!Failed(read.Diagnostics))
        {
            _kept = TerraformCodec.IsNull(read.NewState) ? null : (read.NewState, read.Private);
        }

        return new Outcome([], Say(read.Diagnostics), Failed(read.Diagnostics));
    }

    internal override async Task<Outcome?> ImportAsync(string id)
    {
        await ConfigureAsync();
        var answer = await _service.ImportResourceState(new ImportResourceState.Types.Request { TypeName = ServiceCalls.Type, Id = id }, _context);
        if (answer.ImportedResources.Count == 0)
        {
            return null;
        }

        _kept = (answer.ImportedResources[0].State, answer.ImportedResources[0].Private);
        // Core refreshes what it has imported.
        var said = Say(answer.Diagnostics) + (await RefreshAsync()).Said;
        return _kept is null ? null : new Outcome([], said, false);
    }

    public override async ValueTask DisposeAsync()
    {
        _service.Dispose();
        await _log.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<(PlanResourceChange.Types.Response Plan, string Said)> PlanNowAsync(MapValue inputs)
    {
        await ConfigureAsync();
        var said = _kept is null ? "" : (await RefreshAsync()).Said;
        var config = ServiceCalls.Write(inputs, Shape);
        var plan = await _service.PlanResourceChange(
            new PlanResourceChange.Types.Request
            {
                TypeName = ServiceCalls.Type,
                PriorState = _kept?.State ?? ServiceCalls.Write(Value.Null, Shape),
                ProposedNewState = config,
                Config = config,
                PriorPrivate = _kept?.Private ?? ByteString.Empty,
            },
            _context);
        return (plan, said + Say(plan.Diagnostics));
    }

    /// <summary>Core's own judgement: a planned state that equals the prior one to the byte is none.</summary>
    private string[] Changes(PlanResourceChange.Types.Response plan) => _kept is { } kept && kept.State.Msgpack == plan.PlannedState.Msgpack ? [] : ["*"];

    private async Task ConfigureAsync()
    {
        if (!_configured)
        {
            _configured = true;
            var response = await _service.ConfigureProvider(new ConfigureProvider.Types.Request { Config = ServiceCalls.Write(Config, _schema.Provider) }, _context);
            Assert.Empty(ServiceCalls.Errors(response.Diagnostics));
        }
    }

    private static bool Failed(IEnumerable<Diagnostic> diagnostics) => ServiceCalls.Errors(diagnostics).Any();

    private static string Say(IEnumerable<Diagnostic> diagnostics) => string.Join('\n', diagnostics.Select(one => $"{one.Severity}: {one.Summary}. {one.Detail}")) + "\n";
}
