using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Moves the running VM with its memory and disks, by the platform's own migration; then the source is off and fenced.</summary>
/// <remarks>
/// A checkpoint is made before, and goes along: the platform's tracking tells at the target what the guest has written since, and so which blocks must still
/// be equal on both sides (<see cref="CompareDisks"/>).
/// </remarks>
internal sealed class MoveLive : Step
{
    /// <summary>The checkpoint from which on everything that the guest writes is told, on either side.</summary>
    internal const string Checkpoint = "move";

    public override string Name => "move live";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(2);

    public override TimeSpan Pause(Run run) => AssumedPause(run);

    /// <summary>What the last pages of memory take where the guest keeps quiet: hypervisors aim at 0.3 s, and never hold it for longer than is declared.</summary>
    internal static TimeSpan AssumedPause(Run run) => run.Spec.Cutover.MaxDowntime < TimeSpan.FromSeconds(0.5) ? run.Spec.Cutover.MaxDowntime : TimeSpan.FromSeconds(0.5);

    public override long EstimateBytes(Run run) => run.Vm.Disks.Sum(CopyDisks.Bytes) + run.Vm.MemoryBytes.Or(0);

    public override string Describe(Run run) =>
        $"{Human.Bytes(run.Vm.MemoryBytes.Or(0))} of memory and {string.Join(", ", run.Vm.Disks.Select(disk => $"{disk.Name} {Human.Bytes(CopyDisks.Bytes(disk))}"))} from {run.From.Name} to {run.To.Name}{(run.From.DescribeLive(run.To) is { } way ? $" {way}" : "")} while {run.Name} runs; "
        + $"paused for at most {Human.Duration(run.Spec.Cutover.MaxDowntime)}{run.Spec.Cutover.OnNoConvergence switch
        {
            NoConvergence.SlowGuest => ", slowed down if it writes too fast",
            NoConvergence.CutOverAnyway => ", longer if it writes too fast",
            NoConvergence.PostCopy => "; if it writes too fast it changes sides before all its memory has come (post-copy)",
            _ => "",
        }}; then off and fenced at {run.From.Name}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var source = await run.From.InspectAsync(run.Vm.Id, cancellation)
            ?? throw new PlatformException(PlatformErrorKind.NotFound, run.From.Name, $"{run.Name} is gone from {run.From.Name}.");
        if (source.Power == PowerState.Running && !source.IsSplit)
        {
            // What an earlier, killed try has left (a job, a checkpoint) is closed or made anew.
            await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Synced, null).With(StampNotes.Copying, run.Now), cancellation);
            run.Events.Status(Name, $"opening a checkpoint of {run.Name}");
            await (await run.From.OpenRoundAsync(new RoundRequest(run.Vm.Id, run.MigrationId, Checkpoint, null, Quiesce: false), cancellation)).DisposeAsync();
        }

        foreach (var found in run.Disks.Count == 0 ? await run.To.FindStampedDisksAsync(run.MigrationId, cancellation) : [])
        {
            run.Disks[found.DiskName] = found;
        }

        var stamp = CopyRequest.Stamp(run).With(StampNotes.WasRunning, "true").With(StampNotes.Live, run.Now);
        var declared = run.Spec.Cutover;
        var target = CopyRequest.Of(run, stamp, run.Vm, run.Vm.Disks.Select(disk => run.Disks[disk.Name]));
        var result = await run.From.MoveLiveAsync(
            new LiveRequest(run.Vm.Id, run.MigrationId, target, declared.MaxDowntime, declared.OnNoConvergence == NoConvergence.SlowGuest, null)
            {
                PauseToConverge = declared.OnNoConvergence == NoConvergence.CutOverAnyway,
                PostCopy = declared.OnNoConvergence == NoConvergence.PostCopy,
            },
            run.To, new Line(run), cancellation);
        run.CopyId = result.VmId;
        run.Transferred += result.TransferredBytes;
        run.CopyTime += result.Duration;
        run.Downtime = result.Downtime;
        await run.From.EnsureFencedAsync(run.Vm.Id, run.MigrationId, cancellation);
        return result.Duration == TimeSpan.Zero
            ? $"{run.Name} had moved to {run.To.Name} already; it is off and fenced at {run.From.Name}"
            : $"{run.Name} runs at {run.To.Name} after {Human.Duration(result.Duration)}, {Human.Bytes(result.TransferredBytes)} sent, paused for {Human.Duration(result.Downtime)}; off and fenced at {run.From.Name}";
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        try
        {
            await LiveWayBack.RunAsync(run, cancellation);
        }
        catch (Exception e) when (e is PlatformException or BlockException or OperationCanceledException)
        {
            await LiveWayBack.RunOnAsync(run);
            throw;
        }
    }

    /// <summary>What the guest has written at the target comes back first.</summary>
    public override TimeSpan UndoLimit(Run run) => UndoLimitOfCopy(run);

    private sealed class Line(Run run) : IProgress<LiveProgress>
    {
        public void Report(LiveProgress value) => run.Events.Status(
            "move live",
            $"{value.Phase} {(value.TotalBytes == 0 ? 0 : value.DoneBytes * 100 / value.TotalBytes)} % · {Human.Bytes(value.DoneBytes)} of {Human.Bytes(value.TotalBytes)} · {Human.Rate(value.BytesPerSecond)}");
    }
}
