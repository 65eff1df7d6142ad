using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Pulumi;

/// <summary>Shows a run on its resource's row: one live line, which is not kept, and lines that are.</summary>
/// <remarks>
/// Without a terminal the engine prints every live line anew, and it does not tell us whether there is one. So a line goes out at
/// once when the phase changes and otherwise at most every ten seconds; and after a minute without news the last one goes out again,
/// because CI systems stop a job that prints nothing.
/// </remarks>
internal sealed class RunProgress : RunEvents, IDisposable
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    private readonly EngineLog _log;
    private readonly string _urn;
    private readonly Redactor _redactor;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private string? _phase;
    private string? _line;
    private string? _shown;
    private long _shownAt;
    private bool _over;

    internal RunProgress(EngineLog log, string urn, Redactor redactor, TimeProvider time)
    {
        _log = log;
        _urn = urn;
        _redactor = redactor;
        _time = time;
        _shownAt = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Tick(), null, Interval, Interval);
    }

    public override void Status(string phase, string line)
    {
        lock (_lock)
        {
            _line = line;
            if (phase != _phase || _time.GetElapsedTime(_shownAt) >= Interval)
            {
                _phase = phase;
                Show();
            }
        }
    }

    public override void Say(Severity severity, string message) => _log.Write(severity, _redactor.Clean(message), _urn);

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            // A tick that is under way must not put a live line behind the last word.
            _over = true;
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            if (_line is not null && _time.GetElapsedTime(_shownAt) >= (_line == _shown ? LongestSilence : Interval))
            {
                Show();
            }
        }
    }

    private void Show()
    {
        if (_over)
        {
            return;
        }

        _shown = _line;
        _shownAt = _time.GetTimestamp();

        // Only the first line of a status fits on a row.
        var clean = _redactor.Clean(_line!);
        var end = clean.IndexOf('\n', StringComparison.Ordinal);
        _log.Write(Severity.Note, end < 0 ? clean : clean[..end], _urn, ephemeral: true);
    }
}
