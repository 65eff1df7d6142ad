using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Compute;

/// <summary>The target's host must know the VM's virtual hardware.</summary>
/// <remarks>If ignored, the definition is refused, or the guest finds other devices. Facts: the machine type and the host's list.</remarks>
internal static class MachineTypeUnknown
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.TargetHost is { Machines.IsEmpty: false } host && subject.From.Platform == subject.To.Platform
            && subject.Vm.Machine.TryGet(out var machine) && !host.Machines.Contains(machine))
        {
            yield return Finding.Error(
                "firmware.machine-type",
                PropertyPath.Of("target"),
                $"{subject.Vm.Name} has the machine type \"{machine}\", which host {host.Name} at site \"{subject.To.Site}\" does not know."
                + $"{NearestName.Question(machine, host.Machines)} Upgrade the host's QEMU, or change the VM's machine type at the source.");
        }
    }
}
