using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Compute;

/// <summary>The target's host must have memory for the VM.</summary>
/// <remarks>If ignored, the VM does not start, or the host swaps. Facts: the VM's memory, the host's memory and how much is free.</remarks>
internal static class MemoryTooSmall
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        var at = PropertyPath.Of("target");
        if (subject.TargetHost is not { } host || !subject.Vm.MemoryBytes.TryGet(out var needed))
        {
            yield break;
        }

        if (host.MemoryBytes.TryGet(out var all) && needed > all)
        {
            yield return Finding.Error(
                "capacity.memory.ram", at,
                $"{subject.Vm.Name} has {Human.Bytes(needed)} of memory, but host {host.Name} at site \"{subject.To.Site}\" has {Human.Bytes(all)} in all. Choose a larger host.");
        }
        else if (!host.FreeMemoryBytes.TryGet(out var free))
        {
            yield return Finding.Note(
                "capacity.memory.ram", at, $"The free memory of host {host.Name} could not be seen ({host.FreeMemoryBytes.WhyUnknown}).");
        }
        else if (needed > free && subject.Vm.Power == Facts.PowerState.Running && !subject.CopyExists)
        {
            yield return Finding.Error(
                "capacity.memory.ram", at,
                $"{subject.Vm.Name} needs {Human.Bytes(needed)} of memory, but host {host.Name} at site \"{subject.To.Site}\" has {Human.Bytes(free)} free. Make room, or choose another host.");
        }
    }
}
