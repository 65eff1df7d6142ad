using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes copies that an interrupted move left behind, so that only the one in which the VM lives is there.</summary>
internal sealed class RemoveStaleCopies : Step
{
    public override string Name => "remove stale copies";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override string Describe(Run run) => $"remove {string.Join(", ", Stale(run).Select(copy => $"{copy.Vm.Name} at {copy.Site.Name}"))}, left by an interrupted run";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var copy in Stale(run))
        {
            await CopyRemoval.RunAsync(copy.Site, run.MigrationId, copy.Vm.Id, cancellation);
        }

        return "only one copy is left";
    }

    private static IEnumerable<Copy> Stale(Run run) =>
        run.Seen.Copies.Where(copy => copy.Vm.Id != run.Vm.Id || copy.Site != run.From);
}
