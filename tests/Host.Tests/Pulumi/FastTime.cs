namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>Timers run a hundred times as fast.</summary>
internal sealed class FastTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 100 : dueTime, period > TimeSpan.Zero ? period / 100 : period);
}
