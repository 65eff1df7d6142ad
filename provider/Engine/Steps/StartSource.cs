using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>The way back, last part: lifts the fence at home and starts the VM there.</summary>
internal sealed class StartSource : Step
{
    public override string Name => "start source";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.WasRunning ? 2 : 0.2);

    public override string Describe(Run run) => run.WasRunning
        ? $"lift the fence and start {run.Seen.Home!.Name} at {run.Seen.HomeSite.Name}"
        : $"lift the fence; {run.Seen.Home!.Name} stays off at {run.Seen.HomeSite.Name} as it was";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, home) = (run.Seen.HomeSite, run.Seen.Home!);
        await SourceNotes.UpdateAsync(
            site, home.Id, run.MigrationId,
            stamp => stamp.With(StampNotes.Epoch, null).With(StampNotes.BringBack, null).With(StampNotes.WentBack, run.WentBack).With(StampNotes.DownSince, stamp[StampNotes.DownSince] ?? run.Now), cancellation);
        await site.EnsureUnfencedAsync(home.Id, run.MigrationId, cancellation);
        if (run.WasRunning)
        {
            try
            {
                await Proven.RunningAsync(site, home.Id, home.Name, cancellation);
            }
            catch (PlatformException e) when (e.RetryCanHelp)
            {
                // Only the reply may have been lost. Taking a start back that happened would stop a VM that is where it should be.
                if ((await site.InspectAsync(home.Id, cancellation))?.Power != PowerState.Running)
                {
                    throw;
                }
            }
        }

        // The note comes last: as long as it says that the VM is down, every run knows that it has to run again.
        try
        {
            await SourceNotes.UpdateAsync(site, home.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, null).With(StampNotes.DownSince, null).With(StampNotes.AskedToStop, null).With(StampNotes.Copying, null), cancellation);
        }
        catch (PlatformException)
        {
            // The VM is where it should be; a note that outlives its truth is no reason to take that back.
        }

        if (!run.WasRunning)
        {
            return $"{home.Name} is at {site.Name}, off as it was";
        }

        run.Downtime = run.DownFor;
        return $"{home.Name} runs at {site.Name}";
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        var (site, home) = (run.Seen.HomeSite, run.Seen.Home!);
        if (await site.InspectAsync(home.Id, cancellation) is { Power: not PowerState.Off })
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name, $"{home.Name} runs at {site.Name} already, so it must not start at {run.From.Name} as well; the copy there stays off");
        }

        await site.EnsureFencedAsync(home.Id, run.MigrationId, cancellation);
    }
}
