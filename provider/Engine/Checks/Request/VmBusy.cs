using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>No other job may hold the VM.</summary>
/// <remarks>If ignored, the platform refuses the stop or the copy half-way. Fact: running jobs.</remarks>
internal static class VmBusy
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.Vm.BusyWith.TryGet(out var job) && job.Length > 0)
        {
            yield return Finding.Error(
                "request.vm.busy",
                PropertyPath.Of("vm"),
                $"{subject.Vm.Name} is held by a running job: {job}. Wait for it to end, or cancel it.");
        }
    }
}
