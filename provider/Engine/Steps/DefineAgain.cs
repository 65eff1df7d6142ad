using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Gates;

namespace VmMigrate.Engine.Steps;

/// <summary>The moved VM's definition was taken away by hand at the target, and its disks are there: defines it again on them, as the accepted copy that it was, and starts it.</summary>
/// <remarks>Nothing is copied: the place that it moved from holds what the VM was at the cutover, the disks hold what it has written since. Not taken back, for there is nowhere else to go without losing that.</remarks>
internal sealed class DefineAgain : Step
{
    public override string Name => "define VM again";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(15);

    public override string Describe(Run run) =>
        $"{run.Placement!.Name} at {run.To.Name} on the disks that lie there, with what it has written; {(run.WasRunning ? "start it and see it alive" : "it stays off as it was")}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, home) = (run.Seen.HomeSite, run.Seen.Home);
        if (home is not null && await site.InspectFenceAsync(home.Id, run.MigrationId, cancellation) != FenceState.Standing)
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name, $"{home.Name} was started or changed by hand at {site.Name} in spite of the fence, so it must not start at {run.To.Name} as well. Shut it down at {site.Name}");
        }

        if (run.Seen.Current is { } old)
        {
            // It had moved on from there; whole again where its removal got half-way.
            await old.Site.EnsureFencedAsync(old.Vm.Id, run.MigrationId, cancellation);
        }

        // Only what is found: a disk that this made would be empty.
        var left = await run.To.FindStampedDisksAsync(run.MigrationId, cancellation);
        var disks = run.Vm.Disks.Select(disk => left.Where(found => found.DiskName == disk.Name).ToList() switch
        {
            [{ } one] => one,
            var found => throw new PlatformException(
                PlatformErrorKind.Refused, run.To.Name,
                $"{run.To.Name} has {found.Count} disks of ours for {disk.Name} of {run.Name}{(found.Count == 0 ? "" : $" ({string.Join(", ", found.Select(one => one.Location))})")}, and it takes one. Leave the right one there"),
        }).ToList();

        var stamp = CopyRequest.Stamp(run).With(StampNotes.Accepted, run.Vm.Stamp?[StampNotes.Moved] ?? run.Now);
        var vm = run.Seen.Home?.Stamp?[StampNotes.Converted] is not null && run.To.ConversionFrom(run.From.Platform) is { } tool ? tool.Fit(run.Vm) : run.Vm;
        run.CopyId = await run.To.EnsureDefinedAsync(CopyRequest.Of(run, stamp, vm, disks), cancellation);
        if (!run.WasRunning)
        {
            return $"{run.Placement!.Name} is defined again at {run.To.Name}, off as it was";
        }

        await run.To.EnsureRunningAsync(run.CopyId, cancellation);
        var hooks = await RunHooks.RunAsync(run, cancellation);
        run.Guest = await GuestProbe.WaitForAllAsync(run, run.To, run.CopyId, cancellation);
        return $"{run.Placement!.Name} runs at {run.To.Name} again: {(hooks.Length > 0 ? $"{hooks}; " : "")}{run.Guest}";
    }
}
