using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Scheduling;

/// <summary>Who runs it, where, and beside whom.</summary>
internal static class SchedulingRules
{
    internal static Rule ApartRule { get; } = Rules.Own("a VM of `vm.keepApart` is on, or goes to, the same host", [VmFact.KeepApart], look =>
    {
        if (look.Get(VmFact.KeepApart, out var others) && others.Intersect(look.Subject.Others.Vms).ToImmutableArray() is { IsEmpty: false } same)
        {
            look.Trip(null, $"the same host {look.Subject.Placement.Host} as {VmFact.KeepApart.Print(same)}", "different hosts");
        }
    });

    internal static void Ft(Look look)
    {
        if (look.Get(VmFact.Ft, out var on) && on)
        {
            look.Trip(null, "fault tolerance", "none", look.Subject.Mode == "Cold" ? Weight.Tells : null);
        }
    }

    internal static void Nodes(Look look)
    {
        if (look.Get(SiteFact.NodesThatFit, out var nodes) && nodes < 1)
        {
            look.Trip(null, "no node", "one that satisfies selector, taints and labels");
        }
    }
}
