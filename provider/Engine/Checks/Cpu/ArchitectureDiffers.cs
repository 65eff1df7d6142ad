using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Cpu;

/// <summary>The target's host must run the guest's architecture.</summary>
internal static class ArchitectureDiffers
{
    internal static Rule Rule { get; } = Rules.Own("`vm.arch` differs from `host.arch`", [VmFact.Architecture, HostFact.Architecture], look =>
    {
        if (look.Get(VmFact.Architecture, out var guest) && look.Get(HostFact.Architecture, out var native) && guest != native)
        {
            look.Say(
                $"{look.Subject.Vm.Name} is a {guest} guest, but host {look.Subject.Placement.Host} at site \"{look.Subject.To.Site}\" is {native}. A copy cannot cross that: choose a {guest} host, or rebuild the VM.");
        }
    });
}
