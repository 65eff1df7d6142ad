using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes the copies and their disks: everything of ours at the given sites.</summary>
internal sealed class RemoveCopy : Step
{
    public override string Name => "remove copy";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override string Describe(Run run) => $"remove our VM and disks at {Placement.Names(Sites(run).Select(site => site.Name))}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var site in Sites(run))
        {
            await CopyRemoval.RunAsync(site, run.MigrationId, null, cancellation);
        }

        return $"nothing of {run.MigrationId} is left at {Placement.Names(Sites(run).Select(site => site.Name))}";
    }

    private static IEnumerable<Contracts.Site> Sites(Run run) =>
        run.Seen.Copies.Select(copy => copy.Site).Concat(run.Seen.PlacedDisks.Select(placed => placed.Site)).Append(run.To).Distinct();
}
