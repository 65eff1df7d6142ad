using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Truth;

/// <summary>One move: what preview said, and what came.</summary>
internal sealed record Measured(
    string Vm, ImmutableArray<string> StepsSaid, ImmutableArray<string> StepsDone, long BytesSaid, long Bytes, TimeSpan TimeSaid, TimeSpan Time, TimeSpan DownSaid, TimeSpan Down, EstimateBasis Basis,
    bool TimeInRange)
{
    internal bool StepsEqual => StepsSaid.AsSpan().SequenceEqual(StepsDone.AsSpan());

    internal double BytesOff => Off(BytesSaid, Bytes);

    internal double TimeOff => Off(TimeSaid.TotalSeconds, Time.TotalSeconds);

    internal double DownOff => Off(DownSaid.TotalSeconds, Down.TotalSeconds);

    /// <summary>Previews as a front end does, with an inventory that is fetched anew, then runs.</summary>
    internal static async Task<Measured?> RunAsync(SiteBook sites, string vm, bool removal, TimeProvider time)
    {
        var spec = new MigrationSpec
        {
            Vm = new VmReference("dc1", vm, null),
            Target = new TargetSpec("dc2", null, null, ImmutableDictionary<string, string>.Empty, null),
        };
        Remembered? remembered = removal ? new Remembered(MigrationPhase.CutOver, "dc2", null) : null;
        var preview = await PreflightRunner.RunPatientlyAsync(
            spec, remembered, new InventoryBook(sites, time), removal, PreflightRunner.PreviewPatience, time, RunEvents.None, CancellationToken.None);
        if (preview.IsBlocked || preview.Estimate is not { } said)
        {
            throw new InvalidOperationException($"{vm} cannot move: {string.Join(" ", preview.Findings.Select(finding => finding.Message))}");
        }

        var (before, outcome) = await Drive.RunAsync(spec, remembered, sites, removal, RunnerIdentity.This, time, RunEvents.None, CancellationToken.None);
        if (outcome is not { Failed: null, Done.IsEmpty: false })
        {
            throw new InvalidOperationException($"{vm} did not move: {outcome?.Failed?.Name}: {outcome?.Why} {string.Join(" ", before.Findings.Select(finding => finding.Message))}");
        }

        var run = before.Run!;
        var took = outcome.Done[^1].StartedAt + outcome.Done[^1].Took - outcome.Done[0].StartedAt;
        return removal
            ? null
            : new Measured(
                vm, [.. preview.Plan!.Steps.Select(step => step.Name)], [.. outcome.Done.Select(step => step.Name)], said.Bytes, run.Transferred, said.Duration, took,
                said.Downtime, run.Downtime!.Value, said.Steps.Any(step => step.Bytes > 0 && step.Basis == EstimateBasis.Recorded) ? EstimateBasis.Recorded : EstimateBasis.Assumed,
                took >= said.DurationRange.Low && took <= said.DurationRange.High);
    }

    private static double Off(double said, double was) => was == 0 ? said == 0 ? 0 : 1 : Math.Abs(said - was) / was;
}
