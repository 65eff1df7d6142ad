using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Resources;
using Field = VmMigrate.Engine.Schema.Field;
using ResourceException = VmMigrate.Host.Resources.ResourceException;
using Value = VmMigrate.Engine.Values.Value;

namespace VmMigrate.Host.Pulumi;

internal sealed partial class PulumiService
{
    // A resource stops at a safe point when its time limit is over; this much later it is asked to stop once more, as by Cancel.
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(10);

    public override Task<CheckResponse> Check(CheckRequest request, ServerCallContext context) =>
        ServeAsync("Check", request.Urn, context, call =>
        {
            var resource = ResourceOf(request.Type, request.Urn);
            var unreadable = new List<Finding>();
            var given = StructReader.Read(request.News, unreadable);
            call.Redactor = call.Redactor.With(given, SecretMarks.BySchema(resource.Type.Inputs, given));

            var (inputs, findings) = InputCheck.Run(resource.Type.InputObject, given, resource.Type.Name);
            findings = [.. unreadable, .. findings.Where(finding => unreadable.TrueForAll(other => !other.At.Equals(finding.At)))];

            // Its own rules read the provider's config, which may not be known yet.
            if (_config == ConfigState.Known)
            {
                findings = InputCheck.With(findings, resource.Check(inputs));
            }

            var response = new CheckResponse { Inputs = StructWriter.Write(inputs, Unknowns.Keep) };
            response.Failures.AddRange(Errors(findings).Select(finding => ToFailure(finding, given, resource.Type.InputObject, call)));
            TellOnce(call, Remarks(findings));
            return Task.FromResult(response);
        });

    public override Task<DiffResponse> Diff(DiffRequest request, ServerCallContext context) =>
        ServeAsync("Diff", request.Urn, context, call =>
        {
            var resource = ResourceOf(request.Type, request.Urn);
            var state = StructReader.Read(request.Olds);
            var oldInputs = OldInputs(resource, request.OldInputs, state);
            var inputs = StructReader.Read(request.News);
            call.Redactor = call.Redactor.With(state, oldInputs, inputs);

            var outcome = resource.Diff(new DiffCall(request.Id.Length == 0 ? null : request.Id, oldInputs, state, inputs));
            return Task.FromResult(ToDiff(outcome.Changes, outcome.Stable, request.IgnoreChanges));
        });

    public override Task<CreateResponse> Create(CreateRequest request, ServerCallContext context) =>
        ServeAsync("Create", request.Urn, context, async call =>
        {
            var resource = ResourceOf(request.Type, request.Urn);
            var inputs = ReadInputs(resource, request.Properties, call);
            var id = resource.IdOf(inputs);
            if (request.Preview)
            {
                return new CreateResponse { Id = id ?? "", Properties = await PlanAsync(call, resource, id, null, null, inputs, (request.ResourceStatusAddress, request.ResourceStatusToken)).ConfigureAwait(false) };
            }

            NeedsAll(inputs);
            if (string.IsNullOrEmpty(id))
            {
                throw new InvalidOperationException($"{resource.Type.Name} has no id although all its inputs are known.");
            }

            var apply = new ApplyCall(request.Urn, id, null, null, inputs, Limit(request.Timeout));
            var outcome = await ApplyAsync("Create", call, resource, apply).ConfigureAwait(false);
            return new CreateResponse { Id = id, Properties = outcome.State, RefreshBeforeUpdate = outcome.RefreshFirst };
        });

