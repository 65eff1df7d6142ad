using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Cpu;

/// <summary>The target's host should have the hardware acceleration that the VM uses.</summary>
internal static class AccelerationMissing
{
    internal static Rule Rule { get; } = Rules.Own("`vm.hypervisor` is `kvm` and `host.accelerations` lacks it", [VmFact.Hypervisor, HostFact.Accelerations], look =>
    {
        if (look.Get(VmFact.Hypervisor, out var kind) && kind == "kvm" && look.Get(HostFact.Accelerations, out var offered) && !offered.Contains("kvm"))
        {
            look.Say(
                $"{look.Subject.Vm.Name} uses KVM, but host {look.Subject.Placement.Host} at site \"{look.Subject.To.Site}\" offers only: {string.Join(", ", offered)}. "
                + "Switch on VT-x or AMD-V in its firmware, or choose another host.");
        }
    });
}
