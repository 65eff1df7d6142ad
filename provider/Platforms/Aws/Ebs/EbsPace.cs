namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>How fast blocks may be asked for: below the declared limit, slower when the service asks for that, and faster again after. One for a site.</summary>
/// <remarks>Additive increase, multiplicative decrease, as for a network without a known capacity: the account's quota is shared with whoever else works in it.</remarks>
internal sealed class EbsPace(int mostPerSecond, TimeProvider time)
{
    private const double Least = 2;

    private readonly Lock _gate = new();
    private double _perSecond = mostPerSecond;
    private double _tokens = Math.Min(64, mostPerSecond);
    private long _at = time.GetTimestamp();
    private long _slowedAt;
    private bool _wasSlowed;

    internal long Throttled { get; private set; }

    /// <summary>For the progress line: what the service's throttling does to the copy just now; null when nothing.</summary>
    internal string? Notice
    {
        get
        {
            lock (_gate)
            {
                return _wasSlowed && _perSecond < mostPerSecond * 0.95 ? $"EBS asks for a slower pace: {_perSecond:0} blocks/s" : null;
            }
        }
    }

    internal async ValueTask TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                var now = time.GetTimestamp();
                var passed = time.GetElapsedTime(_at, now).TotalSeconds;
                _at = now;
                if (_wasSlowed && _perSecond < mostPerSecond)
                {
                    // A twentieth of the limit more with each second.
                    _perSecond = Math.Min(mostPerSecond, _perSecond + (mostPerSecond / 20.0 * passed));
                }

                // A tenth of a second's worth may burst.
                _tokens = Math.Min(Math.Max(8, _perSecond / 10), _tokens + (passed * _perSecond));
                if (_tokens >= 1)
                {
                    _tokens -= 1;
                    return;
                }

                wait = TimeSpan.FromSeconds((1 - _tokens) / _perSecond);
            }

            await Task.Delay(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The service has refused a call for its rate. Many refusals of one moment count once.</summary>
    internal void Slow()
    {
        lock (_gate)
        {
            Throttled++;
            if (_wasSlowed && time.GetElapsedTime(_slowedAt) < TimeSpan.FromMilliseconds(250))
            {
                return;
            }

            (_wasSlowed, _slowedAt) = (true, time.GetTimestamp());
            _perSecond = Math.Max(Least, _perSecond * 0.85);
        }
    }
}
