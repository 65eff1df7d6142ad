using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Estimates;

/// <summary>From when to when something is expected to end.</summary>
public readonly record struct TimeRange(TimeSpan Low, TimeSpan High)
{
    /// <summary>Both ends look the same to a person.</summary>
    public bool IsPoint => Human.Duration(Low) == Human.Duration(High);

    /// <summary>
    /// Of steps one after another. What makes one step slow need not make the next one slow, so the deviations add up as squares; adding them as they are
    /// would make every range of many steps too wide.
    /// </summary>
    public static TimeRange Of(IEnumerable<StepEstimate> steps)
    {
        var (sum, below, above) = (0.0, 0.0, 0.0);
        foreach (var step in steps)
        {
            sum += step.Duration.TotalSeconds;
            below += Square((step.Duration - step.Low).TotalSeconds);
            above += Square((step.High - step.Duration).TotalSeconds);
        }

        return new TimeRange(TimeSpan.FromSeconds(Math.Max(0, sum - Math.Sqrt(below))), TimeSpan.FromSeconds(sum + Math.Sqrt(above)));
    }

    /// <summary>Such as <c>6 s–9 s</c>; <c>6–9 s</c> where both have one unit and it is the same.</summary>
    public override string ToString()
    {
        var (low, high) = (Human.Duration(Low), Human.Duration(High));
        if (low == high)
        {
            return low;
        }

        var (lowParts, highParts) = (low.Split(' '), high.Split(' '));
        return lowParts is [var number, var unit] && highParts is [_, var same] && unit == same ? $"{number}–{high}" : $"{low}–{high}";
    }

    private static double Square(double x) => x * x;
}
