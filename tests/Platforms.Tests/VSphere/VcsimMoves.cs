using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Runs of the provider over sites of which a simulated vCenter is one.</summary>
internal static class VcsimMoves
{
    /// <summary>One run, that nothing stands against.</summary>
    internal static async Task<RunOutcome> UpAsync(MigrationSpec spec, RunEvents? events, CancellationToken cancellation, params Site[] sites)
    {
        var (preflight, outcome) = await Drive.RunAsync(spec, null, new Book(sites), removal: false, RunnerIdentity.This, TimeProvider.System, events ?? RunEvents.None, cancellation);
        Assert.True(!preflight.IsBlocked, string.Join('\n', preflight.Findings));
        Assert.NotNull(outcome);
        return outcome;
    }
}
