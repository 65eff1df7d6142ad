using Google.Protobuf.Collections;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using Wire = VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Terraform;

/// <summary>Terraform's plugin protocol 6 over the neutral provider: one file for each part of a run.</summary>
/// <remarks>
/// Whatever goes wrong ends as a diagnostic, never as a gRPC error, which core shows as a crash of the plugin. One process serves one walk
/// of core's graph, many calls at once; core starts several processes for one command.
/// </remarks>
internal sealed partial class TerraformService : Wire.Provider.ProviderBase, IDisposable
{
    private readonly Provider provider;
    private readonly TimeProvider time;
    private readonly PluginLog log;
    private readonly SecretRedactor redactor;
    private readonly TerraformDiagnostics diagnostics;
    private readonly TerraformSchema schema;
    private readonly Lazy<Wire.GetProviderSchema.Types.Response> wireSchema;

    // Stopped by StopProvider, which is never taken back: core asks a stopped process for nothing new.
    private readonly RunningCalls calls = new();

    private volatile bool configured;

    internal TerraformService(Provider provider, TimeProvider time, PluginLog log, SecretRedactor redactor)
    {
        this.provider = provider;
        this.time = time;
        this.log = log;
        this.redactor = redactor;
        schema = new TerraformSchema(provider.Model);
        wireSchema = new(schema.ToWire);
        diagnostics = new TerraformDiagnostics(new TerraformText(provider.Model), redactor);
    }

    public void Dispose() => calls.Dispose();

    /// <summary>Stops all runs at their next safe point, as a first Ctrl-C does. Does not wait for them.</summary>
    internal Task StopAsync() => calls.CancelAsync();

    /// <summary>Completes when no call is under way.</summary>
    internal Task WhenIdleAsync() => calls.WhenIdleAsync();

    public override async Task<Wire.StopProvider.Types.Response> StopProvider(Wire.StopProvider.Types.Request request, ServerCallContext context)
    {
        await StopAsync().ConfigureAwait(false);
        return new Wire.StopProvider.Types.Response();
    }

    public override Task<Wire.GetMetadata.Types.Response> GetMetadata(Wire.GetMetadata.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.GetMetadata.Types.Response { ServerCapabilities = TerraformSchema.Capabilities };
        response.Resources.AddRange(schema.Resources.Keys.Select(name => new Wire.GetMetadata.Types.ResourceMetadata { TypeName = name }));
        response.DataSources.AddRange(schema.DataSources.Keys.Select(name => new Wire.GetMetadata.Types.DataSourceMetadata { TypeName = name }));
        return Task.FromResult(response);
    }

    public override Task<Wire.GetProviderSchema.Types.Response> GetProviderSchema(
        Wire.GetProviderSchema.Types.Request request, ServerCallContext context) => Task.FromResult(wireSchema.Value);

    public override Task<Wire.ValidateProviderConfig.Types.Response> ValidateProviderConfig(
        Wire.ValidateProviderConfig.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ValidateProviderConfig.Types.Response();
        return Guard(response, response.Diagnostics, schema.Provider, context, _ =>
        {
            Configure(request.Config, response.Diagnostics);
            return Task.CompletedTask;
        });
    }

    public override Task<Wire.ConfigureProvider.Types.Response> ConfigureProvider(
        Wire.ConfigureProvider.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ConfigureProvider.Types.Response();
        return Guard(response, response.Diagnostics, schema.Provider, context, _ =>
        {
            Configure(request.Config, response.Diagnostics);
            return Task.CompletedTask;
        });
    }

