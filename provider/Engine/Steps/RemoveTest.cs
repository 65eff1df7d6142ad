using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes the test clone and its disks, also one that a killed run has left anywhere.</summary>
internal sealed class RemoveTest : Step
{
    public override string Name => "remove test clone";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override string Describe(Run run) => $"switch the test clone off at {Placement.Names(Sites(run).Select(site => site.Name))} and remove it with its disks";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var site in Sites(run))
        {
            await site.EnsureTestClonesRemovedAsync(run.MigrationId, cancellation);
            if ((await site.FindStampedAsync(run.MigrationId, cancellation)).FirstOrDefault(vm => vm.Stamp is { Role: Contracts.StampRole.Test }) is { } left)
            {
                throw Proven.Untrue(site, $"test clone {left.Name} was removed, and it is there");
            }
        }

        return "no test clone is left";
    }

    private static IEnumerable<Contracts.Site> Sites(Run run) =>
        run.Seen.Clones.Select(clone => clone.Site).Concat(run.Spec.Goal == Spec.MigrationGoal.Tested ? [run.To] : []).Distinct();
}
