namespace VmMigrate.Engine.Blocks;

/// <summary>What to do after a round of a warm copy.</summary>
public enum ConvergenceVerdict
{
    /// <summary>Another round makes the last one shorter.</summary>
    AnotherRound,

    /// <summary>The last round fits the declared outage.</summary>
    CutOver,

    /// <summary>The guest writes so fast that no number of rounds gets there.</summary>
    DoesNotConverge,
}

/// <summary>A finished round: how much was dirty at its start, what was sent, and how long it took.</summary>
public readonly record struct CopyRound(long DirtyBytes, TimeSpan Duration);

/// <summary>What the rounds so far say of the one that would be the last.</summary>
/// <param name="PredictedLastRound">How long copying what is dirty now takes with the source stopped.</param>
/// <param name="DirtyBytesPerSecond">New dirty bytes per second, over the last round.</param>
/// <param name="LinkBytesPerSecond">What the last rounds brought over per second; null before the first.</param>
public readonly record struct ConvergencePrediction(ConvergenceVerdict Verdict, TimeSpan PredictedLastRound, double DirtyBytesPerSecond, double? LinkBytesPerSecond);

/// <summary>Decides when to stop rounds.</summary>
/// <remarks>
/// A round of d bytes takes d / link + a fixed cost (checkpoint, block status). During it the guest makes dirtyRate × time bytes dirty, so rounds shrink by dirtyRate / link.
/// Above nine tenths, they shrink so slowly that it counts as standing still; so does a round that did not become shorter twice in a row.
/// </remarks>
public static class Convergence
{
    private const double StandsStill = 0.9;

    /// <param name="rounds">Finished rounds, the base copy first.</param>
    /// <param name="dirtyNow">What is dirty at this moment.</param>
    /// <param name="sinceLastCheckpoint">How long it took to become so.</param>
    /// <param name="maxDowntime">The declared outage.</param>
    /// <param name="fixedDowntime">What the outage costs besides copying: stopping, fencing, starting, as measured or estimated.</param>
    /// <param name="maxRounds">After so many, no more are tried.</param>
    public static ConvergencePrediction Predict(
        IReadOnlyList<CopyRound> rounds, long dirtyNow, TimeSpan sinceLastCheckpoint, TimeSpan maxDowntime, TimeSpan fixedDowntime, int maxRounds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dirtyNow);
        double? link = null;
        var fixedCost = TimeSpan.Zero;
        // The largest of the last three rounds tells the rate best: in a tiny one, the fixed cost is all there is.
        foreach (var round in rounds.Skip(Math.Max(0, rounds.Count - 3)))
        {
            if (round.DirtyBytes > 0 && round.Duration > TimeSpan.Zero)
                link = Math.Max(link ?? 0, round.DirtyBytes / round.Duration.TotalSeconds);
        }

        if (link is { } l && rounds.Count > 0 && rounds[^1] is var lastRound)
            fixedCost = TimeSpan.FromSeconds(Math.Max(0, lastRound.Duration.TotalSeconds - (lastRound.DirtyBytes / l)));
        var dirtyRate = sinceLastCheckpoint > TimeSpan.Zero ? dirtyNow / sinceLastCheckpoint.TotalSeconds : 0;
        var last = dirtyNow == 0 ? fixedCost : link is { } known ? fixedCost + TimeSpan.FromSeconds(dirtyNow / known) : TimeSpan.MaxValue;
        var fits = last != TimeSpan.MaxValue && last + fixedDowntime <= maxDowntime;
        var verdict = ConvergenceVerdict.AnotherRound;
        if (fits)
            verdict = ConvergenceVerdict.CutOver;
        else if (rounds.Count >= maxRounds || fixedCost + fixedDowntime > maxDowntime || StandStill(rounds, dirtyNow, dirtyRate, link))
            verdict = ConvergenceVerdict.DoesNotConverge;
        return new ConvergencePrediction(verdict, last, dirtyRate, link);
    }

    private static bool StandStill(IReadOnlyList<CopyRound> rounds, long dirtyNow, double dirtyRate, double? link)
    {
        // One round of changes has to be over before its rate can be told from the base copy's.
        if (rounds.Count < 2 || link is null)
            return false;
        if (dirtyRate >= StandsStill * link)
            return true;
        return rounds.Count >= 3 && rounds[^2].DirtyBytes >= rounds[^3].DirtyBytes && dirtyNow >= rounds[^1].DirtyBytes && rounds[^1].DirtyBytes >= rounds[^2].DirtyBytes;
    }
}
