using System.Collections.Immutable;

namespace VmMigrate.Engine.Estimates;

/// <summary>How long copying takes: seconds = disks × <see cref="SecondsPerDisk"/> + bytes / <see cref="BytesPerSecond"/>, fitted to copies that were seen.</summary>
internal sealed record CopyModel(double SecondsPerDisk, double BytesPerSecond, int Samples, double Low, double High)
{
    internal sealed record Sample(long Bytes, int Disks, double Seconds);

    /// <summary>Sizes within this factor do not tell what is paid per disk from what is paid per byte.</summary>
    private const double Alike = 2;

    private const int FewestForBoth = 3;

    /// <summary>An older copy counts so much less than the next younger one: machines and networks change.</summary>
    private const double Fading = 0.9;

    /// <param name="samples">Latest first.</param>
    /// <returns>Null without samples.</returns>
    internal static CopyModel? Fit(ImmutableArray<Sample> samples)
    {
        if (samples.IsEmpty)
        {
            return null;
        }

        var (perDisk, perByte) = samples.Length >= FewestForBoth && samples.Max(sample => sample.Bytes) > Alike * samples.Min(sample => sample.Bytes)
            ? FitBoth(samples)
            : (0, MedianPerByte(samples));

        // How far the copies were off the line, as a factor.
        var factors = samples.Select(sample => sample.Seconds / ((perDisk * sample.Disks) + (perByte * sample.Bytes))).ToList();
        var (_, low, high) = Spread.Of(factors);
        return new CopyModel(perDisk, 1 / perByte, samples.Length, Math.Min(low, 1), Math.Max(high, 1));
    }

    internal (double Time, double Low, double High) Of(long bytes, int disks)
    {
        var time = (SecondsPerDisk * disks) + (bytes / BytesPerSecond);
        return (time, time * Low, time * High);
    }

    /// <summary>Least squares of the relative error, so that a long copy does not drown the short ones. Neither part may be negative.</summary>
    private static (double PerDisk, double PerByte) FitBoth(ImmutableArray<Sample> samples)
    {
        var (dd, db, bb, d, b, weight) = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0);
        foreach (var sample in samples)
        {
            var (disks, bytes) = (sample.Disks / sample.Seconds, sample.Bytes / sample.Seconds);
            dd += weight * disks * disks;
            db += weight * disks * bytes;
            bb += weight * bytes * bytes;
            d += weight * disks;
            b += weight * bytes;
            weight *= Fading;
        }

        var determinant = (dd * bb) - (db * db);
        if (determinant > 1e-9 * dd * bb)
        {
            var (perDisk, perByte) = (((d * bb) - (b * db)) / determinant, ((b * dd) - (d * db)) / determinant);
            if (perDisk >= 0 && perByte > 0)
            {
                return (perDisk, perByte);
            }
        }

        return (0, b / bb);
    }

    private static double MedianPerByte(ImmutableArray<Sample> samples) =>
        Spread.At([.. samples.Select(sample => sample.Seconds / sample.Bytes).Order()], 0.5);
}
