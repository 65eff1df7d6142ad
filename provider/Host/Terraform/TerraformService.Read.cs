using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using Wire = VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Terraform;

internal sealed partial class TerraformService
{
    public override Task<Wire.UpgradeResourceState.Types.Response> UpgradeResourceState(
        Wire.UpgradeResourceState.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.UpgradeResourceState.Types.Response();
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, _ =>
        {
            // Core asks for every object of the state, also for one of this very version.
            var (resource, block) = Find(request.TypeName);
            if (request.Version > block.Type.StateVersion)
            {
                diagnostics.Error(response.Diagnostics, "The state was written by a newer version of this provider. Use that version, or a later one.");
                return Task.CompletedTask;
            }

            if (request.RawState is not { Json.IsEmpty: false } raw)
            {
                diagnostics.Error(response.Diagnostics, "The state is of a Terraform before 0.12, which this provider never knew.");
                return Task.CompletedTask;
            }

            var state = TerraformCodec.ReadState(raw.Json.Memory, block.Shape);
            response.UpgradedState = TerraformCodec.Write(state, block.Shape);
            if (state is MapValue known && IdOf(known) is { } id)
            {
                // Without a refresh (-refresh=false) this is all that a plan learns about a tainted object.
                unfinished.TryAdd(id, IsShort(resource, id, OldInputs(block, known), StateOf(known)));
            }

            return Task.CompletedTask;
        });
    }

    public override Task<Wire.ReadResource.Types.Response> ReadResource(Wire.ReadResource.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ReadResource.Types.Response { NewState = request.CurrentState, Private = request.Private };
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, async cancellation =>
        {
            var (resource, block) = Find(request.TypeName);
            if (!configured || TerraformCodec.Read(request.CurrentState, block.Shape) is not MapValue current || IdOf(current) is not { } id)
            {
                return;
            }

            var outcome = await resource.ReadAsync(new ReadCall("", id, OldInputs(block, current), StateOf(current)), cancellation).ConfigureAwait(false);
            if (outcome is null)
            {
                response.NewState = TerraformCodec.Write(Value.Null, block.Shape);
                return;
            }

            Refresh(resource, block, current, outcome, response.Diagnostics, out var state, out var notes);
            response.NewState = state;
            response.Private = notes.ToBytes();
        });
    }

    public override Task<Wire.ImportResourceState.Types.Response> ImportResourceState(
        Wire.ImportResourceState.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ImportResourceState.Types.Response();
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, async cancellation =>
        {
            var (resource, block) = Find(request.TypeName);
            if (!configured)
            {
                diagnostics.Error(response.Diagnostics, "An import needs the provider's whole configuration, but a part of it is known only after apply.");
                return;
            }

            if (await resource.ReadAsync(new ReadCall("", request.Id, null, null), cancellation).ConfigureAwait(false) is not { } outcome)
            {
                diagnostics.Error(response.Diagnostics, $"There is no \"{request.Id}\" to import. Write the site's name and the VM's, such as \"dc1/web-01\".");
                return;
            }

            Refresh(resource, block, Value.EmptyMap, outcome, response.Diagnostics, out var state, out var notes);
            response.ImportedResources.Add(new Wire.ImportResourceState.Types.ImportedResource
            {
                TypeName = request.TypeName,
                State = state,
                Private = notes.ToBytes(),
            });
        });
    }

    public override Task<Wire.ReadDataSource.Types.Response> ReadDataSource(Wire.ReadDataSource.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ReadDataSource.Types.Response();
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, async cancellation =>
        {
            var block = DataSource(request.TypeName);
            var config = TerraformCodec.Read(request.Config, block.Shape) as MapValue ?? Value.EmptyMap;
            response.State = TerraformCodec.Write(config, block.Shape);
            if (!configured)
            {
                diagnostics.Error(response.Diagnostics, "This needs the provider's whole configuration, but a part of it is known only after apply.");
                return;
            }

            var (arguments, findings) = InputCheck.Run(block.Type.Inputs, config, request.TypeName);
            diagnostics.Add(response.Diagnostics, findings, block.Shape);
            if (findings.Any(finding => finding.Severity == Severity.Error))
            {
                return;
            }

            var outcome = await provider.Functions[block.Type.Name].InvokeAsync(arguments, cancellation).ConfigureAwait(false);
            diagnostics.Add(response.Diagnostics, outcome.Findings, block.Shape);
            var given = (MapValue)PlannedState.WithDefaults(block.Shape, config);
            response.State = TerraformCodec.Write(
                Value.Map(block.Shape.Attributes.Select(attribute => KeyValuePair.Create(
                    attribute.Field.Name,
                    attribute.IsInput ? given[attribute.Field.Name] : PlannedState.Known(outcome.Result[attribute.Field.Name])))),
                block.Shape);
        });
    }

    /// <summary>Whether a state is short of what its own inputs ask for.</summary>
    private static bool IsShort(Resource resource, string id, MapValue inputs, MapValue state) =>
        !resource.Diff(new DiffCall(id, inputs, state, inputs)).Changes.IsEmpty;

    private void Refresh(
        Resource resource,
        ResourceBlock block,
        MapValue current,
        ReadOutcome outcome,
        Google.Protobuf.Collections.RepeatedField<Wire.Diagnostic> to,
        out Wire.DynamicValue state,
        out PrivateNotes notes)
    {
        diagnostics.Add(to, outcome.Findings, block.Shape);
        foreach (var reason in outcome.Unfinished)
        {
            diagnostics.Warning(to, reason);
        }

        state = TerraformCodec.Write(PlannedState.Refreshed(block, current, outcome.Id, outcome.Inputs, outcome.State), block.Shape);
        notes = new PrivateNotes(Unfinished: outcome.Unfinished.Length > 0);
        unfinished[outcome.Id] = notes.Unfinished || IsShort(resource, outcome.Id, outcome.Inputs, outcome.State);
    }
}
