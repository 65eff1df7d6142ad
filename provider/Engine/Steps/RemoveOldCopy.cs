using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>After the VM has moved on from one target to another: removes the copy at the first. Home is kept as the way back.</summary>
internal sealed class RemoveOldCopy : Step
{
    public override string Name => "remove old copy";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override string Describe(Run run) => $"remove {run.Name} and its disks at {run.From.Name}; {run.Seen.HomeSite.Name} stays the way back";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await CopyRemoval.RunAsync(run.From, run.Seen.MigrationId, run.Vm.Id, cancellation);
        return $"{run.Name} is gone from {run.From.Name}";
    }
}