    public override Task<Wire.ValidateResourceConfig.Types.Response> ValidateResourceConfig(
        Wire.ValidateResourceConfig.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ValidateResourceConfig.Types.Response();
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, _ =>
        {
            var (resource, block) = Find(request.TypeName);
            if (TerraformCodec.Read(request.Config, block.Shape) is MapValue config)
            {
                CheckInputs(resource, block, config, response.Diagnostics);
            }

            return Task.CompletedTask;
        });
    }

    public override Task<Wire.ValidateDataResourceConfig.Types.Response> ValidateDataResourceConfig(
        Wire.ValidateDataResourceConfig.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ValidateDataResourceConfig.Types.Response();
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, _ =>
        {
            var block = DataSource(request.TypeName);
            var config = TerraformCodec.Read(request.Config, block.Shape);
            diagnostics.Add(response.Diagnostics, InputCheck.Run(block.Type.Inputs, config, request.TypeName).Findings, block.Shape);
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Checks the provider's config and, once all of it is known, takes it. Validation takes it as well, since it opens no connection:
    /// that is how <c>terraform validate</c> can tell a site that does not exist.
    /// </summary>
    private void Configure(Wire.DynamicValue given, RepeatedField<Wire.Diagnostic> to)
    {
        var config = TerraformCodec.Read(given, schema.Provider);
        redactor.Learn(config);
        var (checkedConfig, findings) = provider.CheckConfig(config);
        redactor.Learn(checkedConfig);
        diagnostics.Add(to, findings, schema.Provider);
        if (!config.HasUnknown && findings.All(finding => finding.Severity != Severity.Error))
        {
            provider.Configure(checkedConfig);
            configured = true;
        }
    }

    /// <returns>The inputs with defaults, or null when they have an error, which has been told.</returns>
    private MapValue? CheckInputs(Resource resource, ResourceBlock block, MapValue config, RepeatedField<Wire.Diagnostic> to)
    {
        redactor.Learn(config);
        var (inputs, findings) = InputCheck.Run(block.Type.InputObject, InputsOf(block, config), block.Type.Name);
        findings = configured ? InputCheck.With(findings, resource.Check(inputs)) : findings;
        diagnostics.Add(to, findings, block.Shape);
        return findings.Any(finding => finding.Severity == Severity.Error) ? null : inputs;
    }

    /// <summary>The inputs as a run takes them, out of a config or a state: with defaults, without what the state holds besides.</summary>
    private static MapValue OldInputs(ResourceBlock block, MapValue state) =>
        InputCheck.Run(block.Type.InputObject, InputsOf(block, state), block.Type.Name).Inputs;

    private static MapValue InputsOf(ResourceBlock block, MapValue values) => Value.Map(
        block.Inputs.Select(attribute => KeyValuePair.Create(attribute.Field.Name, values[attribute.Field.Name])).Where(entry => !entry.Value.IsNull));

    private static MapValue StateOf(MapValue values) => values.Without(TerraformSchema.IdField.Name);

    private static string? IdOf(MapValue values) => values[TerraformSchema.IdField.Name].AsText;

    private static TimeSpan? Timeout(MapValue inputs, string run) =>
        inputs["timeouts"][run].AsText is { } text ? Quantity.Duration(text) : null;

    private (Resource Resource, ResourceBlock Block) Find(string typeName) =>
        schema.Resources.TryGetValue(typeName, out var block) ? (provider.Resources[block.Type.Name], block)
        : throw new FormatException($"This provider has no resource {typeName}.");

    private WireObject Shape(string typeName) =>
        schema.Resources.TryGetValue(typeName, out var resource) ? resource.Shape
        : schema.DataSources.TryGetValue(typeName, out var source) ? source.Shape
        : schema.Provider;

    private DataSourceBlock DataSource(string typeName) =>
        schema.DataSources.TryGetValue(typeName, out var block) ? block : throw new FormatException($"This provider has no data source {typeName}.");

    /// <summary>Runs a call, and tells in its diagnostics whatever it throws.</summary>
    private async Task<T> Guard<T>(
        T response, RepeatedField<Wire.Diagnostic> to, WireObject shape, ServerCallContext context, Func<CancellationToken, Task> call)
    {
        // The connection's end is a stop too: core has died, and nobody will take what this call returns.
        using var running = calls.Begin(context.CancellationToken);
        try
        {
            await call(running.Token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Tell(fault, to, shape, running.Token.IsCancellationRequested);
        }

        return response;
    }

    private void Tell(Exception fault, RepeatedField<Wire.Diagnostic> to, WireObject shape, bool stopped)
    {
        switch (fault)
        {
            case ResourceException known:
                diagnostics.Add(to, known.Findings, shape);
                if (known.Findings.All(finding => finding.Severity != Severity.Error))
                {
                    diagnostics.Error(to, known.Message);
                }

                break;
            case PlatformException known:
                diagnostics.Error(to, known.Message);
                break;
            case OperationCanceledException when stopped:
                diagnostics.Error(to, "Stopped as you asked, before anything was changed.");
                break;
            default:
                log.Write(Severity.Error, fault.ToString());
                diagnostics.Error(to, $"This is a fault of the provider, please report it. {fault.GetType().Name}: {fault.Message} (TF_LOG=error shows where it happened.)");
                break;
        }
    }
}
