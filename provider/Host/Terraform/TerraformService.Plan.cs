using System.Collections.Concurrent;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using Wire = VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Terraform;

internal sealed partial class TerraformService
{
    private readonly DeclaredOnce declared = new();

    // By id: migrations whose state this process has seen, and whether they are short of their goal.
    private readonly ConcurrentDictionary<string, bool> unfinished = new(StringComparer.Ordinal);

    // By id: what a plan of this process has shown, so that the apply behind it need not say it again.
    private readonly ConcurrentDictionary<(string Id, Finding Finding), bool> told = new();

    public override Task<Wire.PlanResourceChange.Types.Response> PlanResourceChange(
        Wire.PlanResourceChange.Types.Request request, ServerCallContext context)
    {
        // Where there is an error core does not look at the planned state, but it wants one that it can read.
        var response = new Wire.PlanResourceChange.Types.Response { PlannedState = request.ProposedNewState };
        return Guard(response, response.Diagnostics, Shape(request.TypeName), context, async cancellation =>
        {
            var (resource, block) = Find(request.TypeName);
            var prior = TerraformCodec.Read(request.PriorState, block.Shape) as MapValue;
            if (TerraformCodec.IsNull(request.ProposedNewState))
            {
                PlanDestroy(prior, response);
                return;
            }

            // Core's proposal is not used: it keeps a prior value where the config has none any more, and so a default would never come back.
            var config = TerraformCodec.Read(request.Config, block.Shape) as MapValue ?? Value.EmptyMap;
            if (CheckInputs(resource, block, config, response.Diagnostics) is not { } inputs)
            {
                return;
            }

            var notes = PrivateNotes.Read(request.PriorPrivate);
            if (prior is null)
            {
                await PlanCreate(resource, block, config, inputs, notes, response, cancellation).ConfigureAwait(false);
            }
            else
            {
                await PlanUpdate(resource, block, config, inputs, prior, notes, request, response, cancellation).ConfigureAwait(false);
            }
        });
    }

    private void PlanDestroy(MapValue? prior, Wire.PlanResourceChange.Types.Response response)
    {
        var id = prior is null ? null : IdOf(prior);
        var (change, fault) = id is null ? (PlannedChange.Destroy, null) : declared.PlanDestroy(id);
        if (fault is not null)
        {
            diagnostics.Error(response.Diagnostics, fault);
        }

        // This note is what tells a destroy that the user wants from one that core puts before the create of a tainted resource:
        // core does not ask us about the latter. See docs/design/tainted-creates.md.
        response.PlannedPrivate = new PrivateNotes(change, id).ToBytes();
    }

    private async Task PlanCreate(
        Resource resource,
        ResourceBlock block,
        MapValue config,
        MapValue inputs,
        PrivateNotes notes,
        Wire.PlanResourceChange.Types.Response response,
        CancellationToken cancellation)
    {
        var id = resource.IdOf(inputs);

        // Core asks for a create without a prior note when the resource is new or tainted, and with our own note of a moment ago when it
        // replaces: then the user wants another migration, not the rest of this one.
        var replaces = notes.Change != PlannedChange.None;
        var continues = !replaces && id is not null && unfinished.TryGetValue(id, out var short_) && short_;
        if (id is not null && !replaces && declared.PlanCreate(id, config) is { } fault)
        {
            diagnostics.Error(response.Diagnostics, fault);
            return;
        }

        if (continues)
        {
            diagnostics.Warning(
                response.Diagnostics,
                "The migration goes on where it stopped: what Terraform shows as destroy and create keeps all that is done",
                ["Terraform calls a resource tainted when its first apply failed. This provider does not destroy it in between; `terraform destroy` takes everything back."]);
        }

        var outcome = await Preview(resource, block, new PlanCall("", id, null, null, inputs), response, cancellation).ConfigureAwait(false);

        // What never changes rests on the declaration alone; of all else a second plan just before apply may say something different.
        var stable = resource.Diff(new DiffCall(id, Value.EmptyMap, Value.EmptyMap, inputs)).Stable;
        response.PlannedState = TerraformCodec.Write(
            PlannedState.ForRun(block, config, field =>
                ReferenceEquals(field, TerraformSchema.IdField) ? id is null ? Value.Unknown : Value.Text(id)
                : outcome is not null && stable.Contains(field.Name) && !outcome.State[field.Name].IsNull ? outcome.State[field.Name]
                : Value.Unknown),
            block.Shape);
        response.PlannedPrivate = new PrivateNotes(PlannedChange.Create, id, Continues: continues).ToBytes();
    }

