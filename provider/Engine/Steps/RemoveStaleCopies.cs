using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Removes copies that an interrupted move left behind, so that only the one in which the VM lives is there.</summary>
internal sealed class RemoveStaleCopies : Step
{
    public override string Name => "remove stale copies";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override string Describe(Run run) => $"remove {string.Join(", ", run.Seen.StrayCopies.Select(copy => $"{copy.Vm.Name} at {copy.Site.Name}"))}, left by an interrupted run";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var copy in run.Seen.StrayCopies)
        {
            await CopyRemoval.RunAsync(copy.Site, run.MigrationId, copy.Vm.Id, cancellation);
        }

        return "only one copy is left";
    }
}
