using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Commit, last part: the VM at the target is nobody's copy any more.</summary>
internal sealed class ReleaseCopy : Step
{
    public override string Name => "release VM";

    public override MigrationPhase Phase => MigrationPhase.Committed;

    public override string Describe(Run run) => $"take our stamp off the VM at {run.To.Name}{(PointsNote.Read(run.Seen.Home?.Stamp)?.Points is [_, ..] points ? $", and remove its {points.Length} recovery point{(points.Length == 1 ? "" : "s")}" : "")}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var copy in await run.To.FindStampedAsync(run.MigrationId, cancellation))
        {
            if (copy.Stamp is { Role: StampRole.Target })
            {
                await run.To.EnsureTrackingRemovedAsync(copy.Id, run.MigrationId, cancellation);
                foreach (var point in await run.To.FindPointsAsync(run.MigrationId, cancellation))
                {
                    await run.To.EnsurePointRemovedAsync(run.MigrationId, point.Id, cancellation);
                }

                await Proven.UnstampedAsync(run.To, copy.Id, run.MigrationId, cancellation);
            }
        }

        return $"the VM at {run.To.Name} carries no stamp";
    }
}
