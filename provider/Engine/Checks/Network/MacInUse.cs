using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Network;

/// <summary>A hardware address must not be in use at the target by another VM.</summary>
/// <remarks>
/// If ignored, two machines share an address and neither works reliably. Empty addresses, the VM itself and our own copy do not count.
/// Facts: the VM's cards, addresses in use at the target.
/// </remarks>
internal static class MacInUse
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (!subject.To.MacsInUse.TryGet(out var inUse))
        {
            yield return Finding.Note(
                "net.mac.unique", PropertyPath.Of("target"), $"Hardware addresses in use at site \"{subject.To.Site}\" could not be seen ({subject.To.MacsInUse.WhyUnknown}).");
            yield break;
        }

        foreach (var nic in subject.Vm.Nics.Where(nic => nic.Mac.Length > 0))
        {
            if (inUse.TryGetValue(nic.Mac.ToUpperInvariant(), out var holder)
                && subject.To.Vms.FirstOrDefault(vm => vm.Id == holder || vm.Name == holder) is var other
                && other?.MigrationId != subject.MigrationId
                && !(subject.From.Identity == subject.To.Identity && other?.Id == subject.Vm.Id))
            {
                yield return new Finding(
                    "net.mac.unique", Severity.Error, PropertyPath.Of("target"),
                    $"The hardware address {nic.Mac} of {subject.Vm.Name} is in use at site \"{subject.To.Site}\" by VM \"{other?.Name ?? holder}\". Give one of them another address.")
                { Subject = nic.Mac };
            }
        }
    }
}
