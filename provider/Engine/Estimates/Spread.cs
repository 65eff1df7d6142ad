namespace VmMigrate.Engine.Estimates;

/// <summary>The middle of what was seen, and how far it goes to both sides.</summary>
internal static class Spread
{
    /// <summary>A single run may have been a lucky one: it is taken to be this far off.</summary>
    private const double OfOne = 0.4;

    /// <summary>Nothing repeats more exactly than this.</summary>
    private const double Least = 0.05;

    /// <summary>The median, the 10th and the 90th percentile, widened for few samples.</summary>
    internal static (double Middle, double Low, double High) Of(IReadOnlyCollection<double> seen)
    {
        var sorted = seen.Order().ToArray();
        var middle = At(sorted, 0.5);
        var slack = middle * Math.Max(Least, OfOne / sorted.Length);
        return (middle, Math.Max(0, At(sorted, 0.1) - slack), At(sorted, 0.9) + slack);
    }

    /// <summary>Between two samples, in proportion.</summary>
    internal static double At(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
