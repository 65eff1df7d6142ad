using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;

namespace VmMigrate.TestProvider;

/// <summary>A migration over files: it seeks its goal, goes on where it stopped, and can be told to fail.</summary>
internal sealed class FileMigration(FileProvider provider, ResourceType type) : Resource
{
    private static readonly ImmutableArray<string> Order = ["Validated", "Replicated", "CutOver", "Committed"];

    private FilePlatform Platform => provider.Platform;

    internal override ResourceType Type => type;

    internal static Finding NoVm(FilePlatform platform, PropertyPath at, string site, string name) => Finding.Error(
        "vm.not-found",
        at,
        $"There is no VM \"{name}\" at site \"{site}\".{NearestName.Question(name, platform.Vms(site))} It has: {string.Join(", ", platform.Vms(site))}.");

    internal override ImmutableArray<Finding> Check(MapValue inputs)
    {
        var sites = provider.Config["sites"].AsMap?.Entries.Keys.ToList() ?? [];
        return
        [
            .. new[] { "vm", "target" }
                .Where(side => inputs[side]["site"].AsText is { } site && !sites.Contains(site))
                .Select(side => Finding.Error(
                    "input.unknown-site",
                    PropertyPath.Of(side + ".site"),
                    $"The provider's config has no site \"{inputs[side]["site"].AsText}\".{NearestName.Question(inputs[side]["site"].AsText!, sites)}")),
        ];
    }

    internal override string? IdOf(MapValue inputs) =>
        inputs["vm"]["site"].AsText is { } site && inputs["vm"]["name"].AsText is { } name ? $"{site}-{name}" : null;

    internal override DiffOutcome Diff(DiffCall call)
    {
        var changes = InputDiff.Compare(type.InputObject, call.OldInputs, call.Inputs);
        if (call.OldState["phase"].AsText != call.Inputs["goal"].AsText)
        {
            changes = changes.Add(new PropertyChange(PropertyPath.Of("phase"), ChangeKind.Update, false, false));
        }

        return new DiffOutcome(changes, ["migrationId"]);
    }

    internal override Task<PlanOutcome> PlanAsync(PlanCall call, CancellationToken cancellation)
    {
        Platform.Log("plan", call.Id ?? "?");
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var (site, name) = (call.Inputs["vm"]["site"].AsText, call.Inputs["vm"]["name"].AsText);
        if (site is not null && name is not null && Platform.Vm(site, name) is null)
        {
            findings.Add(NoVm(Platform, PropertyPath.Of("vm.name"), site, name));
        }

        if (Platform.Switch("warn") is not null)
        {
            findings.Add(Finding.Warning(
                "storage.pool-chosen", PropertyPath.Of("target.storagePool"), "No storagePool is given. The first one is taken; set `target.storagePool` to choose."));
            findings.Add(Finding.Note("guest.not-seen", PropertyPath.Root, "The guest's agent does not answer."));
        }

        var goal = call.Inputs["goal"].AsText;
        var state = call.Inputs
            .With("migrationId", call.Id is null ? Value.Unknown : Value.Text(call.Id))
            .With("phase", Value.Text(goal))
            .With("estimate", Value.Map(("bytes", Value.Number(FilePlatform.Chunks))));
        var left = FilePlatform.Chunks - (call.Id is null ? 0 : Platform.Copied(call.Id));
        return Task.FromResult(new PlanOutcome(
            state,
            findings.ToImmutable(),
            $"{name}: cold {site} → {call.Inputs["target"]["site"].AsText} · {left} chunks · goal {goal}",
            [new PlannedStep("replicate", $"{left} chunks"), new PlannedStep("cut over", "stop, start")]));
    }

