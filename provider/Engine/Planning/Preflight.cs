using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Checks.Limits;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>What the engine's state remembers of a migration. The platforms are asked first; this tells only what they no longer can.</summary>
/// <param name="PlacementSite">Where the VM was at the end of the last run.</param>
public sealed record Remembered(MigrationPhase Phase, string? PlacementSite, string? VmId);

/// <summary>The sites of a configured provider.</summary>
public abstract class SiteBook
{
    public abstract IReadOnlyCollection<string> Names { get; }

    /// <summary>The open site of this name; null when the config has none.</summary>
    public abstract Site? Find(string name);

    /// <summary>Private keys of the provider's config.</summary>
    public virtual SshKeys SshKeys => SshKeys.None;

    /// <summary>Thresholds for all migrations of this provider.</summary>
    public virtual Policy Policy => Policy.Default;

    /// <summary>What migrations of this process are going to take, so that each sees the room that the others leave.</summary>
    public virtual ReservationBook Reservations { get; } = new();

    /// <summary>What runs between two of its sites have taken.</summary>
    public virtual Task<RunHistory> HistoryAsync(Site from, Site to, CancellationToken cancellation) => RunHistory.ReadAsync(from, to, cancellation);
}

/// <summary>Everything that can be known before a run: what is there, what would be done, what stands against it.</summary>
public sealed record Preflight
{
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>Checks whose facts could not be seen; the finding <c>facts.unknown</c> sums them up.</summary>
    public ImmutableArray<NotJudged> NotJudged { get; init; } = [];

    /// <summary>Null where the platforms could not be read far enough; then <see cref="Findings"/> says why.</summary>
    public Run? Run { get; init; }

    public Plan? Plan { get; init; }

    public Estimate? Estimate { get; init; }

    /// <summary>The VM was committed by an earlier run, and is where it is declared to be.</summary>
    public bool Committed { get; init; }

    /// <summary>The committed VM, where only this run has found out about it.</summary>
    public (Site Site, Vm Vm)? CommittedVm { get; init; }

    public bool IsBlocked => Findings.Any(finding => finding.Severity == Severity.Error);
}

/// <summary>The read-only part of every run: preview is this and nothing more.</summary>
public static class PreflightRunner
{
    /// <summary>How long a guest that may still be booting is waited for: at a run that is about to begin, and at preview, where somebody looks on.</summary>
    public static readonly TimeSpan RunPatience = TimeSpan.FromSeconds(45);

    public static readonly TimeSpan PreviewPatience = TimeSpan.FromSeconds(15);

