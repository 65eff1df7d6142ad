namespace VmMigrate.Engine.Checks.Request;

/// <summary>Source and target must be two places, though two names may stand for one. A platform that moves VMs itself moves them within one place, too.</summary>
internal static class SameSourceAndTarget
{
    internal static Rule Rule { get; } = Rules.Own("both sites have the same identity", [], look =>
    {
        var (from, to) = (look.Subject.From, look.Subject.To);
        if (from.Identity == to.Identity && !look.Subject.Relocates)
        {
            look.Say(from.Site == to.Site
                ? $"{look.Subject.Vm.Name} is at site \"{from.Site}\" already, so there is nothing to move. Name another site."
                : $"Sites \"{from.Site}\" and \"{to.Site}\" are the same place ({to.Identity}). Check the URIs in the provider's config.");
        }
    });
}
