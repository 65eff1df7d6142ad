using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>The target's host must have memory for the VM.</summary>
internal static class MemoryTooSmall
{
    internal static Rule Rule { get; } = Rules.Own("`vm.memory` is above `host.memory`, or, for a VM that is to run, above `host.freeMemory` less what other migrations of this run take", [VmFact.Memory, HostFact.Memory, HostFact.FreeMemory], look =>
    {
        var (subject, vm) = (look.Subject, look.Subject.Vm);
        if (!look.Get(VmFact.Memory, out var needed))
        {
            return;
        }

        if (look.Get(HostFact.Memory, out var all) && needed > all)
        {
            look.Say(
                $"{vm.Name} has {Human.Bytes((long)needed)} of memory, but host {subject.Placement.Host} at site \"{subject.To.Site}\" has {Human.Bytes((long)all)} in all. Choose a larger host.");
        }
        else if (look.Get(HostFact.FreeMemory, out var free) && needed > free - subject.Others.MemoryBytes && vm.Power == PowerState.Running && !subject.CopyExists)
        {
            look.Say(
                $"{vm.Name} needs {Human.Bytes((long)needed)} of memory, but host {subject.Placement.Host} at site \"{subject.To.Site}\" has {Human.Bytes((long)free)} free"
                + $"{(subject.Others.MemoryBytes > 0 ? $", of which other migrations of this run take {Human.Bytes(subject.Others.MemoryBytes)}" : "")}. Make room, or choose another host.");
        }
    });

    internal static Rule Limit { get; } = Rules.Own("`vm.memory` is above `host.maxMemory` or `site.maxMemory`", [VmFact.Memory, HostFact.MaxMemory, SiteFact.MaxMemory], look =>
    {
        var most = look.Peek(HostFact.MaxMemory) is { IsKnown: true } host ? host : look.Peek(SiteFact.MaxMemory);
        if (look.Get(VmFact.Memory, out var needed) && look.Get(most, SiteFact.MaxMemory.Name, out var limit) && needed > limit)
        {
            look.Trip(null, Human.Bytes((long)needed), $"at most {Human.Bytes((long)limit)} for one VM at site \"{look.Subject.To.Site}\"");
        }
    });
}
