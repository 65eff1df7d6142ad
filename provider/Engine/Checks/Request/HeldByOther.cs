namespace VmMigrate.Engine.Checks.Request;

/// <summary>One VM has one declaration.</summary>
internal static class HeldByOther
{
    internal static Rule Rule { get; } = Rules.Own("the VM carries another migration's stamp", [], look =>
    {
        if (look.Subject.Vm.Stamp is { } stamp && stamp.MigrationId != look.Subject.MigrationId)
        {
            look.Say(
                $"{look.Subject.Vm.Name} is held by another migration, {stamp.MigrationId}"
                + $"{(stamp[Contracts.StampNotes.Owner] is { Length: > 0 } owner ? $" ({owner})" : "")}. "
                + "Take that declaration away or commit it first, or import this VM under it.");
        }
    });
}
