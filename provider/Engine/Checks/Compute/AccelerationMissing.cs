using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Compute;

/// <summary>The target's host should have the hardware acceleration that the VM uses.</summary>
/// <remarks>If ignored, the VM runs many times slower, or not at all. Facts: the VM's kind and what the host offers.</remarks>
internal static class AccelerationMissing
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.TargetHost is { Accelerations.IsEmpty: false } host
            && subject.Vm.Hypervisor.TryGet(out var kind) && kind == "kvm" && !host.Accelerations.Contains("kvm"))
        {
            yield return Finding.Error(
                "cpu.hw-virt",
                PropertyPath.Of("target"),
                $"{subject.Vm.Name} uses KVM, but host {host.Name} at site \"{subject.To.Site}\" offers only: {string.Join(", ", host.Accelerations)}. "
                + "Switch on VT-x or AMD-V in its firmware, or choose another host.");
        }
    }
}
