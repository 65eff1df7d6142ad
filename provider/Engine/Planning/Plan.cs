using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Planning;

/// <summary>What kind of run it is, for headlines.</summary>
public enum PlanKind
{
    /// <summary>Everything is as declared.</summary>
    Nothing,
    Validate,
    Replicate,
    Move,
    Resume,
    RollBack,
    CleanUp,
    Commit,
}

/// <summary>The ordered steps from what is there to the goal. The list printed at preview is the list that runs.</summary>
public sealed record Plan(PlanKind Kind, ImmutableArray<Step> Steps);

/// <summary>What a run is expected to take.</summary>
/// <param name="Basis">Where the rate comes from.</param>
public sealed record Estimate(long Bytes, TimeSpan Duration, TimeSpan Downtime, double BytesPerSecond, string Basis)
{
    /// <summary>Adds up the steps of a plan.</summary>
    public static Estimate Of(Plan plan, Run run, TransferRate rate)
    {
        var (bytes, duration, downtime) = (0L, TimeSpan.Zero, TimeSpan.Zero);
        var down = run.Vm.Power != Facts.PowerState.Running;
        foreach (var step in plan.Steps)
        {
            var copied = step.EstimateBytes(run);
            var time = step.Estimate(run) + TimeSpan.FromSeconds(copied / rate.BytesPerSecond);
            bytes += copied;
            duration += time;
            if (run.WasRunning && (down || step.Down is not null))
            {
                // The step that brings the VM down or up counts as downtime itself.
                downtime += time;
            }

            down = step.Down ?? down;
        }

        return new Estimate(bytes, duration, downtime, rate.BytesPerSecond, rate.Basis);
    }

    public override string ToString() => $"{Human.Bytes(Bytes)} · ~{Human.Duration(Duration)} · downtime ~{Human.Duration(Downtime)}";
}

/// <summary>A rate of copying and where it comes from.</summary>
public sealed record TransferRate(double BytesPerSecond, string Basis)
{
    /// <summary>What is taken while nothing is known: a tenth of what a local copy reaches, about what a 1 Gbit/s link carries.</summary>
    public static TransferRate Assumed { get; } = new(110 * 1024 * 1024, "assumed: no run between these sites has been recorded yet");
}
