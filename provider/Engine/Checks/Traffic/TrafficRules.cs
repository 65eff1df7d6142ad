using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Traffic;

/// <summary>How clients find the VM.</summary>
internal static class TrafficRules
{
    internal static Rule HealthRule { get; } = Rules.Own("`plan.healthInterval` or `plan.healthFailures` is above policy, `plan.healthPath` is false, or their product is above `plan.maxDowntime`", [PlanFact.HealthInterval, PlanFact.HealthFailures, PlanFact.HealthPath], look =>
    {
        if (!look.Get(PlanFact.HealthInterval, out var interval) || !look.Get(PlanFact.HealthFailures, out var failures))
        {
            return;
        }

        var (mostInterval, mostFailures) = (look.Limit(PolicyKeys.HealthInterval), look.Limit(PolicyKeys.HealthFailures));
        var seen = interval * failures;
        if (interval > mostInterval || failures > mostFailures)
        {
            look.Trip(null, $"a health check every {PlanFact.HealthInterval.Print(interval)} with {failures} failures", $"at most {PlanFact.HealthInterval.Print(mostInterval)} and {mostFailures}");
        }
        else if (look.Peek(PlanFact.MaxDowntime).TryGet(out var most) && seen > most)
        {
            look.Trip(null, $"{PlanFact.HealthInterval.Print(seen)} until a member is down", $"at most the declared downtime of {PlanFact.MaxDowntime.Print(most)}");
        }

        if (look.Peek(PlanFact.HealthPath).TryGet(out var path) && !path)
        {
            look.Trip(null, "no path from the load balancer to the target", "one", Weight.Stops);
        }
    }) with
    { Thresholds = [PolicyKeys.HealthInterval, PolicyKeys.HealthFailures] };

    internal static Rule SanRule { get; } = Rules.Own("`plan.certificateAddresses` is not empty and `plan.keepAddresses` is not declared", [PlanFact.IpSan, PlanFact.PreserveIps], look =>
    {
        if (look.Get(PlanFact.IpSan, out var addresses) && !addresses.IsEmpty && !look.Peek(PlanFact.PreserveIps).Or(false))
        {
            look.Trip(null, $"certificates for {PlanFact.IpSan.Print(addresses)}", "names, or addresses that are kept");
        }
    });

    internal static Rule SloRule { get; } = Rules.Own("`plan.autoRollback` is true, and there is neither `plan.metricSource` nor a probe", [PlanFact.AutoRollback, PlanFact.MetricSource], look =>
    {
        if (look.Get(PlanFact.AutoRollback, out var automatic) && automatic && look.Peek(PlanFact.MetricSource).Or("") is "" or "none" && look.Subject.Spec.Probes.IsEmpty)
        {
            look.Trip(null, "an automatic way back without measurements or probes", "at least one of them");
        }
    });
}
