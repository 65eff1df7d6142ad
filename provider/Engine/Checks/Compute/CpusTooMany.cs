using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Compute;

/// <summary>A VM should not have more CPUs than its host.</summary>
/// <remarks>If ignored, its CPUs wait for each other. Facts: the VM's and the host's number of CPUs.</remarks>
internal static class CpusTooMany
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.TargetHost is { } host && subject.Vm.Cpus.TryGet(out var needed) && host.Cpus.TryGet(out var there) && needed > there)
        {
            yield return Finding.Warning(
                "capacity.cpu.vcpu-fit",
                PropertyPath.Of("target"),
                $"{subject.Vm.Name} has {needed} virtual CPUs, but host {host.Name} at site \"{subject.To.Site}\" has {there}. They will wait for each other: choose a larger host, or give the VM fewer.");
        }
    }
}
