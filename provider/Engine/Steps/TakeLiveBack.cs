using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>A live move that was killed after its switch is no longer wished: its VM comes back to where it lived with what it wrote.</summary>
internal sealed class TakeLiveBack : Step
{
    public override string Name => "take live move back";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(10);

    public override string Describe(Run run) =>
        $"shut {run.Name} down where it runs unproven ({Placement.Names(run.Seen.StrayCopies.Select(copy => copy.Site.Name))}), copy what it has written since to {run.From.Name}, and start it there";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await LiveWayBack.RunAsync(run, cancellation);
        return $"{run.Name} runs at {run.From.Name}";
    }

    public override Task UndoAsync(Run run, CancellationToken cancellation) => LiveWayBack.RunOnAsync(run);
}
