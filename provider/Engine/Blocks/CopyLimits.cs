namespace VmMigrate.Engine.Blocks;

/// <summary>What every copy of a process keeps to, together. All of it may change while copies run, and counts at once.</summary>
public sealed class CopyLimits : IDisposable
{
    /// <summary>In flight over all disks of all VMs.</summary>
    private const long BytesInFlight = 64 << 20;

    private static readonly TimeSpan FilePoll = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private ITimer? _watch;
    private long _patienceTicks = TimeSpan.FromMinutes(2).Ticks;

    /// <param name="zone">The zone of a timetable's times of day.</param>
    public CopyLimits(TimeProvider time, TimeZoneInfo zone)
    {
        _time = time;
        Throttle = new Throttle(BandwidthSchedule.Unlimited, time, zone);
    }

    /// <summary>No limit of bandwidth, and the usual budget: for sites that nobody has configured.</summary>
    public static CopyLimits Unlimited { get; } = new(TimeProvider.System, TimeZoneInfo.Local);

    public Throttle Throttle { get; }

    public CopyBudget Budget { get; } = new(BytesInFlight);

    /// <summary>How long a lost link or server may stay away before the copy gives up.</summary>
    public TimeSpan Patience
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _patienceTicks));
        set => Interlocked.Exchange(ref _patienceTicks, value.Ticks);
    }

    /// <summary>Takes what is declared now in place of what was.</summary>
    /// <param name="file">A file that holds a schedule and is read again while copies run; null: <paramref name="schedule"/> counts alone.</param>
    public void Declare(BandwidthSchedule schedule, string? file, TimeSpan patience)
    {
        lock (_gate)
        {
            _watch?.Dispose();
            _watch = null;
            Patience = patience;
            Throttle.Schedule = schedule;
            if (file is not null)
            {
                ReadFile(file, schedule);
                _watch = _time.CreateTimer(_ => ReadFile(file, schedule), null, FilePoll, FilePoll);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _watch?.Dispose();
        Budget.Dispose();
    }

    private void ReadFile(string file, BandwidthSchedule otherwise)
    {
        try
        {
            Throttle.Schedule = File.Exists(file) ? BandwidthSchedule.Parse(File.ReadAllText(file)) : otherwise;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Half written, or not readable just now: what was read last goes on to count.
        }
    }
}
