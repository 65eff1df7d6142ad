using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes disks that were made where the target was declared to be before, and that no VM has.</summary>
internal sealed class RemoveStrayDisks : Step
{
    public override string Name => "remove old disks";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override string Describe(Run run) => $"remove what was copied to {Placement.Names(run.Seen.SitesWithStrayDisks(run.To).Select(site => site.Name))}, which is not the target any more";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var site in run.Seen.SitesWithStrayDisks(run.To))
        {
            await CopyRemoval.RemoveDisksAsync(site, run.MigrationId, cancellation);
        }

        return "no old disks are left";
    }
}
