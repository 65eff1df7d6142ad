using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Firmware;

/// <summary>The target's host must know the VM's virtual hardware.</summary>
internal static class MachineTypeUnknown
{
    internal static Rule Rule { get; } = Rules.Own("`vm.machine` is not in `host.machines`", [VmFact.Machine, HostFact.Machines], look =>
    {
        if (look.Get(VmFact.Machine, out var machine) && look.Get(HostFact.Machines, out var known) && !known.Contains(machine))
        {
            look.Say(
                $"{look.Subject.Vm.Name} has the machine type \"{machine}\", which host {look.Subject.Placement.Host} at site \"{look.Subject.To.Site}\" does not know."
                + $"{NearestName.Question(machine, known)} Upgrade the host's QEMU, or change the VM's machine type at the source.");
        }
    });
}
