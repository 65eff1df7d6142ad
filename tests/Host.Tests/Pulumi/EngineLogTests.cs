using VmMigrate.Engine.Checks;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Values;
using static VmMigrate.Host.Tests.Pulumi.Wire;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class EngineLogTests
{
    private const int Limit = 30_000;

    [Fact(Timeout = Limit)]
    public async Task Live_lines_are_one_a_phase_first_line_only_and_all_lines_come_before_the_answer()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        wire.Engine.Delay = TimeSpan.FromMilliseconds(20);

        wire.Create(Inputs("Busy"));

        Assert.Equal(
            [
                (true, "pack 0"),
                (true, "move 500"),
                (false, "box-crate stands at attic."),
                (false, "It got hot. [sample.hot]"),
            ],
            wire.Engine.Lines.Select(line => (line.Ephemeral, line.Message)));
        Assert.Equal([LogSeverity.Info, LogSeverity.Info, LogSeverity.Info, LogSeverity.Warning], wire.Engine.Lines.Select(line => line.Severity));
    }

    [Fact(Timeout = Limit)]
    public async Task An_engine_that_takes_no_lines_is_no_failure()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        wire.Engine.Refuses = true;

        Assert.Equal("box-crate", wire.Create(Inputs("Busy")).Id);

        await wire.Client.HandshakeAsync(new ProviderHandshakeRequest { EngineAddress = "127.0.0.1:1" });
        Assert.Equal("box-crate", wire.Create(Inputs("Busy")).Id);

        await wire.Client.HandshakeAsync(new ProviderHandshakeRequest { EngineAddress = "no address at all" });
        Assert.Equal("box-crate", wire.Create(Inputs("Busy")).Id);
    }

    [Fact(Timeout = Limit)]
    public async Task Within_a_phase_a_line_goes_out_every_ten_seconds_and_a_silent_run_shows_its_last_line_again()
    {
        await using var engine = await FakeEngine.StartAsync(TestContext.Current.CancellationToken);
        var time = new HandTime();
        await using var log = new EngineLog(FileLog.Open(null, time), TimeProvider.System) { Address = engine.Address };
        using var progress = new RunProgress(log, "urn", Redactor.None, time);

        progress.Status("copy", "1 %");
        progress.Status("copy", "2 %");
        time.Pass(TimeSpan.FromSeconds(9));
        progress.Status("copy", "3 %");
        time.Pass(TimeSpan.FromSeconds(1));
        time.Pass(TimeSpan.FromSeconds(10));
        progress.Status("copy", "4 %");
        time.Pass(TimeSpan.FromSeconds(55));
        await log.FlushAsync();
        Assert.Equal(["1 %", "3 %", "4 %"], engine.Lines.Select(line => line.Message));

        time.Pass(TimeSpan.FromSeconds(10));
        await log.FlushAsync();
        Assert.Equal(["1 %", "3 %", "4 %", "4 %"], engine.Lines.Select(line => line.Message));

        progress.Say(Severity.Warning, "done");
        await log.FlushAsync();
        Assert.Equal((false, "done"), (engine.Lines.Last().Ephemeral, engine.Lines.Last().Message));
    }

    /// <summary>Time that passes when told, in steps of the progress timer.</summary>
    private sealed class HandTime : TimeProvider
    {
        private readonly List<HandTimer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new HandTimer(callback, state, period, _now + dueTime.Ticks);
            _timers.Add(timer);
            return timer;
        }

        internal void Pass(TimeSpan time)
        {
            var until = _now + time.Ticks;
            while (_timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due) is { } next)
            {
                _now = Math.Max(_now, next.Due);
                next.Fire();
            }

            _now = until;
        }

        private sealed class HandTimer(TimerCallback callback, object? state, TimeSpan period, long due) : ITimer
        {
            internal long Due { get; private set; } = due;

            internal void Fire()
            {
                Due += period.Ticks;
                callback(state);
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose() => Due = long.MaxValue;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
