using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>Snapshots do not move with the VM.</summary>
/// <remarks>If ignored, the user finds no snapshot at the target. The source keeps them until commit. Fact: the number of snapshots.</remarks>
internal static class SnapshotsPresent
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.Vm.Snapshots.TryGet(out var count) && count > 0)
        {
            yield return Finding.Warning(
                "snapshot.present",
                PropertyPath.Of("vm"),
                $"{subject.Vm.Name} has {count} snapshot{(count == 1 ? "" : "s")}. They stay at the source; the copy has the present state only, and a commit deletes them with the source.");
        }
    }
}
