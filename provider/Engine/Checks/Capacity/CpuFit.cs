using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>A VM must not have more CPUs than its platform gives one, and should not have more than its host.</summary>
internal static class CpuFit
{
    internal static Rule Rule { get; } = Rules.Own("`vm.cpus` is above `host.maxVcpus` or `site.maxCpus` (above `host.cpus`: a warning)", [VmFact.Cpus, HostFact.MaxVcpus, SiteFact.MaxCpus, HostFact.Cpus], look =>
    {
        if (!look.Get(VmFact.Cpus, out var needed))
        {
            return;
        }

        var most = look.Peek(HostFact.MaxVcpus) is { IsKnown: true } host ? host : look.Peek(SiteFact.MaxCpus);
        var there = look.Peek(HostFact.Cpus);
        if (most.TryGet(out var limit) && needed > limit)
        {
            look.Trip(null, $"{needed} virtual CPUs", $"at most {limit} for one VM at site \"{look.Subject.To.Site}\"");
        }
        else if (there.TryGet(out var cpus) && needed > cpus)
        {
            look.Say(
                $"{look.Subject.Vm.Name} has {needed} virtual CPUs, but host {look.Subject.Placement.Host} at site \"{look.Subject.To.Site}\" has {cpus}. They will wait for each other: choose a larger host, or give the VM fewer.",
                weight: Weight.Warns);
        }
        else if (!most.IsKnown && !there.IsKnown)
        {
            look.Miss(HostFact.MaxVcpus.Name, most.WhyUnknown);
        }
    });
}
