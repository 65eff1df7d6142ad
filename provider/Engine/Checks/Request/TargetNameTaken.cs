using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>No VM of somebody else may have the name or identity that ours takes at the target.</summary>
/// <remarks>If ignored, the definition is refused after the copy, or worse, replaces that VM. Facts: names and ids at the target.</remarks>
internal static class TargetNameTaken
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.From.Identity == subject.To.Identity)
        {
            yield break;
        }

        foreach (var other in subject.To.Vms.Where(other => other.MigrationId != subject.MigrationId))
        {
            if (other.Name == subject.Placement.Name)
            {
                yield return Finding.Error(
                    "name.vm.collision",
                    PropertyPath.Of(subject.Spec.Target.Name is null ? "target" : "target.name"),
                    $"Site \"{subject.To.Site}\" has a VM \"{other.Name}\" already ({other.Id}), and it is not ours. Set target.name to another name, or move that VM out of the way.");
            }
            else if (subject.Vm.Uuid.TryGet(out var uuid) && string.Equals(other.Id, uuid, StringComparison.OrdinalIgnoreCase))
            {
                yield return Finding.Error(
                    "id.uuid.collision",
                    PropertyPath.Of("target"),
                    $"Site \"{subject.To.Site}\" has a VM \"{other.Name}\" with the same identity ({uuid}) as {subject.Vm.Name}, and it is not ours. It may be an older copy: remove it, or give it another identity.");
            }
        }
    }
}
