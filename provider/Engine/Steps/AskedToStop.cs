using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Brings a VM up again whose guest was asked to shut down.</summary>
internal static class AskedToStop
{
    /// <summary>A guest that has begun to shut down takes some time to be off; this is the least that it is given.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// A shutdown that was asked for cannot be called off: the guest may still run now and be off in a second. So this waits for it to be off and
    /// starts it, and takes it for running only when it has not gone off in the time that the declaration gives a shutdown.
    /// </summary>
    internal static async Task StartAgainAsync(Site site, string vmId, Run run, CancellationToken cancellation)
    {
        if (run.ShutdownAskedAt is { } asked)
        {
            var left = run.Spec.ShutdownTimeout - run.Time.GetElapsedTime(asked);
            var patience = left < Least ? Least : left > Most ? Most : left;
            var since = run.Time.GetTimestamp();
            while (run.Time.GetElapsedTime(since) < patience
                && await site.InspectAsync(vmId, cancellation) is { Power: not PowerState.Off })
            {
                run.Events.Status("take back", $"waiting for {run.Name} to end its shutdown at {site.Name}, to start it again");
                await Task.Delay(Poll, run.Time, cancellation);
            }
        }

        await site.EnsureRunningAsync(vmId, cancellation);
    }
}
