namespace VmMigrate.Engine.Blocks;

/// <summary>One bandwidth limit over everything that runs: a token bucket that all copies share. May be changed while they run.</summary>
/// <remarks>
/// The bucket holds a tenth of a second, so that bursts stay short and the average is exact. A request takes all its tokens at once and may go when the bucket is not in debt:
/// a request larger than the bucket therefore goes too, and the next one waits longer.
/// </remarks>
public sealed class Throttle
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeZoneInfo _zone;
    private BandwidthSchedule _schedule;
    private double _tokens;
    private long _filledAt;

    /// <param name="zone">The zone in which the schedule's times of day are meant.</param>
    public Throttle(BandwidthSchedule schedule, TimeProvider time, TimeZoneInfo zone)
    {
        _schedule = schedule;
        _time = time;
        _zone = zone;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>What is declared now; may be set at any moment and counts at once.</summary>
    public BandwidthSchedule Schedule
    {
        get
        {
            lock (_gate)
                return _schedule;
        }

        set
        {
            lock (_gate)
                _schedule = value;
        }
    }

    /// <summary>Bytes per second at this moment; null: no limit.</summary>
    public long? BytesPerSecond
    {
        get
        {
            lock (_gate)
                return Now();
        }
    }

    /// <summary>Waits until so many bytes may go.</summary>
    internal void Take(int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                if (Now() is not { } rate)
                {
                    _tokens = 0;
                    _filledAt = _time.GetTimestamp();
                    return;
                }

                var now = _time.GetTimestamp();
                _tokens = Math.Min(_tokens + (_time.GetElapsedTime(_filledAt, now).TotalSeconds * rate), rate / 10.0);
                _filledAt = now;
                if (_tokens >= 0)
                {
                    _tokens -= bytes;
                    return;
                }

                wait = TimeSpan.FromSeconds(-_tokens / rate);
            }

            // In slices: the limit may be lifted meanwhile.
            if (wait > Slice)
                wait = Slice;
            if (wait < TimeSpan.FromMilliseconds(1))
                wait = TimeSpan.FromMilliseconds(1);
            Pause(wait, _time, cancellationToken);
        }
    }

    private long? Now() => _schedule.At(TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(_time.GetUtcNow(), _zone).DateTime));

    /// <summary>Blocks a worker's thread for a while, by the clock that it lives by.</summary>
    internal static void Pause(TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        if (time == TimeProvider.System)
        {
            if (cancellationToken.WaitHandle.WaitOne(wait))
                cancellationToken.ThrowIfCancellationRequested();
            return;
        }

        Task.Delay(wait, time, cancellationToken).GetAwaiter().GetResult();
    }
}
