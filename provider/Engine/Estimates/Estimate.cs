using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Estimates;

/// <summary>What a run is expected to take.</summary>
/// <param name="Downtime">How long the VM, which was on, will be off; zero for one that is off anyway.</param>
/// <param name="BytesPerSecond">What the copying comes to in all, with what each disk takes before its first byte.</param>
/// <param name="Basis">Where the rate comes from: what was recorded, declared, measured by a probe, or is assumed.</param>
public sealed record Estimate(long Bytes, TimeSpan Duration, TimeSpan Downtime, double BytesPerSecond, string Basis)
{
    /// <summary>The rate that a long copy reaches, without what each disk takes before its first byte.</summary>
    public double LinkBytesPerSecond { get; init; }

    /// <summary>Where eight runs of ten are expected to end.</summary>
    public TimeRange DurationRange { get; init; }

    public TimeRange DowntimeRange { get; init; }

    /// <summary>Step by step, in order; they add up to the whole.</summary>
    public ImmutableArray<StepEstimate> Steps { get; init; } = [];

    /// <summary>What the run copies of each disk; empty where it copies nothing.</summary>
    public ImmutableArray<DiskEstimate> Disks { get; init; } = [];

    /// <summary>Adds up the steps of a plan.</summary>
    public static Estimate Of(Plan plan, Run run, Forecast forecast)
    {
        var steps = ImmutableArray.CreateBuilder<StepEstimate>(plan.Steps.Length);
        var down = run.Vm.Power != PowerState.Running;
        foreach (var step in plan.Steps)
        {
            // The step that brings the VM down counts as downtime itself, and so does the one that brings it up; after a live move it is up already.
            var isDown = run.WasRunning && (down || step.Down is true);
            steps.Add(forecast.Of(step, run) with { Down = isDown });
            down = step.Down ?? down;
        }

        var all = steps.MoveToImmutable();
        var copying = all.Where(step => step.Bytes > 0).ToList();
        var bytes = copying.Sum(step => step.Bytes);
        var copyTime = Sum(copying).TotalSeconds;
        var paused = run.WasRunning && run.Vm.Power == PowerState.Running ? plan.Steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Pause(run)) : TimeSpan.Zero;
        var off = TimeRange.Of(all.Where(step => step.Down));
        return new Estimate(bytes, Sum(all), Sum(all.Where(step => step.Down)) + paused, copyTime > 0 ? bytes / copyTime : forecast.BytesPerSecond, forecast.Basis)
        {
            LinkBytesPerSecond = forecast.BytesPerSecond,
            DurationRange = TimeRange.Of(all),
            DowntimeRange = new TimeRange(off.Low + paused, off.High + paused),
            Steps = all,
            Disks = copying.Count == 0 ? [] : [.. run.Vm.Disks.Select(disk => new DiskEstimate(
                disk.Name,
                disk.AllocatedBytes.TryGet(out var allocated) ? Math.Min(allocated, disk.LengthBytes.Or(allocated)) : disk.LengthBytes.Or(0),
                disk.LengthBytes.Or(0)))],
        };
    }

    public override string ToString() =>
        $"{Human.Bytes(Bytes)} · ~{Human.Duration(Duration)} · downtime {(DowntimeRange.IsPoint ? $"~{Human.Duration(Downtime)}" : DowntimeRange.ToString())}";

    private static TimeSpan Sum(IEnumerable<StepEstimate> steps) => steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Duration);
}

/// <summary>One step's share.</summary>
/// <param name="Detail">What exactly it will do.</param>
/// <param name="Low">Nine of ten take at least so long.</param>
/// <param name="High">Nine of ten take at most so long.</param>
/// <param name="Basis">Where the times come from.</param>
public sealed record StepEstimate(string Name, string Detail, long Bytes, TimeSpan Duration, TimeSpan Low, TimeSpan High, EstimateBasis Basis)
{
    /// <summary>The VM, which was on, is off in this step or in a part of it.</summary>
    public bool Down { get; init; }
}

/// <param name="Bytes">What is allocated, and so copied.</param>
/// <param name="LengthBytes">What the guest sees.</param>
public sealed record DiskEstimate(string Disk, long Bytes, long LengthBytes);

public enum EstimateBasis
{
    /// <summary>Nothing is known: a figure that is written in the program.</summary>
    Assumed,

    /// <summary>The user said so.</summary>
    Declared,

    /// <summary>A short try of the link said so.</summary>
    Measured,

    /// <summary>Runs that ended were like this.</summary>
    Recorded,
}