    private async Task PlanUpdate(
        Resource resource,
        ResourceBlock block,
        MapValue config,
        MapValue inputs,
        MapValue prior,
        PrivateNotes notes,
        Wire.PlanResourceChange.Types.Request request,
        Wire.PlanResourceChange.Types.Response response,
        CancellationToken cancellation)
    {
        var id = IdOf(prior);
        var oldInputs = OldInputs(block, prior);
        var oldState = StateOf(prior);
        var diff = resource.Diff(new DiffCall(id, oldInputs, oldState, WithoutSecrets(inputs)));
        var replaced = diff.Changes.Where(change => change.Replaces).ToList();
        if (replaced.Count > 0)
        {
            response.RequiresReplace.AddRange(replaced.Select(change => TerraformDiagnostics.Path(change.Path, block.Shape)).Distinct());
            response.PlannedState = TerraformCodec.Write(PlannedState.ForRun(block, config, _ => Value.Unknown), block.Shape);
            response.PlannedPrivate = new PrivateNotes(PlannedChange.Replace, id).ToBytes();
            return;
        }

        if (id is not null && declared.PlanKeep(id) is { } fault)
        {
            diagnostics.Error(response.Diagnostics, fault);
            return;
        }

        if (diff.Changes.IsEmpty && !notes.Unfinished)
        {
            var unchanged = PlannedState.Unchanged(block, config, prior);
            response.PlannedState = unchanged.Equals(prior) ? request.PriorState : TerraformCodec.Write(unchanged, block.Shape);
            response.PlannedPrivate = new PrivateNotes(PlannedChange.Same, id).ToBytes();
            return;
        }

        await Preview(resource, block, new PlanCall("", id, oldInputs, oldState, inputs), response, cancellation).ConfigureAwait(false);
        response.PlannedState = TerraformCodec.Write(
            PlannedState.ForRun(block, config, field =>
                ReferenceEquals(field, TerraformSchema.IdField) || diff.Stable.Contains(field.Name) ? prior[field.Name] : Value.Unknown),
            block.Shape);
        response.PlannedPrivate = new PrivateNotes(PlannedChange.Update, id, Unfinished: true).ToBytes();
    }

    /// <summary>Asks the resource for its plan and shows it. Null: it could not be asked yet.</summary>
    private async Task<PlanOutcome?> Preview(
        Resource resource, ResourceBlock block, PlanCall call, Wire.PlanResourceChange.Types.Response response, CancellationToken cancellation)
    {
        if (!configured)
        {
            diagnostics.Warning(
                response.Diagnostics,
                "The provider's configuration is not known before apply, so the checks at both sites wait until then",
                ["To see the whole plan first, create what the sites' settings rest on with an apply of its own."]);
            return null;
        }

        var outcome = await resource.PlanAsync(call, cancellation).ConfigureAwait(false);
        diagnostics.Add(response.Diagnostics, outcome.Findings, block.Shape);
        foreach (var finding in outcome.Findings)
        {
            told.TryAdd((call.Id ?? "", finding), true);
        }

        // Terraform has no place in a plan for what a run will take. It shows warnings, and a run that stops a VM deserves one.
        if (outcome.Summary.Length > 0 && outcome.Findings.All(finding => finding.Severity != Severity.Error))
        {
            diagnostics.Warning(
                response.Diagnostics,
                outcome.Summary,
                [
                    .. outcome.Steps.Select((step, index) => $"  {index + 1}. {step.Name}{(step.Detail.Length > 0 ? ": " : "")}{step.Detail}"),
                    .. outcome.Findings.Where(finding => finding.Severity == Severity.Note).Select(finding => $"  Note: {finding.Message} ({finding.Id})"),
                ]);
        }

        return outcome;
    }

    // A write-only attribute is null in every state, so that a comparison would always find it new.
    private static MapValue WithoutSecrets(MapValue inputs) => Value.Map(
        inputs.Entries.Where(entry => !entry.Value.IsSecret)
            .Select(entry => KeyValuePair.Create(entry.Key, entry.Value is MapValue map ? WithoutSecrets(map) : entry.Value)));
}
