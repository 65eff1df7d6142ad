using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Compute;

/// <summary>The target's host must run the guest's architecture.</summary>
/// <remarks>If ignored, the guest cannot start. Facts: the VM's and the host's architecture.</remarks>
internal static class ArchitectureDiffers
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.TargetHost is { } host
            && subject.Vm.Architecture.TryGet(out var guest) && host.Architecture.TryGet(out var native) && guest != native)
        {
            yield return Finding.Error(
                "cpu.arch",
                PropertyPath.Of("target"),
                $"{subject.Vm.Name} is a {guest} guest, but host {host.Name} at site \"{subject.To.Site}\" is {native}. A copy cannot cross that: choose a {guest} host, or rebuild the VM.");
        }
    }
}
