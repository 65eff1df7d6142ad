using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>No other job may hold the VM.</summary>
internal static class VmBusy
{
    internal static Rule Rule { get; } = Rules.Own("`vm.busy` is not empty", [VmFact.Busy], look =>
    {
        // A move of the VM itself that a killed run of ours has begun is waited for.
        var ours = look.Subject.Relocates && look.Subject.Vm.Stamp?[StampNotes.Origin] is not null;
        if (look.Get(VmFact.Busy, out var job) && job.Length > 0 && !ours)
        {
            look.Say($"{look.Subject.Vm.Name} is held by a running job: {job}. Wait for it to end, or cancel it.");
        }
    });
}
