using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Bandwidth;

/// <summary>Rates, times and promises about them.</summary>
internal static class BandwidthRules
{
    internal static Rule Sustained { get; } = Rules.Own("`link.rate` is below policy `linkTimesTraffic` times `vm.traffic` (warm: or `vm.churn`, live: or `vm.dirtyRate`, whichever is more)", [LinkFact.Rate, VmFact.Traffic, VmFact.Churn, VmFact.DirtyRate], look =>
    {
        var change = look.Peek(look.Subject.Mode == "Live" ? VmFact.DirtyRate : VmFact.Churn);
        var traffic = look.Peek(VmFact.Traffic);
        if (!look.Get(LinkFact.Rate, out var link) || (!change.IsKnown && !look.Get(traffic, VmFact.Traffic.Name, out _)))
        {
            return;
        }

        var most = Math.Max(traffic.Or(0), change.Or(0));
        var times = look.Limit(PolicyKeys.LinkTimesTraffic);
        if (link < times * most)
        {
            look.Trip(null, $"a link of {LinkFact.Rate.Print(link)}", $"{times} × the VM's {LinkFact.Rate.Print(most)}");
        }
    }) with
    { Thresholds = [PolicyKeys.LinkTimesTraffic] };

    internal static Rule LatencyRule { get; } = Rules.Own("`link.latency` is above policy `liveLatency` (above `liveLatencyMost`: impossible)", [LinkFact.Latency], look =>
    {
        if (look.Get(LinkFact.Latency, out var latency) && latency > look.Limit(PolicyKeys.LiveLatency))
        {
            var most = look.Limit(PolicyKeys.LiveLatencyMost);
            look.Trip(null, $"a round trip of {LinkFact.Latency.Print(latency)}", $"at most {LinkFact.Latency.Print(latency > most ? most : look.Limit(PolicyKeys.LiveLatency))}", latency > most ? Weight.Impossible : null);
        }
    }) with
    { Thresholds = [PolicyKeys.LiveLatency, PolicyKeys.LiveLatencyMost] };

    internal static Rule EstimateRule { get; } = Rules.Own("the estimated time is above `plan.window` (or ends after `plan.windowEnds`: stops)", [PlanFact.Window, PlanFact.WindowEnds], look =>
    {
        if (look.Subject.Estimate is not { } estimate)
        {
            look.Miss("plan.estimate", "there is no plan yet");
        }
        else if (look.Peek(PlanFact.WindowEnds).TryGet(out var ends))
        {
            if (look.Subject.Now + estimate.Duration > ends)
            {
                look.Trip(null, $"an estimated end at {PlanFact.WindowEnds.Print(look.Subject.Now + estimate.Duration)}", $"an end before {PlanFact.WindowEnds.Print(ends)}", Weight.Stops);
            }
        }
        else if (look.Get(PlanFact.Window, out var window) && estimate.Duration.TotalSeconds > window)
        {
            look.Trip(null, $"an estimated {Human.Duration(estimate.Duration)}", $"at most {PlanFact.Window.Print(window)}");
        }
    });

    internal static Rule WindowRule { get; } = Rules.Own("now is before `plan.freezeUntil` or after `plan.windowEnds`", [PlanFact.FreezeUntil, PlanFact.WindowEnds], look =>
    {
        var (freeze, ends) = (look.Peek(PlanFact.FreezeUntil), look.Peek(PlanFact.WindowEnds));
        if (freeze.TryGet(out var until) && look.Subject.Now < until)
        {
            look.Trip(null, $"a freeze until {PlanFact.FreezeUntil.Print(until)}", "a time after it");
        }
        else if (ends.TryGet(out var end) && look.Subject.Now > end)
        {
            look.Trip(null, $"a window that ended at {PlanFact.WindowEnds.Print(end)}", "a time within it");
        }
        else if (!freeze.IsKnown && !ends.IsKnown)
        {
            look.Miss(PlanFact.FreezeUntil.Name, freeze.WhyUnknown);
        }
    });

    internal static Rule DowntimeRule { get; } = Rules.Own("the estimated downtime is above `plan.maxDowntime`", [PlanFact.MaxDowntime], look =>
    {
        if (look.Get(PlanFact.MaxDowntime, out var most) && look.Subject.Estimate is { } estimate && estimate.Downtime.TotalSeconds > most)
        {
            look.Trip(null, $"an estimated downtime of {Human.Duration(estimate.Downtime)}", $"at most {PlanFact.MaxDowntime.Print(most)}");
        }
    });

    internal static Rule RpoRule { get; } = Rules.Own("`plan.syncInterval` is above `plan.rpo` (where that is not declared: policy `rpo`)", [PlanFact.SyncInterval, PlanFact.Rpo], look =>
    {
        var most = look.Peek(PlanFact.Rpo).Or(look.Limit(PolicyKeys.Rpo));
        if (look.Get(PlanFact.SyncInterval, out var interval) && interval > most)
        {
            look.Trip(null, $"rounds every {PlanFact.SyncInterval.Print(interval)}", $"at most {PlanFact.Rpo.Print(most)}");
        }
    }) with
    { Thresholds = [PolicyKeys.Rpo] };

    internal static void Nat(Look look)
    {
        if (look.Get(LinkFact.Nat, out var nat) && nat && look.Get(LinkFact.NatRate, out var rate) && rate < look.Limit(PolicyKeys.NatRate))
        {
            look.Trip(null, $"a path through NAT of {LinkFact.NatRate.Print(rate)}", $"at least {LinkFact.NatRate.Print(look.Limit(PolicyKeys.NatRate))}");
        }
    }

    internal static void Mtu(Look look)
    {
        foreach (var item in look.Items(FactScope.Nic))
        {
            if (look.Get(NicFact.Mtu, item, out var mtu) && look.Get(LinkFact.Mtu, out var path) && mtu > path)
            {
                look.Trip(item.Name, $"an MTU of {mtu} on a path of {path}", $"at most {path}");
            }
        }
    }

    internal static void Completion(Look look)
    {
        if (look.Get(SiteFact.CompletionTimeout, out var most) && look.Subject.Estimate is { } estimate && estimate.Duration.TotalSeconds > most)
        {
            look.Trip(null, $"an estimated {Human.Duration(estimate.Duration)}", $"at most {SiteFact.CompletionTimeout.Print(most)}");
        }
    }

    internal static void Session(Look look)
    {
        if (look.Get(SiteFact.SessionEnds, out var ends) && look.Subject.Estimate is { } estimate && look.Subject.Now + estimate.Duration > ends)
        {
            look.Trip(null, $"a session that ends at {SiteFact.SessionEnds.Print(ends)}", $"one until {SiteFact.SessionEnds.Print(look.Subject.Now + estimate.Duration)}");
        }
    }
}
