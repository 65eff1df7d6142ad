using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Gates;

/// <summary>Waits for the checks that a platform makes of a started VM by itself. The guest has been seen alive by then, so this is no downtime.</summary>
internal static class PlatformChecks
{
    internal static string Describe(PlatformGate gate) => $"{gate.Description} within {Human.Duration(gate.Timeout)}";

    internal static IReadOnlyList<PlatformGate> Of(Run run, Site site) => site.GatesOf(run.Spec.Target.For(site.Platform));

    /// <returns>What was seen, each beginning with a semicolon; empty where the platform has no checks of its own.</returns>
    /// <exception cref="PlatformException">One was not passed.</exception>
    internal static async Task<string> WaitForAllAsync(Run run, Site site, string vmId, CancellationToken cancellation)
    {
        var seen = "";
        foreach (var gate in Of(run, site))
        {
            seen += "; " + await WaitAsync(gate, run, site, vmId, cancellation);
        }

        return seen;
    }

    private static async Task<string> WaitAsync(PlatformGate gate, Run run, Site site, string vmId, CancellationToken cancellation)
    {
        var since = run.Time.GetTimestamp();
        for (var bad = 0; ;)
        {
            var look = await gate.LookAsync(vmId, cancellation);
            var elapsed = run.Time.GetElapsedTime(since);
            if (look.Passed)
            {
                return $"{look.What} after {Human.Duration(elapsed)}";
            }

            bad = look.Bad ? bad + 1 : 0;
            if (bad >= gate.MostBad || elapsed >= gate.Timeout)
            {
                throw new PlatformException(
                    PlatformErrorKind.TimedOut, site.Name,
                    $"The VM was started at {site.Name}, but the platform's own check was not passed: {Describe(gate)}, but after {Human.Duration(elapsed)}: {look.What}{(bad > 1 ? $" ({bad} looks in a row)" : "")}.");
            }

            run.Events.Status("prove", $"waiting for the platform: {look.What}, {Human.Duration(elapsed)} of {Human.Duration(gate.Timeout)}");
            await Task.Delay(gate.Interval, run.Time, cancellation);
        }
    }
}
