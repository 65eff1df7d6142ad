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

/// <content>The way there.</content>
public static partial class PreflightRunner
{
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

    /// <summary>The link is tried only where something is to be copied and nothing else tells how fast that goes.</summary>
    private static async Task<Estimate> EstimateAsync(Plan plan, Run run, RunHistory history, SiteBook sites, CancellationToken cancellation)
    {
        var forecast = new Forecast(history, run.Spec.Mode, DeclaredRate(run.Spec));
        if (forecast.KnowsNoRate && plan.Steps.Any(step => step.EstimateBytes(run) > 0))
        {
            var (from, to) = plan.Kind == PlanKind.RollBack ? (run.From, run.Seen.HomeSite) : (run.From, run.To);
            forecast = new Forecast(history, run.Spec.Mode, null, await sites.ProbeAsync(from, to, cancellation));
        }

        return Estimate.Of(plan, run, forecast);
    }

    private static async Task<Preflight> PrepareAsync(
        MigrationSpec spec, RecordedVm? recorded, Observation seen, (Site Site, Vm Vm) place, Site to, SiteBook sites, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        Placement? placement = null;
        ImmutableArray<NotJudged> notJudged = [];
        to = spec.Goal >= MigrationGoal.CutOver && seen.DisksAreLeft ? seen.LeftAt! : Stays(spec, recorded, seen) ?? to;
        var point = await PointChoice.ReadAsync(spec, seen, to, removal: false, cancellation);
        var run = NewRun(spec, recorded, seen, place, to, null, null, removal: false, time, events, point: point);
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
                await WithRightsAsync(from, place.Site, new RightsRequest { VmId = place.Vm.Id, Tracked = spec.Mode != MigrationMode.Cold, Relocates = Relocations.Moves(run) }, cancellation),
                placing.Any(finding => finding.Severity == Severity.Error)
                    ? sides.Value.To
                    : await WithRightsAsync(sides.Value.To, to, new RightsRequest { Pool = placement.Pool, Host = placement.Host, Networks = [.. placement.Networks.Values], Relocates = Relocations.Moves(run), Tests = spec.Goal == MigrationGoal.Tested }, cancellation));
        }
        else
        {
            sites.Reservations.Release(seen.MigrationId);
        }

        var history = await HistoryAsync(plan, run, sites, cancellation);
        run = NewRun(spec, recorded, seen, place, to, placement, history.Route, removal: false, time, events, plan.Kind == PlanKind.RollBack ? await ReverseDelta.ReadAsync(seen, cancellation) : null, point);
        plan = Planner.Plan(run);
        var estimate = await EstimateAsync(plan, run, history, sites, cancellation);
        if (sides is { } known)
        {
            var subject = new CheckSubject
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
                LeftDisks = seen.LeftDisks,
                Relocates = Relocations.Moves(run),
                CopyExists = isThere,
                BytesAtTarget = bytesAtTarget,
                Others = others,
                Declared = spec.Facts,
                Link = LinkOf(known.From, known.To),
                Policy = policy,
                Now = time.GetUtcNow(),
                Estimate = estimate,
            };
            var judgement = CheckList.Judge(subject);
            run.JudgeAgain = facts => Waivers.Apply(
                [.. CheckList.Judge(subject with { Vm = subject.Vm with { Observed = facts.Or(subject.Vm.Observed) } }).Findings.Where(finding => !judgement.Findings.Any(told => told.Id == finding.Id && told.At.Equals(finding.At)))],
                spec.Waivers, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), spec.Owner);
            findings.AddRange(judgement.Findings);
            notJudged = judgement.NotJudged;
            // A VM that moves itself is not defined anew.
            findings.AddRange(Relocations.Moves(run) ? [] : await PreviewTargetAsync(run, cancellation));
        }

        // One that has changed sides already only has to be finished, and may be while we look.
        var goesLive = plan.Steps.Any(step => step is Steps.MoveLive) && place.Vm is { Power: PowerState.Running, IsSplit: false };
        if (goesLive && findings.TrueForAll(finding => finding.Id != "request.mode.supported"))
        {
            findings.AddRange((await place.Site.FindLiveBlockersAsync(place.Vm.Id, to, cancellation)).Select(blocker => Finding.Error(
                "request.mode.live", PropertyPath.Of("mode"), $"{place.Vm.Name} cannot move Live from \"{place.Site.Name}\" to \"{to.Name}\": {blocker}. Mode Warm is off for the last changes only.")));
        }

        if (goesLive && spec.Cutover.OnNoConvergence == NoConvergence.PostCopy && place.Site.Capabilities.PostCopies)
        {
            var able = await place.Site.FindPostCopyBlockersAsync(place.Vm.Id, to, cancellation);
            var at = PropertyPath.Of("cutover.onNoConvergence");
            findings.AddRange(able.Blockers.Select(blocker => Finding.Error(
                "request.mode.post-copy", at, $"{place.Vm.Name} cannot change sides before its memory (post-copy): {blocker}. Or set onNoConvergence to SlowGuest, CutOverAnyway or Fail.")));
            findings.AddRange(able.NotSeen is { } unseen ? [Finding.Note("request.mode.post-copy", at, $"Whether {place.Vm.Name} can change sides before its memory (post-copy) is not known: {unseen}. Where it cannot, the move ends before it begins, and {place.Vm.Name} runs on.")] : []);
        }

        if (plan.Kind is PlanKind.Move && seen.Current is null && spec.Goal == MigrationGoal.CutOver && spec.Rollback == RollbackChanges.BringBack && !Relocations.Moves(run))
        {
            findings.AddRange(place.Vm.Disks.Where(disk => disk.WhyNotWritable is not null).Select(disk => Finding.Error(
                "rollback.source-unwritable", PropertyPath.Of("rollback.changes"),
                $"Disk {disk.Name} of {place.Vm.Name} can be read at \"{place.Site.Name}\" and not be written to: {disk.WhyNotWritable}. A way back could not bring home what the VM writes at \"{to.Name}\". "
                + "Put the disk right (delete the snapshots, make a full clone), set rollback.changes to Discard, or goal to Committed.")));
        }

        findings.AddRange(Converting(run, plan));
        findings.AddRange(Replatforming.Find(run));
        if (plan.Steps.Any(step => step is Steps.RelocateVm))
        {
            findings.AddRange((await place.Site.FindRelocationBlockersAsync(Steps.RelocateVm.Request(run, place.Vm), to, cancellation)).Select(blocker => Finding.Error(
                "request.mode.live", PropertyPath.Of("mode"), $"{place.Vm.Name} cannot move Live from \"{place.Site.Name}\" to \"{to.Name}\": {blocker}.")));
            if (placement!.Name != place.Vm.Name)
            {
                findings.Add(Finding.Error(
                    "request.mode.live", PropertyPath.Of("target.name"), $"{place.Vm.Name} moves itself from \"{place.Site.Name}\" to \"{to.Name}\", so it keeps its name. Leave target.name out, and rename the VM by hand."));
            }
        }
        else if (spec.Goal == MigrationGoal.Replicated && Relocations.Moves(run))
        {
            findings.Add(Finding.Error(
                "request.mode.live", PropertyPath.Of("goal"),
                $"A Live move from \"{place.Site.Name}\" to \"{to.Name}\" is one of {place.Vm.Name} itself: it leaves no replica. Set goal to CutOver, or mode to Warm for a replica."));
        }

        if (spec is { Goal: MigrationGoal.Committed, CommitSource: SourceAfterCommit.Archive } && seen.Home is not null && !seen.HomeSite.Capabilities.Archives)
        {
            findings.Add(Finding.Error(
                "commit.archive", PropertyPath.Of("commit.source"),
                $"Site \"{seen.HomeSite.Name}\" ({seen.HomeSite.Platform}) has no way to archive a VM. Set commit.source to Keep, which leaves it off and fenced, or to Remove."));
        }

        findings.AddRange(spec.Goal < MigrationGoal.CutOver ? WayBack(run, removal: false) : seen.DisksAreLeft ? [] : HalfBroughtBack(run));
        findings.AddRange(RecoveryPoints.Find(run, plan, removal: false));
        findings.AddRange(CutoverChecks.Find(plan, run, estimate));
        findings.AddRange(TestBoots.Blockers(run));
        if (plan.ThenLookAgain)
        {
            findings.Add(Finding.Note(
                "plan.looks-again", PropertyPath.Of("goal"),
                $"What is listed brings {place.Vm.Name} back first. Then the run looks again and goes on to goal {spec.Goal} by the steps that a preview would list at that moment."));
        }

        findings.AddRange(Drift.Find(run).Select(item => Told(item, spec.OnDrift)));
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
        var preview = await run.To.PreviewDefinedAsync(Steps.CopyRequest.Of(run, new Stamp(run.MigrationId, StampRole.Target), run.Vm, disks), cancellation);
        run.Shape = preview.Shape;
        var others = run.Spec.Target.Platforms.Keys.Where(key => key != run.To.Platform).Order(StringComparer.Ordinal)
            .Select(key => Finding.Warning("input.unused", PropertyPath.Of("target").Child(key), $"Site \"{run.To.Name}\" is no {key} site but a {run.To.Platform} one, so what is said here does nothing."));
        return [.. preview.Findings, .. others];
    }
}
