namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>What happened to one VM, all its copies together. Kept by the world itself, which misses nothing.</summary>
public sealed record VmWatch
{
    /// <summary>Copies that run now.</summary>
    public int Running { get; init; }

    public int MostRunning { get; init; }

    /// <summary>How often a start made it two copies or more.</summary>
    public int DoubleRuns { get; init; }

    /// <summary>Those of <see cref="DoubleRuns"/> that nobody made by hand.</summary>
    public int DoubleRunsNotByHand { get; init; }

    public int Starts { get; init; }

    /// <summary>Since when no copy has run; null while one runs, or when none ever has.</summary>
    public DateTimeOffset? DownSince { get; init; }

    /// <summary>Times without a running copy that have ended.</summary>
    public int Outages { get; init; }

    public TimeSpan LongestOutage { get; init; }

    public TimeSpan TotalOutage { get; init; }

    /// <param name="before">How many ran before the change.</param>
    internal VmWatch Changed(int before, int after, DateTimeOffset at, bool byHand)
    {
        var next = this with
        {
            Running = after,
            MostRunning = Math.Max(Math.Max(MostRunning, before), after),
            Starts = Starts + (after > before ? 1 : 0),
        };
        if (after > before && after > 1)
        {
            next = next with { DoubleRuns = DoubleRuns + 1, DoubleRunsNotByHand = DoubleRunsNotByHand + (byHand ? 0 : 1) };
        }

        if (after == 0 && before > 0)
        {
            return next with { DownSince = at };
        }

        if (after == 0 || before > 0 || DownSince is not { } since)
        {
            return next;
        }

        var outage = at - since;
        return next with
        {
            DownSince = null,
            Outages = Outages + 1,
            LongestOutage = outage > LongestOutage ? outage : LongestOutage,
            TotalOutage = TotalOutage + outage,
        };
    }
}
