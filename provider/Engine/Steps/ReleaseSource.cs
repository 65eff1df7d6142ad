using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Takes the stamp off the source: it is as it was before the migration.</summary>
internal sealed class ReleaseSource : Step
{
    public override string Name => "release source";

    public override MigrationPhase Phase => MigrationPhase.Validated;

    public override string Describe(Run run) => $"take our stamp off {run.Seen.Home!.Name} at {run.Seen.HomeSite.Name}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await run.Seen.HomeSite.EnsureTrackingRemovedAsync(run.Seen.Home!.Id, run.MigrationId, cancellation);
        await Proven.UnstampedAsync(run.Seen.HomeSite, run.Seen.Home!.Id, run.MigrationId, cancellation);
        return $"{run.Seen.Home.Name} carries no stamp";
    }
}
