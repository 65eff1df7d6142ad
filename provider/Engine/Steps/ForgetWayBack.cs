using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>A way back was killed while it read the VM in rounds, and the VM is to stay: takes away what is tracked for those rounds.</summary>
internal sealed class ForgetWayBack : Step
{
    public override string Name => "forget way back";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override string Describe(Run run) => $"an earlier run had begun to bring {run.Name} home: take its checkpoints off the VM at {run.From.Name}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await BringBackRunning.ForgetAsync(run, cancellation);
        return $"nothing of it is left at {run.From.Name}";
    }
}
