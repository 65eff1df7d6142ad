using System.Collections.Concurrent;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using Wire = VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Terraform;

internal sealed partial class TerraformService
{
    // By id: state that the destroy half of a replacement has set aside for the create half, which core runs in the same process.
    private readonly ConcurrentDictionary<string, MapValue> parked = new(StringComparer.Ordinal);

    public override Task<Wire.ApplyResourceChange.Types.Response> ApplyResourceChange(
        Wire.ApplyResourceChange.Types.Request request, ServerCallContext context)
    {
        var response = new Wire.ApplyResourceChange.Types.Response { NewState = request.PriorState };
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, async cancellation =>
        {
            var (resource, block) = Find(request.TypeName);
            var prior = TerraformCodec.Read(request.PriorState, block.Shape) as MapValue;
            var planned = TerraformCodec.Read(request.PlannedState, block.Shape) as MapValue;
            var notes = PrivateNotes.Read(request.PlannedPrivate);
            if (planned is null)
            {
                await Destroy(resource, block, prior, notes, response, cancellation).ConfigureAwait(false);
            }
            else if (notes.Change == PlannedChange.Same)
            {
                response.NewState = request.PlannedState;
                response.Private = new PrivateNotes().ToBytes();
            }
            else
            {
                var config = TerraformCodec.Read(request.Config, block.Shape) as MapValue ?? Value.EmptyMap;
                await Run(resource, block, prior, planned, config, response, cancellation).ConfigureAwait(false);
            }
        });
    }

    private async Task Run(
        Resource resource,
        ResourceBlock block,
        MapValue? prior,
        MapValue planned,
        MapValue config,
        Wire.ApplyResourceChange.Types.Response response,
        CancellationToken cancellation)
    {
        redactor.Learn(config);
        var (inputs, findings) = InputCheck.Run(block.Type.InputObject, InputsOf(block, config), block.Type.Name);
        var id = (prior is null ? null : IdOf(prior)) ?? IdOf(planned) ?? resource.IdOf(inputs);
        if (id is null || findings.Any(finding => finding.Severity == Severity.Error))
        {
            // Both plans have checked this; a value that has changed since the second one is core's fault or ours.
            diagnostics.Add(response.Diagnostics, findings, block.Shape);
            diagnostics.Error(response.Diagnostics, "The declaration is not whole, so nothing was done.");
            return;
        }

        var old = prior;
        if (old is null && parked.TryRemove(id, out var set))
        {
            old = set;
        }

        if (old is null && declared.ApplyCreate(id) is { } twice)
        {
            diagnostics.Error(response.Diagnostics, twice);
            response.NewState = TerraformCodec.Write(Value.Null, block.Shape);
            return;
        }

        declared.Applied(id);
        var reporter = new TerraformReporter(log, time, id);
        var call = new ApplyCall(
            "",
            id,
            old is null ? null : OldInputs(block, old),
            old is null ? null : StateOf(old),
            inputs,
            Timeout(inputs, old is null ? "create" : "update"));
        var open = true;
        try
        {
            var outcome = await resource.ApplyAsync(call, reporter, cancellation).ConfigureAwait(false);

            // A reason that is a finding's own is told once, at the finding's attribute.
            var errors = outcome.Findings.Where(finding => finding.Severity == Severity.Error).ToList();
            foreach (var reason in outcome.Unfinished.Where(reason => !errors.Any(error => reason.Contains(error.Message, StringComparison.Ordinal))))
            {
                diagnostics.Error(response.Diagnostics, reason);
            }

            diagnostics.Add(response.Diagnostics, Untold(id, outcome.Findings), block.Shape);
            open = outcome.Unfinished.Length > 0 || errors.Count > 0;
            if (!open)
            {
                declared.Created(id);
            }

            response.NewState = TerraformCodec.Write(
                PlannedState.After(block, planned, outcome.State.With(TerraformSchema.IdField.Name, Value.Text(id))), block.Shape);
        }
        catch (ResourceException fault) when (old is null)
        {
            // Nothing of ours exists anywhere, and so there is nothing that core should remember.
            Tell(new ResourceException(fault.Message) { Findings = [.. Untold(id, fault.Findings)] }, response.Diagnostics, block.Shape, false);
            response.NewState = TerraformCodec.Write(Value.Null, block.Shape);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            diagnostics.Error(response.Diagnostics, "The migration was stopped. Apply again to go on with it.");
            response.NewState = Remembered(block, old, planned, id);
        }
        catch (Exception fault)
        {
            // What has been done is not known. Core must keep the id, or nobody would clean up.
            Tell(fault, response.Diagnostics, block.Shape, cancellation.IsCancellationRequested);
            response.NewState = Remembered(block, old, planned, id);
        }

        foreach (var warning in reporter.Warnings)
        {
            diagnostics.Warning(response.Diagnostics, warning);
        }

        response.Private = new PrivateNotes(Unfinished: open).ToBytes();
    }

    private IEnumerable<Finding> Untold(string id, IEnumerable<Finding> findings) =>
        findings.Where(finding => finding.Severity == Severity.Error || !told.ContainsKey((id, finding)));

    private static Wire.DynamicValue Remembered(ResourceBlock block, MapValue? old, MapValue planned, string id) => TerraformCodec.Write(
        old ?? PlannedState.Known(planned.With(TerraformSchema.IdField.Name, Value.Text(id))), block.Shape);

    private async Task Destroy(
        Resource resource,
        ResourceBlock block,
        MapValue? prior,
        PrivateNotes notes,
        Wire.ApplyResourceChange.Types.Response response,
        CancellationToken cancellation)
    {
        var gone = TerraformCodec.Write(Value.Null, block.Shape);
        if (prior is null || IdOf(prior) is not { } id || notes.Change == PlannedChange.Release)
        {
            response.NewState = gone;
            return;
        }

        if (notes is { Change: PlannedChange.Create, Continues: true } && notes.Id == id)
        {
            // The destroy half of a replacement that core makes of a failed create: the create half takes all this over.
            log.Write(Severity.Note, $"{id}: kept as it is for the create that follows");
            parked[id] = prior;
            response.NewState = gone;
            return;
        }

        declared.Gone(id);
        var inputs = OldInputs(block, prior);
        var reporter = new TerraformReporter(log, time, id);
        try
        {
            await resource.DeleteAsync(new DeleteCall("", id, inputs, StateOf(prior), Timeout(inputs, "delete")), reporter, cancellation)
                .ConfigureAwait(false);
            response.NewState = gone;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            diagnostics.Error(response.Diagnostics, "The way back was stopped before its end. Destroy again to go on with it.");
            response.Private = new PrivateNotes(Unfinished: true).ToBytes();
        }
        catch (Exception fault)
        {
            Tell(fault, response.Diagnostics, block.Shape, cancellation.IsCancellationRequested);
            response.Private = new PrivateNotes(Unfinished: true).ToBytes();
        }

        foreach (var warning in reporter.Warnings)
        {
            diagnostics.Warning(response.Diagnostics, warning);
        }
    }
}
