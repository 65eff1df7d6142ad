using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Brings a VM up again whose guest was asked to shut down.</summary>
internal static class AskedToStop
{
    /// <summary>A guest that has begun to shut down takes some time to be off; this is the least that it is given.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// A shutdown that was asked for cannot be called off: the guest may still run now and be off in a second. So this waits for it to be off and starts it, as long as the
    /// declaration gives a shutdown. A guest that runs even then keeps a note of it: when it goes off later, every run knows that it has to be started.
    /// </summary>
    internal static async Task StartAgainAsync(Site site, string vmId, Run run, CancellationToken cancellation)
    {
        if (run.ShutdownAskedAt is { } asked)
        {
            var left = run.Spec.ShutdownTimeout - run.Time.GetElapsedTime(asked);
            var patience = left < Least ? Least : left > Most ? Most : left;
            var since = run.Time.GetTimestamp();
            var off = false;
            while (!off && run.Time.GetElapsedTime(since) < patience)
            {
                run.Events.Status("take back", $"waiting for {run.Name} to end its shutdown at {site.Name}, to start it again");
                off = await site.InspectAsync(vmId, cancellation) is not { Power: not PowerState.Off };
                if (!off)
                {
                    await Task.Delay(Poll, run.Time, cancellation);
                }
            }

            if (!off)
            {
                await SourceNotes.UpdateAsync(site, vmId, run.MigrationId, stamp => stamp.With(StampNotes.AskedToStop, run.Now), cancellation);
                run.Events.Say(
                    Checks.Severity.Warning,
                    $"The guest of {run.Name} was asked to shut down at {site.Name} and still runs. If it goes off after all, run again, or start it by hand.");
                return;
            }
        }

        await Proven.RunningAsync(site, vmId, run.Name, cancellation);
    }
}
