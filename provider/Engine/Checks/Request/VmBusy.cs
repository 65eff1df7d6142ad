using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>No other job may hold the VM.</summary>
internal static class VmBusy
{
    internal static Rule Rule { get; } = Rules.Own("`vm.busy` is not empty", [VmFact.Busy], look =>
    {
        if (look.Get(VmFact.Busy, out var job) && job.Length > 0)
        {
            look.Say($"{look.Subject.Vm.Name} is held by a running job: {job}. Wait for it to end, or cancel it.");
        }
    });
}
