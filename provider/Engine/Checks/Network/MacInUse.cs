namespace VmMigrate.Engine.Checks.Network;

/// <summary>A hardware address must not be in use at the target by another VM.</summary>
internal static class MacInUse
{
    internal static Rule Rule { get; } = Rules.Own("a card's address is in use at the target by a VM that is neither this one nor our copy; empty addresses do not count", [], look =>
    {
        var subject = look.Subject;
        if (!look.Get(subject.To.MacsInUse, "site.macsInUse", out var inUse))
        {
            return;
        }

        foreach (var nic in subject.Vm.Nics.Where(nic => nic.Mac.Length > 0))
        {
            if (inUse.TryGetValue(nic.Mac.ToUpperInvariant(), out var holder)
                && subject.To.Vms.FirstOrDefault(vm => vm.Id == holder || vm.Name == holder) is var other
                && other?.MigrationId != subject.MigrationId
                && !(subject.From.Identity == subject.To.Identity && other?.Id == subject.Vm.Id))
            {
                look.Say(
                    $"The hardware address {nic.Mac} of {subject.Vm.Name} is in use at site \"{subject.To.Site}\" by VM \"{other?.Name ?? holder}\". Two machines with one address work badly or not at all: give one of them another.",
                    $"card {nic.Mac}");
            }
        }
    });
}
