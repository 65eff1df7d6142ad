using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Naming;

/// <summary>No VM of somebody else may have the name or identity that ours takes at the target.</summary>
internal static class TargetNameTaken
{
    internal static Rule Name { get; } = Rules.Own("a VM at the target that is not ours has the name", [], look =>
    {
        foreach (var other in Others(look.Subject).Where(other => other.Name == look.Subject.Placement.Name))
        {
            look.Say(
                $"Site \"{look.Subject.To.Site}\" has a VM \"{other.Name}\" already ({other.Id}), and it is not ours. Set target.name to another name, or move that VM out of the way.",
                at: PropertyPath.Of(look.Subject.Spec.Target.Name is null ? "target" : "target.name"));
        }
    });

    internal static Rule Uuid { get; } = Rules.Own("a VM at the target that is not ours has the identity", [], look =>
    {
        foreach (var other in Others(look.Subject).Where(other => other.Name != look.Subject.Placement.Name))
        {
            if (look.Subject.Vm.Uuid.TryGet(out var uuid) && string.Equals(other.Id, uuid, StringComparison.OrdinalIgnoreCase))
            {
                look.Say(
                    $"Site \"{look.Subject.To.Site}\" has a VM \"{other.Name}\" with the same identity ({uuid}) as {look.Subject.Vm.Name}, and it is not ours. It may be an older copy: remove it, or give it another identity.");
            }
        }
    });

    private static IEnumerable<Facts.VmName> Others(CheckSubject subject) =>
        subject.From.Identity == subject.To.Identity ? [] : subject.To.Vms.Where(other => other.MigrationId != subject.MigrationId);
}
