namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>How a copier's thread waits for the world's time, and is called off.</summary>
internal sealed class Waiting(TimeProvider time) : IDisposable
{
    private readonly ManualResetEventSlim _aborted = new();

    internal bool IsAborted => _aborted.IsSet;

    internal void Abort() => _aborted.Set();

    /// <returns>False when it was called off; an infinite wait ends in no other way.</returns>
    internal bool For(TimeSpan duration)
    {
        var simulated = time as SimulatedTime;
        using var over = new ManualResetEventSlim();
        using var timer = duration == Timeout.InfiniteTimeSpan ? null : time.CreateTimer(static o => ((ManualResetEventSlim)o!).Set(), over, duration, Timeout.InfiniteTimeSpan);
        simulated?.Park();
        try
        {
            return WaitHandle.WaitAny([over.WaitHandle, _aborted.WaitHandle]) == 0;
        }
        finally
        {
            simulated?.Unpark();
            simulated?.BlockMoved();
        }
    }

    public void Dispose() => _aborted.Dispose();
}
