using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Has the platform move the VM itself to where it was before the migration, and takes our stamp off it.</summary>
internal sealed class RelocateBack : Step
{
    public override string Name => "relocate back";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(5);

    public override TimeSpan Pause(Run run) => MoveLive.AssumedPause(run);

    public override string Describe(Run run) => $"the platform moves {run.Name} itself back to where it was at {run.Seen.HomeSite.Name}, with all that it has written; then our stamp is taken off it";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (_, vm) = await RelocateVm.FindAsync(run, cancellation);
        var origin = vm.Stamp?[StampNotes.Origin]
            ?? throw new PlatformException(PlatformErrorKind.Refused, run.From.Name, $"{run.Name} carries no note of where it was before the migration.");
        return await RunAsync(run, run.Seen.HomeSite, origin, cancellation);
    }

    /// <param name="to">The site where the place is.</param>
    internal static async Task<string> RunAsync(Run run, Site to, string place, CancellationToken cancellation)
    {
        var (at, vm) = await RelocateVm.FindAsync(run, cancellation);
        var request = new RelocationRequest(vm.Id, run.MigrationId, null, null, ImmutableDictionary<string, string>.Empty) { BackTo = place };
        var result = await at.RelocateAsync(request, to, null, cancellation);
        var origin = vm.Stamp?[StampNotes.Origin];
        if (to == run.Seen.HomeSite && (origin is null || origin == place))
        {
            await to.EnsureStampAsync(result.VmId, null, cancellation);
        }

        run.CopyId = null;
        return $"{run.Name} is at {to.Name} again: {result.Where}";
    }
}
