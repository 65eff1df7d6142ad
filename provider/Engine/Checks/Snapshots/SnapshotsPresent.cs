using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Snapshots;

/// <summary>Snapshots do not move with the VM.</summary>
internal static class SnapshotsPresent
{
    internal static Rule Rule { get; } = Rules.Own("`vm.snapshots` is above 0 (live on KVM: impossible; warm: stops)", [VmFact.Snapshots], look =>
    {
        // A VM that moves itself takes them along.
        if (look.Get(VmFact.Snapshots, out var count) && count > 0 && !look.Subject.Relocates)
        {
            var mode = look.Subject.Mode;
            look.Say(
                $"{look.Subject.Vm.Name} has {count} snapshot{(count == 1 ? "" : "s")}. They stay at the source; the copy has the present state only, and a commit deletes them with the source."
                + (mode == "Live" ? " The platform refuses to move a running VM with them: delete them." : mode == "Warm" ? " Rounds of changed blocks need a source without them: delete them, or use a cold move." : ""),
                weight: mode == "Live" ? Weight.Impossible : mode == "Warm" ? Weight.Stops : null);
        }
    });
}
