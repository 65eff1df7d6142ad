using Microsoft.AspNetCore.Connections;

namespace VmMigrate.Host.Terraform;

/// <summary>Counts core's connections, so that a process whose core was killed does not stay for ever.</summary>
internal sealed class ConnectionCount
{
    private int open;
    private int ever;

    /// <summary>Connection middleware.</summary>
    internal ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref open);
        Volatile.Write(ref ever, 1);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    };

    /// <summary>Returns when <paramref name="end"/> is cancelled, or when there has been no connection for too long.</summary>
    internal async Task WaitForEndAsync(TimeProvider time, TimeSpan first, TimeSpan idle, CancellationToken end)
    {
        var since = time.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await tick.WaitForNextTickAsync(end).ConfigureAwait(false))
            {
                if (Volatile.Read(ref open) > 0)
                {
                    since = time.GetTimestamp();
                }
                else if (time.GetElapsedTime(since) > (Volatile.Read(ref ever) == 1 ? idle : first))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
    }
}
