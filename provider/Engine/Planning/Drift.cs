using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Planning;

/// <summary>What somebody changed by hand since the last run, in whole sentences.</summary>
public static class Drift
{
    public static IEnumerable<string> Find(Run run)
    {
        var seen = run.Seen;
        if (seen.HomeFence == FenceState.Broken)
        {
            yield return $"{seen.Home!.Name} was started or changed at \"{seen.HomeSite.Name}\" by hand in spite of the fence"
                + (seen.Current?.Vm.Power == PowerState.Running ? $", while it runs at \"{run.From.Name}\": two VMs with one identity. Shut down the one at \"{seen.HomeSite.Name}\"." : ".");
        }

        if (seen.Current is { } current)
        {
            if (run.WasRunning && current.Vm.Power != PowerState.Running && current.Fence == FenceState.None)
            {
                yield return $"{current.Vm.Name} is {Word(current.Vm)} at \"{current.Site.Name}\", where it should run.";
            }

            if (run.Spec.Target.Name is { } name && current.Site == run.To && current.Vm.Name != name)
            {
                yield return $"The VM is called \"{current.Vm.Name}\" at \"{current.Site.Name}\", not \"{name}\".";
            }
        }
        else if (seen.HomeFence == FenceState.Standing && seen.Copies.IsEmpty && seen.PlacedDisks.IsEmpty && run.Spec.Goal >= MigrationGoal.CutOver
            && seen.Home?.Stamp?[StampNotes.DownSince] is null)
        {
            yield return $"The VM is fenced at \"{seen.HomeSite.Name}\" and its copy is gone from \"{run.To.Name}\": it was deleted there by hand. "
                + "The next run makes a new copy from the source as it was at the cutover.";
        }
    }

    private static string Word(Vm vm) => vm.PowerDetail.Length > 0 ? vm.PowerDetail : vm.Power.ToString().ToUpperInvariant();
}
