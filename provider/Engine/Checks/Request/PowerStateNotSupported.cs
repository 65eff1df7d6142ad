using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>A VM must be on or off, not in between.</summary>
/// <remarks>If ignored, a paused or suspended guest loses its memory, or cannot be shut down cleanly. Fact: the power state.</remarks>
internal static class PowerStateNotSupported
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        var vm = subject.Vm;
        if (vm.Power is PowerState.Paused or PowerState.Other)
        {
            yield return Finding.Error(
                "request.powerstate",
                PropertyPath.Of("vm"),
                $"{vm.Name} is {(vm.PowerDetail.Length > 0 ? vm.PowerDetail : vm.Power)}; a {subject.Spec.Mode} move needs it running or off. Resume it or shut it down.");
        }
        else if (vm.Power == PowerState.Off && !subject.CopyExists)
        {
            yield return Finding.Warning(
                "request.powerstate",
                PropertyPath.Of("vm"),
                $"{vm.Name} is off, so it will be off at the target too, and nothing can show that its guest starts there.");
        }
    }
}