    public override Task<UpdateResponse> Update(UpdateRequest request, ServerCallContext context) =>
        ServeAsync("Update", request.Urn, context, async call =>
        {
            var resource = ResourceOf(request.Type, request.Urn);
            var state = StructReader.Read(request.Olds);
            var oldInputs = OldInputs(resource, request.OldInputs, state);
            call.Redactor = call.Redactor.With(state, oldInputs);
            var inputs = ReadInputs(resource, request.News, call);
            if (request.Preview)
            {
                return new UpdateResponse { Properties = await PlanAsync(call, resource, request.Id, oldInputs, state, inputs, (request.ResourceStatusAddress, request.ResourceStatusToken)).ConfigureAwait(false) };
            }

            NeedsAll(inputs);
            var apply = new ApplyCall(request.Urn, request.Id, oldInputs, state, inputs, Limit(request.Timeout));
            var outcome = await ApplyAsync("Update", call, resource, apply).ConfigureAwait(false);
            return new UpdateResponse { Properties = outcome.State, RefreshBeforeUpdate = outcome.RefreshFirst };
        });

    /// <remarks>
    /// A refresh brings inputs and state, an import neither. Not found is an empty id and no properties at all. What is unfinished
    /// is told as such every time: an answer without it would make the engine forget that the run has to go on.
    /// </remarks>
    public override Task<ReadResponse> Read(ReadRequest request, ServerCallContext context) =>
        ServeAsync("Read", request.Urn, context, async call =>
        {
            var resource = ResourceOf(request.Type, request.Urn);
            if (_config == ConfigState.Unknown)
            {
                return new ReadResponse { Id = request.Id, Properties = request.Properties ?? new Struct(), Inputs = request.Inputs ?? new Struct() };
            }

            NeedsConfig();
            var state = request.Properties is { Fields.Count: > 0 } ? StructReader.Read(request.Properties) : null;
            var oldInputs = request.Inputs is { Fields.Count: > 0 } ? StructReader.Read(request.Inputs) : null;
            call.Redactor = call.Redactor.With(state, oldInputs);

            var limit = Limit(request.Timeout);
            using var stop = new TimeLimit(limit, _time, call.Token);
            ReadOutcome? outcome;
            try
            {
                outcome = await resource.ReadAsync(new ReadCall(request.Urn, request.Id, oldInputs, state), stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (IsOutOfTime(stop, call))
            {
                throw PulumiErrors.Plain(StatusCode.DeadlineExceeded, OutOfTime(limit));
            }

            if (outcome is null)
            {
                return new ReadResponse();
            }

            var inputs = Marked(resource.Type.Inputs, oldInputs, outcome.Inputs, call);
            var outputs = Marked(Outputs(resource), oldInputs, SecretMarks.Carry(state, outcome.State), call);
            TellAll(call, Untold(outcome.Findings, outcome.Unfinished));
            var refreshFirst = RefreshFirst(outcome.AtRest);
            if (!outcome.Unfinished.IsEmpty)
            {
                throw PulumiErrors.Unfinished(new ErrorResourceInitFailed
                {
                    Id = outcome.Id,
                    Properties = outputs,
                    Inputs = inputs,
                    Reasons = { outcome.Unfinished.Select(call.Redactor.Clean) },
                    RefreshBeforeUpdate = refreshFirst,
                });
            }

            return new ReadResponse { Id = outcome.Id, Properties = outputs, Inputs = inputs, RefreshBeforeUpdate = refreshFirst };
        });

    public override Task<Empty> Delete(DeleteRequest request, ServerCallContext context) =>
        ServeAsync("Delete", request.Urn, context, async call =>
        {
            var resource = ResourceOf(request.Type, request.Urn);
            NeedsConfig();
            var state = StructReader.Read(request.Properties);
            var oldInputs = OldInputs(resource, request.OldInputs, state);
            call.Redactor = call.Redactor.With(state, oldInputs);

            var limit = Limit(request.Timeout);
            using var stop = new TimeLimit(limit + _grace, _time, call.Token);
            using var progress = new RunProgress(_log, request.Urn, call.Redactor, _time);
            try
            {
                await resource.DeleteAsync(new DeleteCall(request.Urn, request.Id, oldInputs, state, limit), progress, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (IsOutOfTime(stop, call))
            {
                throw PulumiErrors.Plain(StatusCode.DeadlineExceeded, OutOfTime(limit));
            }

            return new Empty();
        });

    /// <param name="rows">Where the engine takes rows for the steps, and its token for this resource; empty where it has none.</param>
    private async Task<Struct> PlanAsync(
        ServedCall call, Resource resource, string? id, MapValue? oldInputs, MapValue? oldState, MapValue inputs, (string Address, string Token) rows)
    {
        if (_config != ConfigState.Known)
        {
            // Outputs that are left out are unknown to the engine; inputs are echoed.
            return StructWriter.Write(inputs, Unknowns.LeaveOutAtTop);
        }

        var plan = await resource.PlanAsync(new PlanCall(call.Urn, id, oldInputs, oldState, inputs), call.Token).ConfigureAwait(false);
        TellAll(call, Remarks(plan.Findings).OrderByDescending(finding => finding.Severity));
        var errors = Errors(plan.Findings);
        if (!errors.IsEmpty)
        {
            throw PulumiErrors.Blocked(errors);
        }

        if (plan.Summary.Length > 0 || !plan.Steps.IsEmpty)
        {
            var lines = plan.Steps.Select((step, index) => $"  {index + 1}. {step.Name}: {step.Detail}").Prepend(plan.Summary);
            _log.Write(Severity.Note, call.Redactor.Clean(string.Join('\n', lines)), call.Urn);
        }

        await _views.PublishAsync(
            rows.Address, rows.Token, $"{_provider.Model.Name}:index:{resource.Type.Name}", call.Urn[(call.Urn.LastIndexOf("::", StringComparison.Ordinal) + 2)..],
            plan.Steps, call.Redactor.Clean, call.Token).ConfigureAwait(false);
        return Marked(Outputs(resource), inputs, plan.State, call, Unknowns.LeaveOutAtTop);
    }

    /// <summary>Create and Update. From the moment the resource takes over, every end but its own refusal hands the state back.</summary>
    private async Task<(Struct State, bool RefreshFirst)> ApplyAsync(string rpc, ServedCall call, Resource resource, ApplyCall apply)
    {
        // Nothing has been begun yet, so nothing needs to be remembered.
        call.Token.ThrowIfCancellationRequested();

        using var stop = new TimeLimit(apply.Timeout + _grace, _time, call.Token);
        ApplyOutcome outcome;
        using (var progress = new RunProgress(_log, apply.Owner, call.Redactor, _time))
        {
            try
            {
                outcome = await resource.ApplyAsync(apply, progress, stop.Token).ConfigureAwait(false);
            }
            catch (ResourceException)
            {
                throw;
            }
            catch (Exception error)
            {
                // Something of ours may exist: the engine must keep the id, so that the next run goes on and destroy cleans up.
                var reason = error is OperationCanceledException && stop.Token.IsCancellationRequested
                    ? call.Token.IsCancellationRequested ? "Stopped, as the engine asked." : OutOfTime(apply.Timeout)
                    : DescribeBug(error, call, rpc);
                outcome = new ApplyOutcome(apply.OldState ?? apply.Inputs, [reason], [], AtRest: false);
            }
        }

        var state = Marked(Outputs(resource), apply.Inputs, outcome.State, call);
        var refreshFirst = RefreshFirst(outcome.AtRest);
        TellAll(call, Untold(outcome.Findings, outcome.Unfinished));
        return outcome.Unfinished.IsEmpty
            ? (state, refreshFirst)
            : throw PulumiErrors.Unfinished(new ErrorResourceInitFailed
            {
                Id = apply.Id,
                Properties = state,
                Reasons = { outcome.Unfinished.Select(call.Redactor.Clean) },
                RefreshBeforeUpdate = refreshFirst,
            });
    }

    private bool RefreshFirst(bool atRest) => !atRest && _takesRefreshBeforeUpdate;

    private void NeedsConfig()
    {
        if (_config != ConfigState.Known)
        {
            throw PulumiErrors.Plain(
                StatusCode.FailedPrecondition,
                _config == ConfigState.Unknown
                    ? $"The config of provider {_provider.Model.Name} holds values that are not known yet."
                    : $"Provider {_provider.Model.Name} has not been configured.");
        }
    }

    /// <summary>What a run needs: the config, and inputs that are all known.</summary>
    private void NeedsAll(MapValue inputs)
    {
        NeedsConfig();
        if (inputs.HasUnknown)
        {
            throw PulumiErrors.Plain(StatusCode.InvalidArgument, "Some inputs are not known yet, so nothing was begun.");
        }
    }

    private static MapValue ReadInputs(Resource resource, Struct? source, ServedCall call)
    {
        var given = StructReader.Read(source);
        call.Redactor = call.Redactor.With(given);

        // Checked inputs come back as they are; this only fills in defaults that are newer than a kept state.
        return Checked(resource, given);
    }

    private static MapValue Checked(Resource resource, MapValue inputs) =>
        InputCheck.Run(resource.Type.InputObject, inputs, resource.Type.Name).Inputs;

    /// <summary>The inputs of the last run, with defaults that a newer version has brought since: those are no change of the user's.</summary>
    private static MapValue OldInputs(Resource resource, Struct? source, MapValue state)
    {
        var old = source is null
            ? Value.Map(state.Entries.Where(entry => resource.Type.InputObject.Find(entry.Key) is not null))
            : StructReader.Read(source);
        return Checked(resource, old);
    }

    private static Struct Marked(
        ImmutableArray<Field> fields, MapValue? inputs, MapValue values, ServedCall call, Unknowns unknowns = Unknowns.LeaveOut) =>
        StructWriter.Write(SecretMarks.ByContent(call.Redactor, SecretMarks.BySchema(fields, SecretMarks.Carry(inputs, values))), unknowns);

    private static ImmutableArray<Field> Outputs(Resource resource) => [.. resource.Type.Inputs, .. resource.Type.Outputs];

    private static TimeSpan? Limit(double seconds) =>
        seconds > 0 && seconds < TimeSpan.FromDays(30).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;

    private static bool IsOutOfTime(TimeLimit limit, ServedCall call) => limit.Token.IsCancellationRequested && !call.Token.IsCancellationRequested;

    private static string OutOfTime(TimeSpan? limit) =>
        $"The time limit of {limit?.TotalSeconds:0.#} s (customTimeouts) is over. Raise it, then run `pulumi up` again: it goes on from here.";

    private static DiffResponse ToDiff(ImmutableArray<PropertyChange> changes, ImmutableArray<string> stable, IReadOnlyCollection<string> ignored)
    {
        var response = new DiffResponse { HasDetailedDiff = true };
        foreach (var change in changes.Where(change => !ignored.Any(pattern => IgnoredPath.Covers(pattern, change.Path))))
        {
            response.DetailedDiff[change.Path.ToString()] = new PropertyDiff
            {
                InputDiff = change.IsInput,
                Kind = (change.Kind, change.Replaces) switch
                {
                    (ChangeKind.Add, false) => PropertyDiff.Types.Kind.Add,
                    (ChangeKind.Add, true) => PropertyDiff.Types.Kind.AddReplace,
                    (ChangeKind.Delete, false) => PropertyDiff.Types.Kind.Delete,
                    (ChangeKind.Delete, true) => PropertyDiff.Types.Kind.DeleteReplace,
                    (_, false) => PropertyDiff.Types.Kind.Update,
                    (_, true) => PropertyDiff.Types.Kind.UpdateReplace,
                },
            };
            var top = change.Path.IsRoot ? "" : change.Path.Steps[0].Name!;
            if (!response.Diffs.Contains(top))
            {
                response.Diffs.Add(top);
            }

            if (change.Replaces && !response.Replaces.Contains(top))
            {
                response.Replaces.Add(top);
            }
        }

        response.Changes = response.DetailedDiff.Count > 0 ? DiffResponse.Types.DiffChanges.DiffSome : DiffResponse.Types.DiffChanges.DiffNone;
        response.Stables.AddRange(stable);
        return response;
    }
}
