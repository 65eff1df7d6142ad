using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>A live move that was killed after its switch is no longer wished: its VM comes home with what it wrote.</summary>
internal sealed class TakeLiveBack : Step
{
    public override string Name => "take live move back";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(10);

    public override string Describe(Run run) =>
        $"shut {run.Name} down at {run.To.Name}, copy what it has written since to {run.Seen.HomeSite.Name}, and start it there";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await LiveWayBack.RunAsync(run, cancellation);
        return $"{run.Name} runs at {run.Seen.HomeSite.Name}";
    }
}
