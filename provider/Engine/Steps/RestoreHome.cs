using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>The way back to a recovery point: the source's disks become what the point holds, before the VM starts there.</summary>
/// <remarks>As with <see cref="BringBack"/>, a note says that they are neither old nor new until it is done, and the copy at the target stays whole.</remarks>
internal sealed class RestoreHome : Step
{
    public override string Name => "restore recovery point";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override long EstimateBytes(Run run) => run.Vm.Disks.Sum(CopyDisks.Bytes);

    public override string Describe(Run run) =>
        $"{string.Join(", ", run.Vm.Disks.Select(disk => disk.Name))} at {run.Seen.HomeSite.Name} as they were at {run.GoesBackTo!.Id}, from {run.From.Name}; only what differs is sent, {run.Spec.Digest} digests compared on both sides";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (site, home, point) = (run.Seen.HomeSite, run.Seen.Home!, run.GoesBackTo!);
        await HomeDisks.BeginAsync(run, cancellation);
        var said = await HomeDisks.MakeEqualAsync(run, (disk, stop) => run.From.OpenPointDiskAsync(run.MigrationId, point.Id, disk.Name, stop), cancellation);
        await HomeDisks.DoneAsync(run, cancellation);
        return $"{home.Name} at {site.Name} is as at {point.Id}: {said}";
    }

    public override Task UndoAsync(Run run, CancellationToken cancellation) => HomeDisks.GetOldAsync(run, cancellation);
}
