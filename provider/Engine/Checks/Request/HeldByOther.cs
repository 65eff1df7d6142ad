using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>One VM has one declaration.</summary>
/// <remarks>If ignored, two declarations pull the VM to two places. Fact: the stamp.</remarks>
internal static class HeldByOther
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.Vm.Stamp is { } stamp && stamp.MigrationId != subject.MigrationId)
        {
            yield return Finding.Error(
                "request.vm.held",
                PropertyPath.Of("vm"),
                $"{subject.Vm.Name} is held by another migration, {stamp.MigrationId}"
                + $"{(stamp[Contracts.StampNotes.Owner] is { Length: > 0 } owner ? $" ({owner})" : "")}. "
                + "Take that declaration away or commit it first, or import this VM under it.");
        }
    }
}
