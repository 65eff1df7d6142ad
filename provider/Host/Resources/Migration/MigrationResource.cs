using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>A VM's declared place. Create and Update are one call: drive from what is there to the goal.</summary>
internal sealed class MigrationResource(Func<SiteBook> sites, Func<InventoryBook> previews, TimeProvider time) : Resource
{
    internal override ResourceType Type => MigrationType.Type;

    internal override ImmutableArray<Finding> Check(MapValue inputs)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var known = sites().Names;
        // vm.site may rightly be gone from the config after a commit; preflight knows whether it is needed.
        if (inputs["target"]["site"].AsText is { } name && known.Count > 0 && !known.Contains(name))
        {
            findings.Add(Finding.Error(
                "input.unknown-site", PropertyPath.Of("target.site"),
                $"The provider's config has no site \"{name}\".{NearestName.Question(name, known)} It has: {Names(known)}. Add it under sites, or name one of them."));
        }

        if (inputs["cutover"]["window"].AsText is { } window)
        {
            try
            {
                CutoverWindow.Parse(window);
            }
            catch (FormatException e)
            {
                findings.Add(Finding.Error("input.malformed-window", PropertyPath.Of("cutover.window"), e.Message));
            }
        }

        if (inputs["rollback"]["keep"].AsNumber is { } keep and (< 0 or > MigrationCodec.MostPoints))
        {
            findings.Add(Finding.Error("input.out-of-range", PropertyPath.Of("rollback.keep"), $"{keep} is no number of recovery points. It goes from 0 to {MigrationCodec.MostPoints}."));
        }

        if (inputs["rollback"]["to"].AsText is { } moment && !DateTimeOffset.TryParse(moment, System.Globalization.CultureInfo.InvariantCulture, out _))
        {
            findings.Add(Finding.Error("input.malformed-date", PropertyPath.Of("rollback.to"), $"\"{moment}\" is no moment. It is written like \"2026-12-31T04:00:00Z\"; the output recoveryPoints lists what is kept."));
        }

        findings.AddRange(ProbeRules.Check(inputs["verify"]["probes"], sites().SshKeys));
        findings.AddRange(ProbeRules.CheckHooks(inputs["replatform"]["hooks"], sites().SshKeys));
        findings.AddRange(Engine.Facts.DeclaredFacts.Read(MigrationCodec.FactTexts(inputs), PropertyPath.Of("facts")).Findings);
        var waivers = inputs["waive"].AsList?.Items ?? [];
        for (var i = 0; i < waivers.Length; i++)
        {
            var at = PropertyPath.Of("waive").Item(i);
            if (waivers[i]["until"].AsText is { } until && waivers[i]["reason"].AsText is not null && waivers[i]["code"].AsText is not null && MigrationCodec.ReadWaiver(waivers[i]) is null)
            {
                findings.Add(Finding.Error("input.malformed-date", at.Child("until"), $"\"{until}\" is no day. It is written like \"2026-12-31\"."));
            }

            if (waivers[i]["reason"].AsText is { Length: < 10 } reason)
            {
                findings.Add(Finding.Error("input.too-short", at.Child("reason"), $"\"{reason}\" explains too little to whoever reads the report: say in at least 10 characters why the risk is taken."));
            }
        }