    internal override async Task<ApplyOutcome> ApplyAsync(ApplyCall call, RunEvents reporter, CancellationToken cancellation)
    {
        Platform.Log("apply", $"{call.Id} {(call.OldState is null ? "new" : "old")}");
        if (call.Inputs[FileProvider.GuestPassword].AsText is { } password)
        {
            Platform.Log("password-length", password.Length.ToString(CultureInfo.InvariantCulture));
        }

        var goal = Order.IndexOf(call.Inputs["goal"].AsText!);
        var (site, name) = (call.Inputs["vm"]["site"].AsText!, call.Inputs["vm"]["name"].AsText!);
        var target = call.Inputs["target"]["site"].AsText!;
        var key = provider.Config[FileProvider.AccessKey].AsText;
        if (Platform.Switch("fail") == "before")
        {
            throw new ResourceException($"Site {site} refused the login with {key}. Nothing was done.");
        }

        if (Platform.Switch("fail") == "bug")
        {
            throw new InvalidOperationException($"Something with {key} that nobody thought of.");
        }

        var reasons = ImmutableArray.CreateBuilder<string>();
        var sent = 0;
        Platform.SetPhase(call.Id, Platform.Phase(call.Id) ?? "Validated");
        if (goal >= Order.IndexOf("Replicated"))
        {
            for (var chunk = Platform.Copied(call.Id); chunk < FilePlatform.Chunks && reasons.Count == 0; chunk++)
            {
                reporter.Status("replicate", $"replicate {chunk} of {FilePlatform.Chunks} with {key}");
                if (Platform.Switch("fail") == $"chunk{chunk}")
                {
                    reporter.Say(Severity.Warning, $"The link was slow. Key {key}.");
                    reasons.Add($"Migration {name} stopped at chunk {chunk} of {FilePlatform.Chunks}: the target at {target} said no to {key}. {name} still runs at {site}. Run it again to go on.");
                    break;
                }

                try
                {
                    if (Platform.Switch("hold") == $"chunk{chunk}")
                    {
                        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
                    }

                    var pause = Platform.Switch("slow") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
                    await Task.Delay(pause, cancellation).ConfigureAwait(false);
                    cancellation.ThrowIfCancellationRequested();
                }
                catch (OperationCanceledException)
                {
                    if (Platform.Switch("undo") is { } undo)
                    {
                        await Task.Delay(int.Parse(undo, CultureInfo.InvariantCulture), CancellationToken.None).ConfigureAwait(false);
                        Platform.Log("undone", call.Id);
                    }

                    reasons.Add($"Migration {name} was stopped at chunk {chunk} of {FilePlatform.Chunks}. {name} still runs at {site}.");
                    break;
                }

                Platform.Log("chunk", $"{call.Id} {chunk}");
                Platform.SetCopied(call.Id, chunk + 1);
                sent++;
            }
        }

        if (reasons.Count == 0)
        {
            var runsAtTarget = goal >= Order.IndexOf("CutOver");
            if (call.OldState?["placement"]["site"].AsText is { } before && before != target && before != site)
            {
                Platform.SetVm(before, name, null);
            }

            Platform.SetVm(site, name, site == target || !runsAtTarget ? "running" : "off");
            if (site != target)
            {
                Platform.SetVm(target, name, runsAtTarget ? "running" : null);
            }

            if (goal < Order.IndexOf("Replicated"))
            {
                Platform.SetCopied(call.Id, null);
            }

            Platform.SetPhase(call.Id, Order[goal]);
        }
        else
        {
            Platform.SetPhase(call.Id, "Replicating");
        }

        return new ApplyOutcome(State(call.Id, call.Inputs, sent), reasons.ToImmutable(), [], reasons.Count == 0);
    }

