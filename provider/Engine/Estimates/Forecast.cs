using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Estimates;

/// <summary>Foretells how long the steps of a run take, from what earlier runs have taken, what the user declared, and what is assumed while nothing is known.</summary>
/// <remarks>
/// <code>
///   a step that copies      t = disks × a + bytes / rate      a and rate fitted to the last runs; the rate alone while their sizes are alike
///   any other step          the median of the last runs; of the same VM's own ones where it has moved before
///   range                   from the 10th to the 90th percentile of what was seen, wider the less was seen
/// </code>
/// </remarks>
public sealed class Forecast
{
    /// <summary>What a copy is taken to reach while nothing is known: about what a 1 Gbit/s link carries.</summary>
    public const double AssumedBytesPerSecond = 110.0 * 1024 * 1024;

    /// <summary>Runs that count. Older ones tell of another machine and another network.</summary>
    private const int MostRecords = 20;

    /// <summary>Opening a disk on both sides and its first byte, while nothing is known: two connections and a helper process each.</summary>
    private const double AssumedSecondsPerDisk = 0.5;

    /// <summary>A guess that rests on nothing may be wrong by this factor in either direction.</summary>
    private const double AssumedSpread = 2;

    private readonly RunHistory _history;
    private readonly double? _declared;
    private readonly LinkProbe? _probe;
    private readonly CopyModel? _copying;

    /// <param name="declared">Bytes per second that the user says the way between the two sites carries; null: nothing was said.</param>
    /// <param name="probe">What a try of the link has given; it counts where nothing else is known.</param>
    public Forecast(RunHistory history, MigrationMode mode, double? declared, LinkProbe? probe = null)
    {
        _probe = probe;
        _declared = declared;
        _history = history with { Records = [.. history.Records.Where(one => one.Record.Mode == mode)] };
        _copying = CopyModel.Fit(Samples(history.Route)) ?? CopyModel.Fit(Samples(history.Back));
    }

    /// <summary>The rate that a long copy is expected to reach.</summary>
    public double BytesPerSecond => _copying?.BytesPerSecond ?? _declared ?? _probe?.BytesPerSecond ?? AssumedBytesPerSecond;

    /// <summary>Neither a run nor the user says how fast copies are, so that a try of the link is worth its time.</summary>
    public bool KnowsNoRate => _copying is null && _declared is null;

    public string Basis
    {
        get
        {
            if (_copying is { } model)
            {
                var which = Samples(_history.Route).Length > 0 ? "" : " in the other direction";
                return model.Samples == 1
                    ? $"recorded: the last run between these sites{which} copied {Human.Rate(model.BytesPerSecond)}"
                    : $"recorded: the last {model.Samples} runs between these sites{which} copied {Human.Rate(model.BytesPerSecond)}";
            }

            return _declared is { } said
                ? $"declared: {Human.Rate(said)} between these sites; no run has been recorded yet"
                : _probe is { } probed ? probed.Told
                : "assumed: no run between these sites has been recorded yet";
        }
    }

    public StepEstimate Of(Step step, Run run)
    {
        var bytes = step.EstimateBytes(run);
        var detail = step.Describe(run);
        if (bytes > 0)
        {
            var (time, low, high, basis) = Copy(step, bytes, run.Vm.Disks.Length);
            var rest = step.Estimate(run);
            return new StepEstimate(step.Name, detail, bytes, time + (basis == EstimateBasis.Recorded ? TimeSpan.Zero : rest), low, high + rest, basis);
        }

        var assumed = step.Estimate(run);
        if (step.TimedAs.Length == 0)
        {
            return new StepEstimate(step.Name, detail, 0, assumed, assumed, assumed, EstimateBasis.Declared);
        }

        if (assumed == TimeSpan.Zero || Seen(step.TimedAs, run.Vm) is not { Count: > 0 } seen)
        {
            return new StepEstimate(step.Name, detail, 0, assumed, assumed / AssumedSpread, assumed * AssumedSpread, EstimateBasis.Assumed);
        }

        var (middle, from, to) = Spread.Of(seen);
        return new StepEstimate(step.Name, detail, 0, Seconds(middle), Seconds(from), Seconds(to), EstimateBasis.Recorded);
    }

    private (TimeSpan Time, TimeSpan Low, TimeSpan High, EstimateBasis Basis) Copy(Step step, long bytes, int disks)
    {
        // A short last round pays for other things than a base copy does, so each step is judged by its own kind first.
        if ((CopyModel.Fit(Samples(_history.Route, step.TimedAs)) ?? _copying) is { } model)
        {
            var (time, low, high) = model.Of(bytes, disks);
            return (Seconds(time), Seconds(low), Seconds(high), EstimateBasis.Recorded);
        }

        var guess = (disks * AssumedSecondsPerDisk) + (bytes / BytesPerSecond);
        var basis = _declared is not null ? EstimateBasis.Declared : _probe is not null ? EstimateBasis.Measured : EstimateBasis.Assumed;
        var spread = basis == EstimateBasis.Assumed ? AssumedSpread : Math.Sqrt(AssumedSpread);
        return (Seconds(guess), Seconds(guess / spread), Seconds(guess * spread), basis);
    }

    /// <summary>Seconds that this step took before, latest first: of this VM where it has moved before, else of others on the same way, else on the way back.</summary>
    private List<double> Seen(string step, Vm vm)
    {
        var all = _history.Records.SelectMany(one => one.Record.Steps.Where(taken => taken.Name == step).Select(taken => (one.VmId, one.Record.Route, taken.Seconds))).ToList();
        var own = all.Where(one => one.VmId == vm.Id).ToList();
        var there = all.Where(one => one.Route == _history.Route).ToList();
        return [.. (own.Count > 0 ? own : there.Count > 0 ? there : all).Take(MostRecords).Select(one => one.Seconds)];
    }

    /// <param name="step">Only this one; null: all that a run has copied.</param>
    private ImmutableArray<CopyModel.Sample> Samples(string? route, string? step = null) =>
    [
        .. _history.Records.Where(one => one.Record.Route == route)
            .Select(one => (one.Record.Disks, Steps: one.Record.Steps.Where(taken => taken.Bytes > 0 && (step is null || taken.Name == step)).ToList()))
            .Select(one => new CopyModel.Sample(one.Steps.Sum(taken => taken.Bytes), one.Disks, one.Steps.Sum(taken => taken.Seconds)))
            .Where(sample => sample is { Bytes: > 0, Seconds: > 0 })
            .Take(MostRecords),
    ];

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
