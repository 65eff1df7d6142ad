namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>The world's time under a wrong date.</summary>
internal sealed class WrongClock(TimeProvider time, TimeSpan offset) : TimeProvider
{
    internal TimeSpan Offset { get; set; } = offset;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Offset;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
