using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Takes a copy of an earlier run apart that was never accepted, so that its disks can be brought up to date. The disks stay.</summary>
internal sealed class DropStrayCopies : Step
{
    public override string Name => "drop unfinished copy";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override string Describe(Run run) =>
        $"switch off and undefine {string.Join(", ", run.Seen.StrayCopies.Select(copy => $"{copy.Vm.Name} at {copy.Site.Name}"))}, which was never accepted; its disks are kept";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        // An acceptance that got half-way is none: what goes now is not deleted by hand.
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, null), cancellation);

        foreach (var copy in run.Seen.StrayCopies)
        {
            if (copy.Vm.Stamp?[StampNotes.Live] is not null && copy.Vm.Power != PowerState.Off && !await NeverRanAsync(run, copy, cancellation))
            {
                throw new PlatformException(
                    PlatformErrorKind.Refused, copy.Site.Name,
                    $"{copy.Vm.Name} came to {copy.Site.Name} live and runs there; what it has written must not be dropped. Let the move be finished (goal CutOver) or taken back first.");
            }

            if (copy.Site == run.To)
            {
                await CopyRemoval.UndefineAsync(copy.Site, run.MigrationId, stray => stray.Id == copy.Vm.Id, cancellation);
            }
            else
            {
                await CopyRemoval.RunAsync(copy.Site, run.MigrationId, copy.Vm.Id, cancellation);
            }
        }

        return $"no unfinished copy is left; disks at {run.To.Name} are kept";
    }

    /// <summary>The VM runs where it lives, with all of its memory, and what stands still at the target is what a host that failed amid a live move has left of it: it never came so far as to run.</summary>
    private static async Task<bool> NeverRanAsync(Run run, Copy copy, CancellationToken cancellation) =>
        await run.From.InspectAsync(run.Vm.Id, cancellation) is { Power: PowerState.Running, IsSplit: false }
        && await copy.Site.InspectAsync(copy.Vm.Id, cancellation) is null or { Power: PowerState.Off or PowerState.Paused, IsSplit: false };
}