        return findings.ToImmutable();
    }

    internal override string? IdOf(MapValue inputs) => MigrationCodec.ReadVm(inputs) is { } vm ? MigrationId.ResourceId(vm) : null;

    internal override DiffOutcome Diff(DiffCall call)
    {
        var changes = InputDiff.Compare(Type.InputObject, call.OldInputs, call.Inputs).ToBuilder();
        var phase = Enum.TryParse<MigrationPhase>(call.OldState["phase"].AsText, out var known) ? known : MigrationPhase.Validated;
        if (Enum.TryParse<MigrationGoal>(call.Inputs["goal"].AsText, out var goal) && !Reached(phase, goal))
        {
            changes.Add(new PropertyChange(PropertyPath.Of("phase"), ChangeKind.Update, false, false));
        }

        if (((goal == MigrationGoal.Replicated && phase is MigrationPhase.Replicated or MigrationPhase.Tested) || (goal == MigrationGoal.Tested && phase == MigrationPhase.Tested)) && call.Inputs["mode"].AsText is nameof(MigrationMode.Warm) or nameof(MigrationMode.Live))
        {
            // A replica is kept near: each run does a further round.
            changes.Add(new PropertyChange(PropertyPath.Of("replicatedAt"), ChangeKind.Update, false, false));
        }

        if (Enum.TryParse<DriftResponse>(call.Inputs["onDrift"].AsText ?? nameof(DriftResponse.Return), out var response) && RecordedCodec.Acts(call.OldState["drift"], response))
        {
            changes.Add(new PropertyChange(PropertyPath.Of("drift"), ChangeKind.Update, false, false));
        }

        return new DiffOutcome(changes.ToImmutable(), ["migrationId"]);
    }

    internal override async Task<PlanOutcome> PlanAsync(PlanCall call, CancellationToken cancellation)
    {
        var unknown = UnknownInputs.Find(call.Inputs, PropertyPath.Root);
        if (!UnknownInputs.AreLeftOut(unknown))
        {
            return new PlanOutcome(
                Unknowns(call.Inputs, call.Id),
                [UnknownInputs.Waits(unknown, "So nothing could be checked against the sites yet; all checks run at apply, before anything is changed.")],
                "checked at apply: some inputs are not known yet",
                []);
        }

        var spec = MigrationCodec.Read(unknown.IsEmpty ? call.Inputs : UnknownInputs.Without(call.Inputs).AsMap!, call.Owner);
        var preflight = await PreflightRunner.RunPatientlyAsync(
            spec, MigrationCodec.ReadState(call.OldState), previews(), false, PreflightRunner.PreviewPatience, time, RunEvents.None, cancellation);
        if (preflight.Committed || preflight.Plan is null)
        {
            var kept = preflight.Committed && call.OldState is not null
                ? call.Inputs.Entries.Aggregate(call.OldState, (state, entry) => state.With(entry.Key, entry.Value))
                : Unknowns(call.Inputs, call.Id);
            return new PlanOutcome(kept, preflight.Findings, Headline.Preview(preflight), []);
        }

        if (!unknown.IsEmpty)
        {
            preflight = preflight with { Findings = UnknownInputs.Judge(preflight.Findings, unknown) };
            return new PlanOutcome(
                Unknowns(call.Inputs, call.Id).With("migrationId", Value.Text(preflight.Run!.MigrationId)), preflight.Findings, Headline.Preview(preflight),
                [.. preflight.Estimate!.Steps.Select(step => new PlannedStep(step.Name, step.Detail))]);
        }

        var run = preflight.Run!;
        preflight = preflight with { Findings = [.. await Drive.FindOtherRunAsync(preflight, time, cancellation), .. preflight.Findings] };
        var state = Unknowns(call.Inputs, call.Id)
            .With("migrationId", Value.Text(run.MigrationId))
            .With("estimate", PreviewCodec.Write(preflight.Estimate!))
            .With("steps", PreviewCodec.WriteSteps(preflight.Estimate!))
            .With("findings", PreviewCodec.Write(preflight.Findings));
        return new PlanOutcome(
            state, preflight.Findings, Headline.Preview(preflight),
            [.. preflight.Estimate!.Steps.Select(step => new PlannedStep(step.Name, step.Detail))]);
    }

    internal override async Task<ApplyOutcome> ApplyAsync(ApplyCall call, RunEvents events, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if ((call.Timeout ?? MigrationCodec.Limit(call.Inputs, call.OldState is null ? "create" : "update")) is { } timeout)
        {
            limit.CancelAfter(timeout);
        }

        var spec = MigrationCodec.Read(call.Inputs, call.Owner) with { SshKeys = sites().SshKeys };
        var remembered = MigrationCodec.ReadState(call.OldState);
        Preflight preflight;
        RunOutcome? outcome;
        try
        {
            events.Status("preflight", "looking at both sites");
            (preflight, outcome) = await DriveAsync(spec, remembered, removal: false, events, limit.Token);
        }
        catch (OperationCanceledException)
        {
            return Unchanged(call, ["Migration stopped before it changed anything: it was cancelled."], []);
        }

        if (preflight.IsBlocked)
        {
            var reasons = preflight.Findings.Where(finding => finding.Severity == Severity.Error)
                .Select(finding => $"{finding.Id}{(finding.At.IsRoot ? "" : $" at `{finding.At}`")}: {finding.Message}").ToImmutableArray();
            return call.OldState is not null ? Unchanged(call, reasons, preflight.Findings)
                : preflight.Run is { } left && IsOurs(left.Seen, call.Owner) && preflight.Findings.All(finding => finding.Id != "lease.held")
                ? new ApplyOutcome(
                    MigrationState.Write(
                        call.Inputs, MigrationState.PhaseOf(left.Seen), left.MigrationId, left.Seen.Place, null, [], left.Seen, null, Value.Null, null, Value.List([]), preflight.Findings),
                    reasons, preflight.Findings, AtRest: false)
                : throw new ResourceException($"Migration of {spec.Vm.Label} was not started; nothing was changed. {string.Join(" ", reasons)}") { Findings = preflight.Findings };
        }

        if (preflight is { Committed: true, CommittedVm: { } found })
        {
            return new ApplyOutcome(
                MigrationState.Write(call.Inputs, MigrationPhase.Committed, MigrationId.Stamp(spec.Vm), found, call.OldState, [], null, null, Value.Null, null, Value.List([])),
                [], preflight.Findings, AtRest: true);
        }

        if (preflight.Committed)
        {
            return new ApplyOutcome(
                call.Inputs.Entries.Aggregate(call.OldState!, (state, entry) => state.With(entry.Key, entry.Value)), [], preflight.Findings, AtRest: true);
        }

        return await ReportAsync(call, spec, preflight, outcome ?? new RunOutcome([], null, null, []), events);
    }

    /// <summary>A run of this very declaration that was killed has left something: the engine has to know of it, or nobody could take it away.</summary>
    private static bool IsOurs(Observation seen, string owner) =>
        seen.HasTraces && (seen.Home?.Stamp ?? seen.Copies.Select(copy => copy.Vm.Stamp).FirstOrDefault(stamp => stamp is not null))?[StampNotes.Owner] is var noted
        && (noted ?? "") == owner;

    /// <summary>Whatever becomes of it, previews after it look anew.</summary>
    private async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(MigrationSpec spec, Remembered? remembered, bool removal, RunEvents events, CancellationToken cancellation)
    {
        try
        {
            return await Drive.RunAsync(spec, remembered, sites(), removal, RunnerIdentity.This, time, events, cancellation);
        }
        finally
        {
            previews().Forget();
        }
    }

    private async Task<ApplyOutcome> ReportAsync(ApplyCall call, MigrationSpec spec, Preflight before, RunOutcome outcome, RunEvents events)
    {
        var (plan, run) = (before.Plan!, before.Run!);
        var committed = plan.Steps.Any(step => step is Engine.Steps.ReleaseCopy) && outcome.Failed is null;
        var estimate = plan.Steps.IsEmpty ? call.OldState?["estimate"] ?? Value.Null : PreviewCodec.Write(before.Estimate!);

        // A look at what is there now must come back even after a cancel: it is the state that the engine keeps.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), time);
        Preflight? after = null;
        try
        {
            after = await PreflightRunner.RunAsync(
                spec,
                new Remembered(committed ? MigrationPhase.Committed : MigrationPhase.CutOver, committed ? run.To.Name : run.From.Name, run.CopyId ?? run.Vm.Id)
                {
                    Recorded = plan.Kind == PlanKind.Move && outcome.Failed is null ? null : run.Recorded,
                },
                sites(), removal: committed, time, RunEvents.None, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The sites do not answer; the state then says what is known without them.
        }

        var seen = after?.Run?.Seen;
        var place = seen?.Place;
        if (committed)
        {
            try
            {
                place = await InspectAsync(run.To, run.CopyId ?? run.Vm.Id, limit.Token) ?? place;
            }
            catch (Exception e) when (e is PlatformException or OperationCanceledException)
            {
                // The commit is done; the state must say so even when the site does not answer any more.
            }
        }

        var phase = committed ? MigrationPhase.Committed
            : seen is not null ? MigrationState.PhaseOf(seen)
            : outcome.Failed?.Phase ?? MigrationPhase.CutOver;
        var (recorded, drift) = committed ? (null, []) : Drift.Record(spec, after?.Run, run, succeeded: outcome.Failed is null);
        var state = MigrationState.Write(
            call.Inputs, phase, run.MigrationId, place, call.OldState, outcome.Done, seen, run, estimate, recorded, RecordedCodec.Write(drift, spec.OnDrift), before.Findings);
        if (outcome.Failed is not null)
        {
            return new ApplyOutcome(state, [Headline.Failure(plan, run, outcome, place)], before.Findings, AtRest: false);
        }

        if (!plan.Steps.IsEmpty)
        {
            events.Say(Severity.Note, Headline.Done(plan, run, before.Estimate!, place));
        }

        return new ApplyOutcome(state, [], before.Findings, AtRest: IsAtRest(phase));
    }

    /// <summary>Nothing of ours is anywhere that a hand could change: else what really is has to be looked at before the next diff.</summary>
    private static bool IsAtRest(MigrationPhase phase) => phase is MigrationPhase.Validated or MigrationPhase.Committed;

    internal override async Task<ReadOutcome?> ReadAsync(ReadCall call, CancellationToken cancellation)
    {
        var inputs = call.OldInputs ?? ImportInputs(call.Id);
        if (MigrationCodec.ReadVm(inputs) is not { } vm)
        {
            throw new ResourceException($"\"{call.Id}\" is no id of a migration. It is <site>/<VM's name or id>, such as \"dc1/web-01\".");
        }

        var remembered = MigrationCodec.ReadState(call.OldState);
        if (call.OldState is null)
        {
            return await ImportAsync(call, vm, cancellation);
        }

        var spec = MigrationCodec.Read(inputs, call.Owner);
        var preflight = await PreflightRunner.RunAsync(spec, remembered, previews().Recent, removal: true, time, RunEvents.None, cancellation);
        if (!IsAsRecorded(preflight, call.OldState))
        {
            // What a shared look cannot confirm is said only after one of its own.
            preflight = await PreflightRunner.RunAsync(spec, remembered, sites(), removal: true, time, RunEvents.None, cancellation);
        }

        if (preflight.Run is not { } run)
        {
            if (preflight.Committed)
            {
                var committedPlace = remembered!.VmId is { } id && remembered.PlacementSite is { } at && sites().Find(at) is { } site
                    ? await InspectAsync(site, id, cancellation) : null;
                return committedPlace is null
                    ? null
                    : new ReadOutcome(
                        call.Id, inputs,
                        MigrationState.Write(inputs, MigrationPhase.Committed, MigrationId.Stamp(vm), committedPlace, call.OldState, [], null, null, call.OldState["estimate"], null, Value.List([])),
                        [], preflight.Findings, AtRest: true);
            }

            var errors = preflight.Findings.Where(finding => finding.Severity == Severity.Error).ToList();
            return errors.Count == 0
                ? null
                : throw new ResourceException($"{call.Id} could not be read: {string.Join(" ", errors.Select(finding => finding.Message))}") { Findings = preflight.Findings };
        }

        var phase = MigrationState.PhaseOf(run.Seen);
        var drift = Drift.Find(run).ToList();
        var state = MigrationState.Write(
            inputs, phase, run.MigrationId, run.Seen.Place, call.OldState, [], run.Seen, null, call.OldState["estimate"], run.Recorded, RecordedCodec.Write(drift, spec.OnDrift));
        var resting = phase is not (MigrationPhase.Replicating or MigrationPhase.CuttingOver or MigrationPhase.RollingBack);
        return new ReadOutcome(
            call.Id, inputs, state, resting ? [] : [Headline.Unfinished(run, phase)], Told(drift, spec.OnDrift), AtRest: IsAtRest(phase));
    }

    private static bool IsAsRecorded(Preflight preflight, MapValue recorded) =>
        preflight.Run is { } run
        && MigrationState.PhaseOf(run.Seen).ToString() == recorded["phase"].AsText
        && run.Seen.Place is { } place && place.Site.Name == recorded["placement"]["site"].AsText
        && !Drift.Find(run).Any();

    /// <summary>What the next run does something about is told by its preview; what none does would be told nowhere else. A refresh itself does not fail on it.</summary>
    private static ImmutableArray<Finding> Told(IEnumerable<DriftItem> drift, DriftResponse response) =>
    [
        .. drift.Where(item => !Drift.Acts(item, response)).Select(item => PreflightRunner.Told(item, response) with { Severity = Severity.Warning }),
    ];

    internal override async Task DeleteAsync(DeleteCall call, RunEvents events, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var inputs = call.OldInputs ?? call.OldState;
        if ((call.Timeout ?? MigrationCodec.Limit(inputs, "delete")) is { } timeout)
        {
            limit.CancelAfter(timeout);
        }

        var spec = MigrationCodec.Read(inputs, call.Owner);
        var (preflight, outcome) = await DriveAsync(spec, MigrationCodec.ReadState(call.OldState), removal: true, events, limit.Token);
        if (preflight.IsBlocked)
        {
            throw new ResourceException(
                $"{spec.Vm.Label} was not rolled back; nothing was changed. {string.Join(" ", preflight.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Message))}")
            {
                Findings = preflight.Findings,
            };
        }

        if (preflight.Plan is not { Steps.IsEmpty: false } plan || outcome is null)
        {
            return;
        }

        if (outcome.Failed is not null)
        {
            throw new ResourceException(Headline.Failure(plan, preflight.Run!, outcome, null));
        }

        events.Say(Severity.Note, Headline.Done(plan, preflight.Run!, preflight.Estimate!, (preflight.Run!.Seen.HomeSite, preflight.Run.Seen.Home ?? preflight.Run.Vm)));
    }

    private async Task<ReadOutcome?> ImportAsync(ReadCall call, VmReference vm, CancellationToken cancellation)
    {
        var book = sites();
        if (book.Find(vm.Site) is not { } home)
        {
            throw new ResourceException(
                $"The provider's config has no site \"{vm.Site}\".{NearestName.Question(vm.Site, book.Names)} It has: {Names(book.Names)}. An import takes <site>/<VM's name or id>.");
        }

        Observation seen;
        try
        {
            // Look for a copy of ours everywhere: the state that knew its place is lost.
            seen = await Observer.ObserveAsync(vm, home, await ReadableAsync(book, vm.Site, cancellation), cancellation);
        }
        catch (Exception e) when (e is PlatformException or AmbiguousVmException)
        {
            throw new ResourceException($"{call.Id} could not be read: {e.Message}", e);
        }

        if (seen.Place is not { } place)
        {
            return null;
        }

        if (seen.Home is null && vm.Name is null && place.Vm.Stamp is null)
        {
            return null;
        }

        var target = seen.Copies.Select(copy => copy.Site).FirstOrDefault() ?? await DisksAtAsync(book, seen, cancellation) ?? home;
        var inputs = ImportInputs(call.Id).With("target", Value.Map(("site", Value.Text(target.Name))));
        var phase = MigrationState.PhaseOf(seen);
        inputs = InputCheck.Run(
            Type.InputObject,
            inputs.With("goal", Value.Text(phase == MigrationPhase.Validated ? nameof(MigrationGoal.Validated) : phase is MigrationPhase.Replicated or MigrationPhase.Tested ? nameof(MigrationGoal.Replicated) : nameof(MigrationGoal.CutOver))),
            Type.Name).Inputs;
        var recorded = seen.Current is { Fence: FenceState.None } copy ? RecordedVm.Of(copy.Site.Name, target.Name, seen.WasRunning, copy.Vm) : null;
        var state = MigrationState.Write(inputs, phase, seen.MigrationId, place, null, [], seen, null, Value.Null, recorded, Value.List([]));
        var resting = phase is not (MigrationPhase.Replicating or MigrationPhase.CuttingOver or MigrationPhase.RollingBack);
        return new ReadOutcome(call.Id, inputs, state, resting ? [] : [$"The migration of {vm.Label} is not finished: {phase}. The next run goes on."], [], resting);
    }

    /// <summary>The sites other than home that answer: one that this import may have nothing to do with must not stop it.</summary>
    private static async Task<List<Site>> ReadableAsync(SiteBook book, string home, CancellationToken cancellation)
    {
        var sites = new List<Site>();
        foreach (var site in book.Names.Where(name => name != home).Select(name => book.Find(name)!))
        {
            try
            {
                await site.DescribeAsync(cancellation);
                sites.Add(site);
            }
            catch (PlatformException)
            {
                // Not seen, so not searched.
            }
        }

        return sites;
    }

    private static async Task<Site?> DisksAtAsync(SiteBook book, Observation seen, CancellationToken cancellation)
    {
        foreach (var site in await ReadableAsync(book, seen.HomeSite.Name, cancellation))
        {
            if (!(await site.FindStampedDisksAsync(seen.MigrationId, cancellation)).IsEmpty)
            {
                return site;
            }
        }

        return null;
    }

    private static MapValue ImportInputs(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == id.Length - 1)
        {
            return Value.EmptyMap;
        }

        var vm = id[(slash + 1)..];
        return Value.Map(("vm", Value.Map(
            ("site", Value.Text(id[..slash])),
            (Guid.TryParse(vm, out _) ? "id" : "name", Value.Text(vm)))));
    }

    private static bool Reached(MigrationPhase phase, MigrationGoal goal) => goal switch
    {
        MigrationGoal.Validated => phase is MigrationPhase.Validated,
        MigrationGoal.Replicated => phase is MigrationPhase.Replicated or MigrationPhase.Tested,
        MigrationGoal.Tested => phase is MigrationPhase.Tested,
        MigrationGoal.CutOver => phase is MigrationPhase.CutOver,
        _ => phase is MigrationPhase.Committed,
    };

    private static ApplyOutcome Unchanged(ApplyCall call, ImmutableArray<string> reasons, ImmutableArray<Finding> findings)
    {
        if (call.OldState is { } old)
        {
            return new ApplyOutcome(old, reasons, findings, AtRest: false);
        }

        throw new ResourceException(string.Join(" ", reasons)) { Findings = findings };
    }

    private static async Task<(Site Site, Engine.Facts.Vm Vm)?> InspectAsync(Site site, string vmId, CancellationToken cancellation) =>
        await site.InspectAsync(vmId, cancellation) is { } vm ? (site, vm) : null;

    private MapValue Unknowns(MapValue inputs, string? id) => Type.Outputs.Aggregate(
        inputs,
        (state, field) => state.With(field.Name, Value.Unknown))
        .With("migrationId", id is null ? Value.Unknown : Value.Text(MigrationId.Stamp(id)));

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).Select(name => $"\"{name}\""));
}