    internal override Task<ReadOutcome?> ReadAsync(ReadCall call, CancellationToken cancellation)
    {
        Platform.Log("read", call.Id);
        if (call.OldState is null)
        {
            var (importSite, importName) = call.Id.Split('/') is [var one, var two] ? (one, two) : ("", "");
            if (Platform.Vm(importSite, importName) is null)
            {
                return Task.FromResult<ReadOutcome?>(null);
            }

            var importInputs = InputCheck.Run(
                type.InputObject,
                Value.Map(
                    ("vm", Value.Map(("site", Value.Text(importSite)), ("name", Value.Text(importName)))),
                    ("target", Value.Map(("site", Value.Text(importSite))))),
                "import").Inputs;
            var id = IdOf(importInputs)!;
            var imported = State(id, importInputs, 0).With("phase", Value.Text("CutOver"));
            return Task.FromResult<ReadOutcome?>(new ReadOutcome(id, importInputs, imported, [], [], true));
        }

        var (site, name) = (call.OldInputs!["vm"]["site"].AsText!, call.OldInputs["vm"]["name"].AsText!);
        if (Platform.Phase(call.Id) is null && call.OldState["phase"].AsText != "CutOver")
        {
            return Task.FromResult<ReadOutcome?>(null);
        }

        var state = State(call.Id, call.OldInputs, 0).With("transferred", call.OldState["transferred"]);
        state = Platform.Phase(call.Id) is null ? state.With("phase", call.OldState["phase"]) : state;
        var reasons = ImmutableArray<string>.Empty;
        if (state["phase"].AsText == "CutOver" && state["placement"]["powerState"].AsText != "Running")
        {
            reasons = [$"{name} was stopped by hand at {state["placement"]["site"].AsText}. The next run starts it again."];
            state = state.With("phase", Value.Text("CuttingOver"));
        }
        else if (state["phase"].AsText == "Replicating")
        {
            reasons = [$"{name} has {Platform.Copied(call.Id)} of {FilePlatform.Chunks} chunks. The next run goes on."];
        }

        return Task.FromResult<ReadOutcome?>(new ReadOutcome(call.Id, call.OldInputs, state, reasons, [], reasons.IsEmpty));
    }

    internal override Task DeleteAsync(DeleteCall call, RunEvents reporter, CancellationToken cancellation)
    {
        Platform.Log("delete", call.Id);
        if (Platform.Switch("fail") == "delete")
        {
            throw new ResourceException("The target does not let go of the copy. The VM runs at the source.");
        }

        var (site, name) = (call.OldInputs!["vm"]["site"].AsText!, call.OldInputs["vm"]["name"].AsText!);
        if (Platform.Phase(call.Id) is not ("Committed" or null))
        {
            var target = call.OldInputs["target"]["site"].AsText!;
            if (target != site)
            {
                Platform.SetVm(target, name, null);
            }

            Platform.SetVm(site, name, "running");
            Platform.SetCopied(call.Id, null);
        }

        Platform.SetPhase(call.Id, null);
        return Task.CompletedTask;
    }

    private MapValue State(string id, MapValue inputs, int sent)
    {
        var (site, name) = (inputs["vm"]["site"].AsText!, inputs["vm"]["name"].AsText!);
        var target = inputs["target"]["site"].AsText!;
        var at = Platform.Vm(target, name) is not null ? target : site;
        return inputs
            .With("phase", Value.Text(Platform.Phase(id)))
            .With("migrationId", Value.Text(id))
            .With("placement", Value.Map(
                ("site", Value.Text(at)),
                ("vmId", Value.Text($"uuid-{name}")),
                ("name", Value.Text(name)),
                ("powerState", Value.Text(Platform.Vm(at, name) == "running" ? "Running" : "Off")),
                ("addresses", Value.List([Value.Text("10.2.0.17")]))))
            .With("steps", Value.List([Value.Map(
                ("name", Value.Text("replicate")), ("detail", Value.Text($"{Platform.Copied(id)} chunks")), ("seconds", Value.Number(0.1)))]))
            .With("transferred", Value.Number(sent))
            .With("estimate", Value.Map(("bytes", Value.Number(FilePlatform.Chunks)), ("seconds", Value.Number(1.5))));
    }
}
