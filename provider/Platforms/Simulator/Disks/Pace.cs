namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>Holds all disks of a site together to a rate, in the world's time.</summary>
internal sealed class Pace(TimeProvider time, double bytesPerSecond)
{
    // Waiting for every leaf would cost more in timers than it tells; this much runs ahead.
    private static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(20);

    private readonly System.Threading.Lock _gate = new();
    private DateTimeOffset _paidUntil;

    /// <summary>Blocks the copier's thread until so many more bytes may have passed. False when it was aborted meanwhile.</summary>
    internal bool Pass(int bytes, Waiting waiting)
    {
        TimeSpan debt;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _paidUntil = (_paidUntil > now ? _paidUntil : now) + TimeSpan.FromSeconds(bytes / bytesPerSecond);
            debt = _paidUntil - now;
        }

        return debt <= Ahead || waiting.For(debt);
    }
}
