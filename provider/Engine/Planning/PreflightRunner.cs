using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>The read-only part of every run: preview is this and nothing more.</summary>
public static partial class PreflightRunner
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
            var seen = Replatforming.Narrow(await ObserveAsync(spec, remembered, home, to, sites, cancellation), spec);
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
                ? await RemoveAsync(spec, remembered?.Recorded, seen, place, to, sites, time, events, cancellation)
                : await PrepareAsync(spec, remembered?.Recorded, seen, place, to, sites, time, events, cancellation);
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

        if ((seen.Current is null || seen.LostTo is not null) && (seen.HomeFence != FenceState.None || seen.Home is null))
        {
            // The VM was moved and neither the declaration nor the state says where to: look at every site that answers.
            PlatformException? unseen = null;
            foreach (var name in sites.Names.Where(name => name != home.Name && copySites.TrueForAll(site => site.Name != name)))
            {
                try
                {
                    var wider = await Observer.ObserveAsync(spec.Vm, home, [.. copySites, sites.Find(name)!], cancellation);
                    if (wider.Current is not null && wider.LostTo is null)
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

    private static Run NewRun(
        MigrationSpec spec, RecordedVm? recorded, Observation seen, (Site Site, Vm Vm) place, Site to, Placement? placement, string? route, bool removal, TimeProvider time, RunEvents events,
        ReverseDelta? delta = null, PointChoice? point = null)
    {
        var off = seen.Current is { Fence: FenceState.None, StoppedByHand: true };
        var shouldRun = seen.WasRunning && !(off && recorded is { Running: false } && recorded.Site == seen.Current!.Site.Name);
        var left = off && (spec.OnDrift == DriftResponse.Adopt || (spec.OnDrift == DriftResponse.Ignore && !removal && spec.Goal >= MigrationGoal.CutOver && seen.Current!.Site == to));
        return new Run
        {
            Delta = delta,
            Point = point,
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
            WasRunning = shouldRun && !left,
            ShouldRun = shouldRun,
            Recorded = recorded,
        };
    }
}