    /// <summary>As <see cref="RunAsync"/>, but where a guest agent that does not answer is all that stands against the run, it is given time: the VM may have been started a moment ago.</summary>
    public static async Task<Preflight> RunPatientlyAsync(
        MigrationSpec spec, Remembered? remembered, SiteBook sites, bool removal, TimeSpan patience, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var preflight = await RunAsync(spec, remembered, sites, removal, time, events, cancellation);
            if (!preflight.IsBlocked || time.GetElapsedTime(since) > patience
                || preflight.Findings.Any(finding => finding.Severity == Severity.Error && finding.Id != "verify.agent"))
            {
                return preflight;
            }

            events.Status("preflight", "waiting for the guest agent at the source");
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }
    }

    public static async Task<Preflight> RunAsync(
        MigrationSpec spec, Remembered? remembered, SiteBook sites, bool removal, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var committed = remembered?.Phase == MigrationPhase.Committed;
        if (committed && removal)
        {
            return new Preflight { Findings = [], Committed = true };
        }

        if (committed)
        {
            // Home is given up and may be gone from the config, or switched off.
            try
            {
                return await SettleCommittedAsync(spec, remembered!, sites, findings, cancellation);
            }
            catch (PlatformException e)
            {
                return new Preflight { Findings = [Unreadable(e, spec, sites)] };
            }
        }

        var home = Open(spec.Vm.Site, PropertyPath.Of("vm.site"), sites, findings);
        var to = Open(spec.Target.Site, PropertyPath.Of("target.site"), sites, findings);
        if (home is null || to is null)
        {
            return new Preflight { Findings = findings.ToImmutable() };
        }

        try
        {
            var seen = await ObserveAsync(spec, remembered, home, to, sites, cancellation);
            if (seen.Home?.Stamp?[StampNotes.Committed] is not null && seen.Current is null)
            {
                return await KeptSourceAsync(spec, removal, to, cancellation);
            }

            if (seen.Home is { } touched && seen.HomeFence == FenceState.None
                && seen.Copies.FirstOrDefault(copy => copy.AcceptedAt is not null && copy.Fence == FenceState.None && copy.Vm.Power != PowerState.Off) is { } alive)
            {
                findings.Add(Finding.Error(
                    "drift.fence-gone", PropertyPath.Of("vm"),
                    $"{alive.Vm.Name} lives at \"{alive.Site.Name}\" and runs there, but the fence on {touched.Name} at \"{home.Name}\" is gone: somebody has defined that VM anew. "
                    + $"Nothing is done, since either could be the right one. Remove or rename the one at \"{home.Name}\" to keep the one that runs."));
                return new Preflight { Findings = findings.ToImmutable() };
            }

            if (seen.Place is not { } place)
            {
                if (removal && !seen.HasTraces)
                {
                    return new Preflight { Findings = [] };
                }

                if (removal && seen.Copies.IsEmpty)
                {
                    return RemoveDisks(spec, seen, to, time, events);
                }

                if (!removal && spec.Goal == MigrationGoal.Committed && await FindCommittedAsync(spec, to, cancellation) is { } done)
                {
                    findings.Add(Finding.Note(
                        "plan.committed", PropertyPath.Of("target.site"),
                        $"{spec.Vm.Label} is gone from \"{home.Name}\" and \"{done.Name}\" is at \"{to.Name}\": taken for the end of an earlier run that could not tell its result."));
                    return new Preflight { Findings = findings.ToImmutable(), Committed = true, CommittedVm = (to, done) };
                }

                findings.Add(await NotFoundAsync(spec, home, cancellation));
                return new Preflight { Findings = findings.ToImmutable() };
            }

            return removal
                ? await RemoveAsync(spec, seen, place, to, sites, time, events, cancellation)
                : await PrepareAsync(spec, seen, place, to, sites, time, events, cancellation);
        }
        catch (AmbiguousVmException e)
        {
            findings.Add(Finding.Error("request.vm.unique", PropertyPath.Of("vm.name"), e.Message));
        }
        catch (PlatformException e)
        {
            findings.Add(Unreadable(e, spec, sites));
        }

        return new Preflight { Findings = findings.ToImmutable() };
    }

    private static Finding Unreadable(PlatformException e, MigrationSpec spec, SiteBook sites) => Finding.Error(
        e.Kind != PlatformErrorKind.Denied ? "access.site.reach" : e.Site == spec.Target.Site && e.Site != spec.Vm.Site ? "access.target.auth" : "access.source.auth",
        PropertyPath.Of(e.Site == spec.Target.Site && e.Site != spec.Vm.Site ? "target.site" : "vm.site"),
        $"Site \"{e.Site}\" ({sites.Find(e.Site)?.Where}) cannot be read: {e.Message}");

    /// <summary>The source was kept at commit and says so itself, whatever became of the state.</summary>
    private static async Task<Preflight> KeptSourceAsync(MigrationSpec spec, bool removal, Site to, CancellationToken cancellation)
    {
        if (removal)
        {
            return new Preflight { Findings = [], Committed = true };
        }

        if (spec.Goal < MigrationGoal.Committed)
        {
            return new Preflight
            {
                Findings =
                [
                    Finding.Error(
                        "request.goal.committed", PropertyPath.Of("goal"),
                        $"{spec.Vm.Label} was committed and its source kept aside, so there is no way back to {spec.Goal}. Set goal to Committed."),
                ],
            };
        }

        var found = await FindCommittedAsync(spec, to, cancellation);
        return new Preflight { Findings = [], Committed = true, CommittedVm = found is null ? null : (to, found) };
    }

    private static Site? Open(string name, PropertyPath at, SiteBook sites, ImmutableArray<Finding>.Builder findings)
    {
        var site = sites.Find(name);
        if (site is null)
        {
            findings.Add(Finding.Error(
                "input.unknown-site", at,
                $"The provider's config has no site \"{name}\".{NearestName.Question(name, sites.Names)} It has: {Placement.Names(sites.Names)}. Add it under sites, or name one of them."));
        }

        return site;
    }

    private static async Task<Observation> ObserveAsync(
        MigrationSpec spec, Remembered? remembered, Site home, Site to, SiteBook sites, CancellationToken cancellation)
    {
        var copySites = new List<Site> { to };
        if (remembered?.PlacementSite is { } last && last != home.Name)
        {
            copySites.Add(sites.Find(last) ?? throw new PlatformException(
                PlatformErrorKind.NotFound, home.Name,
                $"{spec.Vm.Label} was at site \"{last}\" at the end of the last run, and the provider's config has no such site any more. Put it back until the VM has moved on"));
        }

        var seen = await Observer.ObserveAsync(spec.Vm, home, copySites, cancellation);
        var noted = (seen.Home?.Stamp?[StampNotes.Sites] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Where(name => copySites.TrueForAll(site => site.Name != name)).Select(sites.Find).OfType<Site>().ToList();
        if (noted.Count > 0)
        {
            // Something may be left where the target was declared to be before.
            copySites.AddRange(noted);
            seen = await Observer.ObserveAsync(spec.Vm, home, copySites, cancellation);
        }

        if (seen.Current is null && (seen.HomeFence != FenceState.None || seen.Home is null))
        {
            // The VM was moved and neither the declaration nor the state says where to: look at every site that answers.
            PlatformException? unseen = null;
            foreach (var name in sites.Names.Where(name => name != home.Name && copySites.TrueForAll(site => site.Name != name)))
            {
                try
                {
                    var wider = await Observer.ObserveAsync(spec.Vm, home, [.. copySites, sites.Find(name)!], cancellation);
                    if (wider.Current is not null)
                    {
                        return wider;
                    }
                }
                catch (PlatformException e)
                {
                    // A site that this migration may have nothing to do with must not stop it, unless the VM may live there.
                    unseen = e;
                }
            }

            if (unseen is not null && seen.HomeFence != FenceState.None && seen.Home?.Stamp?[StampNotes.DownSince] is null)
            {
                throw unseen;
            }
        }

        return seen;
    }

    private static async Task<Preflight> SettleCommittedAsync(
        MigrationSpec spec, Remembered remembered, SiteBook sites, ImmutableArray<Finding>.Builder findings, CancellationToken cancellation)
    {
        if (spec.Goal < MigrationGoal.Committed)
        {
            findings.Add(Finding.Error(
                "request.goal.committed", PropertyPath.Of("goal"),
                $"This migration was committed: the source at \"{spec.Vm.Site}\" was given up, so there is no way back to {spec.Goal}. "
                + $"Set goal to Committed again; to move the VM elsewhere, declare a migration whose vm.site is \"{remembered.PlacementSite}\"."));
            return new Preflight { Findings = findings.ToImmutable() };
        }

        if (remembered.PlacementSite != spec.Target.Site)
        {
            findings.Add(Finding.Error(
                "request.goal.committed", PropertyPath.Of("target.site"),
                $"This migration was committed at \"{remembered.PlacementSite}\". To move the VM on to \"{spec.Target.Site}\", declare another migration whose vm.site is \"{remembered.PlacementSite}\", "
                + "so that it has a way back of its own; taking this one away touches nothing."));
            return new Preflight { Findings = findings.ToImmutable() };
        }

        var vm = remembered.VmId is { } id && sites.Find(spec.Target.Site) is { } site ? await site.InspectAsync(id, cancellation) : null;
        if (vm is null)
        {
            findings.Add(Finding.Warning(
                "drift.vm.gone", PropertyPath.Of("target.site"),
                $"The committed VM ({remembered.VmId}) is not at \"{spec.Target.Site}\" any more. It is nobody's copy, so nothing is done about it; take this declaration away."));
        }

        return new Preflight { Findings = findings.ToImmutable(), Committed = true };
    }

    /// <summary>The VM was deleted at home by hand, and only disks of ours are left of it, which no VM has ever used.</summary>
    private static Preflight RemoveDisks(MigrationSpec spec, Observation seen, Site to, TimeProvider time, RunEvents events)
    {
        var gone = new Vm { Id = "", Name = spec.Vm.Label, Power = PowerState.Off };
        var run = NewRun(spec, seen, (seen.HomeSite, gone), to, null, null, time, events);
        return new Preflight
        {
            Findings =
            [
                Finding.Warning(
                    "rollback.source-gone", PropertyPath.Of("vm"),
                    $"{spec.Vm.Label} is gone from \"{seen.HomeSite.Name}\". What was copied of it ({seen.PlacedDisks.Length} disks at \"{to.Name}\") is removed with the declaration."),
            ],
            Run = run,
            Plan = Planner.PlanRemoval(run),
            Estimate = Estimate.Of(Planner.PlanRemoval(run), run, new Forecast(RunHistory.None, spec.Mode, null)),
        };
    }

    /// <summary>A commit's last call takes the stamp away; when its reply is lost together with the state, only the name is left to go by. Nothing is done to that VM.</summary>
    private static async Task<Vm?> FindCommittedAsync(MigrationSpec spec, Site to, CancellationToken cancellation) =>
        (spec.Target.Name ?? spec.Vm.Name) is { } name && await to.FindByNameAsync(name, cancellation) is [{ Stamp: null } one] ? one : null;

    private static async Task<Finding> NotFoundAsync(MigrationSpec spec, Site home, CancellationToken cancellation)
    {
        var facts = await home.DescribeAsync(cancellation);
        return spec.Vm.Name is { } name
            ? Finding.Error(
                "request.vm.unique", PropertyPath.Of("vm.name"),
                $"Site \"{home.Name}\" has no VM \"{name}\".{NearestName.Question(name, facts.Vms.Select(vm => vm.Name))} "
                + $"It has {facts.Vms.Length}: {Placement.Names(facts.Vms.Select(vm => vm.Name))}.")
            : Finding.Error("request.vm.unique", PropertyPath.Of("vm.id"), $"Site \"{home.Name}\" has no VM with the id \"{spec.Vm.Id}\".");
    }

    private static async Task<Preflight> RemoveAsync(
        MigrationSpec spec, Observation seen, (Site Site, Vm Vm) place, Site to, SiteBook sites, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var run = NewRun(spec, seen, place, to, null, null, time, events);
        var findings = WayBack(run, removal: true).ToImmutableArray();
        var plan = Planner.PlanRemoval(run);
        return new Preflight
        {
            Findings = findings,
            Run = run,
            Plan = plan,
            Estimate = Estimate.Of(plan, run, new Forecast(await HistoryAsync(plan, run, sites, cancellation), spec.Mode, DeclaredRate(spec))),
        };
    }

    private static async Task<SiteFacts> WithRightsAsync(SiteFacts facts, Site site, RightsRequest request, CancellationToken cancellation) =>
        await site.FindMissingRightsAsync(request, cancellation) is { } missing
            ? facts with { Observed = facts.Observed.With(Facts.Keys.SiteFact.MissingRights, missing) }
            : facts;

    /// <summary>What the user says that the way between the sites carries, for estimates while no run is recorded.</summary>
    private static double? DeclaredRate(MigrationSpec spec) => spec.Facts.Get(LinkFact.Rate).TryGet(out var rate) ? rate : null;

    /// <summary>Only where something is to be foretold: between the place where the VM is and the one where it will be.</summary>
    private static async Task<RunHistory> HistoryAsync(Plan plan, Run run, SiteBook sites, CancellationToken cancellation) =>
        plan.Steps.IsEmpty ? RunHistory.None
        : await sites.HistoryAsync(run.From, plan.Kind == PlanKind.RollBack ? run.Seen.HomeSite : run.To, cancellation);

    private static async Task<Preflight> PrepareAsync(
        MigrationSpec spec, Observation seen, (Site Site, Vm Vm) place, Site to, SiteBook sites, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        Placement? placement = null;
        ImmutableArray<NotJudged> notJudged = [];
        var run = NewRun(spec, seen, place, to, null, null, time, events);
        var plan = Planner.Plan(run);
        var moves = plan.Kind is PlanKind.Move or PlanKind.Replicate || (plan.Kind == PlanKind.Validate && seen.Current is null);
        (SiteFacts From, SiteFacts To)? sides = null;
        ImmutableArray<Finding> placing = [];
        var others = Reserved.Nothing;
        var isThere = seen.HomeFence != FenceState.None || !seen.Copies.IsEmpty;
        var policy = sites.Policy.Under(spec.Policy);
        var bytesAtTarget = seen.PlacedDisks.Where(placed => placed.Site == to).Select(placed => placed.Disk).Sum(disk => place.Vm.Disks.FirstOrDefault(source => source.Name == disk.DiskName)?.AllocatedBytes.Or(0) ?? 0);
        if (moves)
        {
            var from = await place.Site.DescribeAsync(cancellation);
            sides = (from, to == place.Site ? from : await to.DescribeAsync(cancellation));
            sides = sides.Value with { To = sides.Value.To with { Observed = sides.Value.To.Observed.Or(ProviderLimits.Of(sides.Value.To.Kind)) } };
            (placement, placing, others) = sites.Reservations.Place(seen.MigrationId, Staying(spec, seen, to, sides.Value.To), place.Vm, sides.Value.To, policy, bytesAtTarget, isThere);
            sides = (
                await WithRightsAsync(from, place.Site, new RightsRequest { VmId = place.Vm.Id, Tracked = spec.Mode != MigrationMode.Cold }, cancellation),
                placing.Any(finding => finding.Severity == Severity.Error)
                    ? sides.Value.To
                    : await WithRightsAsync(sides.Value.To, to, new RightsRequest { Pool = placement.Pool, Host = placement.Host, Networks = [.. placement.Networks.Values] }, cancellation));
        }
        else
        {
            sites.Reservations.Release(seen.MigrationId);
        }

        var history = await HistoryAsync(plan, run, sites, cancellation);
        run = NewRun(spec, seen, place, to, placement, history.Route, time, events);
        plan = Planner.Plan(run);
        var estimate = Estimate.Of(plan, run, new Forecast(history, spec.Mode, DeclaredRate(spec)));
        if (sides is { } known)
        {
            var judgement = CheckList.Judge(new CheckSubject
            {
                Spec = spec,
                MigrationId = seen.MigrationId,
                Vm = place.Vm,
                From = known.From,
                To = known.To,
                FromCapabilities = place.Site.Capabilities,
                ToCapabilities = to.Capabilities,
                Placement = placement!,
                Placing = placing,
                CopyExists = isThere,
                BytesAtTarget = bytesAtTarget,
                Others = others,
                Declared = spec.Facts,
                Link = LinkOf(known.From, known.To),
                Policy = policy,
                Now = time.GetUtcNow(),
                Estimate = estimate,
            });
            findings.AddRange(judgement.Findings);
            notJudged = judgement.NotJudged;
            findings.AddRange(await PreviewTargetAsync(run, cancellation));
        }

        if (plan.Steps.Any(step => step is Steps.MoveLive) && place.Vm.Power == PowerState.Running && findings.TrueForAll(finding => finding.Id != "request.mode.supported"))
        {
            findings.AddRange((await place.Site.FindLiveBlockersAsync(place.Vm.Id, to, cancellation)).Select(blocker => Finding.Error(
                "request.mode.live", PropertyPath.Of("mode"), $"{place.Vm.Name} cannot move Live from \"{place.Site.Name}\" to \"{to.Name}\": {blocker}. Mode Warm is off for the last changes only.")));
        }

        if (spec.Goal < MigrationGoal.CutOver)
        {
            findings.AddRange(WayBack(run, removal: false));
        }

        if (plan.Steps.Any(step => step is Steps.ReplicateRounds) && spec.Goal >= MigrationGoal.CutOver && Steps.ReplicateRounds.Fixed(run) > spec.Cutover.MaxDowntime)
        {
            findings.Add(Finding.Warning(
                "downtime.max", PropertyPath.Of("cutover.maxDowntime"),
                $"Stopping {place.Vm.Name} and starting it takes about {Text.Human.Duration(Steps.ReplicateRounds.Fixed(run))} by itself, more than the {Text.Human.Duration(spec.Cutover.MaxDowntime)} of cutover.maxDowntime. "
                + "The last round is kept short all the same; mode Live would only pause it."));
        }

        findings.AddRange(Drift.Find(run).Select(drift => Finding.Warning("drift", PropertyPath.Root, drift)));
        var told = Waivers.Apply([.. findings.OrderByDescending(finding => finding.Severity)], spec.Waivers, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), spec.Owner);
        if (told.Any(finding => finding.Severity == Severity.Error))
        {
            // It takes nothing of anybody while it cannot start.
            sites.Reservations.Release(seen.MigrationId);
        }

        return new Preflight
        {
            Findings = told,
            NotJudged = notJudged,
            Run = run,
            Plan = plan,
            Estimate = estimate,
        };
    }

    /// <summary>The data goes through this process, so it is encrypted where both halves of its way are.</summary>
    private static Link LinkOf(SiteFacts from, SiteFacts to) =>
        SiteFact.TransferEncrypted.Of(from).TryGet(out var first) && SiteFact.TransferEncrypted.Of(to).TryGet(out var second)
            ? new Link { Observed = FactSet.Empty.With(LinkFact.Encrypted, first && second) }
            : new Link();

    /// <summary>What an earlier run has begun to write stays where it is, unless the user says otherwise.</summary>
    private static MigrationSpec Staying(MigrationSpec spec, Observation seen, Site to, SiteFacts there)
    {
        var pool = seen.PlacedDisks.Where(placed => placed.Site == to).Select(placed => placed.Disk.Pool).FirstOrDefault(name => there.Pools.Any(pool => pool.Name == name && pool.Active));
        var host = seen.Copies.Where(copy => copy.Site == to).Select(copy => copy.Vm.Host.Or("")).FirstOrDefault(name => there.Hosts.Any(host => host.Name == name));
        return spec with { Target = spec.Target with { StoragePool = spec.Target.StoragePool ?? pool, Host = spec.Target.Host ?? host } };
    }

    /// <summary>The target platform's own rules. Where a disk or a mapping is not known yet, the checks have said so already.</summary>
    private static async Task<ImmutableArray<Finding>> PreviewTargetAsync(Run run, CancellationToken cancellation)
    {
        var place = run.Placement!;
        var disks = run.Vm.Disks.Select(disk => new TargetDisk(run.MigrationId, disk.Name, place.Pool, "", disk.LengthBytes.Or(0), disk.Format.Or("raw"), null));
        var preview = await run.To.PreviewDefinedAsync(
            new VmRequest(new Stamp(run.MigrationId, StampRole.Target), run.Vm, run.From.Platform, place.Name, place.Host, [.. disks], place.Networks)
            {
                Options = run.Spec.Target.For(run.To.Platform),
            },
            cancellation);
        run.Shape = preview.Shape;
        var others = run.Spec.Target.Platforms.Keys.Where(key => key != run.To.Platform).Order(StringComparer.Ordinal)
            .Select(key => Finding.Warning("input.unused", PropertyPath.Of("target").Child(key), $"Site \"{run.To.Name}\" is no {key} site but a {run.To.Platform} one, so what is said here does nothing."));
        return [.. preview.Findings, .. others];
    }

    private static IEnumerable<Finding> WayBack(Run run, bool removal)
    {
        var seen = run.Seen;
        if (seen.Current is null)
        {
            yield break;
        }

        if (!removal && run.Spec.Goal == MigrationGoal.Replicated && seen.Current.Site != run.To)
        {
            yield return Finding.Error(
                "rollback.other-target", PropertyPath.Of("target.site"),
                $"{run.Name} lives at \"{seen.Current.Site.Name}\", and goal Replicated keeps its copy where it lives. Set target.site to \"{seen.Current.Site.Name}\", "
                + $"or lower the goal to Validated first and replicate to \"{run.To.Name}\" then.");
        }
        else if (seen.Home is null)
        {
            yield return Finding.Error(
                "rollback.source-gone", PropertyPath.Of("vm"),
                $"{run.Name} runs at \"{run.From.Name}\", and its source at \"{seen.HomeSite.Name}\" is gone, so there is no way back. "
                + (removal ? "Set goal to Committed before taking the declaration away." : "Set goal to CutOver or Committed."));
        }
        else if (seen.HomeFence == FenceState.Broken)
        {
            yield return Finding.Error(
                "rollback.source-touched", PropertyPath.Of("vm"),
                $"{seen.Home.Name} at \"{seen.HomeSite.Name}\" was started or changed by hand in spite of the fence, so its disks are not the ones that were copied. "
                + "Shut it down there, decide which of the two is right, and set goal to CutOver or Committed to keep the one at the target.");
        }
        else if (run.Spec.Rollback == RollbackChanges.Discard)
        {
            if (seen.Home.Stamp?[StampNotes.BringBack] == "started")
            {
                yield return Finding.Error(
                    "rollback.half-brought-back", PropertyPath.Of("rollback.changes"),
                    $"The disks of {seen.Home.Name} at \"{seen.HomeSite.Name}\" hold a half of what was to be brought back, so they cannot be started as they are. Set rollback.changes to BringBack.");
            }
            else
            {
                yield return Finding.Warning(
                    "rollback.discards", PropertyPath.Of("rollback.changes"),
                    $"Everything that {run.Name} has written at \"{run.From.Name}\" since {seen.Current.AcceptedAt:yyyy-MM-dd HH:mm} UTC will be lost, as declared.");
            }
        }
    }

    private static Run NewRun(
        MigrationSpec spec, Observation seen, (Site Site, Vm Vm) place, Site to, Placement? placement, string? route, TimeProvider time, RunEvents events) => new()
        {
            Spec = spec,
            MigrationId = seen.MigrationId,
            Time = time,
            Events = events,
            Seen = seen,
            From = place.Site,
            Vm = place.Vm,
            To = to,
            Placement = placement,
            Route = route,
            WasRunning = seen.WasRunning,
        };
}
