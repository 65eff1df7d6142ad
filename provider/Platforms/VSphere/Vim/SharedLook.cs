namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>
/// A read that many ask for at once. Whoever asks gets a look that began after the question, so it is as fresh as one of its own; those who ask while one is under way share the next:
/// a thousand questions cost as many looks as follow one another in that time.
/// </summary>
internal sealed class SharedLook<T>(Func<CancellationToken, Task<T>> look)
{
    private readonly Lock _gate = new();
    private Task<T>? _running;
    private Task<T>? _next;

    /// <param name="cancellation">Ends the waiting. The look goes on for the others.</param>
    internal Task<T> GetAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_running is null || _running.IsCompleted)
            {
                return (_running = Task.Run(() => look(CancellationToken.None), CancellationToken.None)).WaitAsync(cancellation);
            }

            return (_next ??= AfterAsync(_running)).WaitAsync(cancellation);
        }
    }

    private async Task<T> AfterAsync(Task<T> before)
    {
        await before.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        Task<T> mine;
        lock (_gate)
        {
            // Whoever asks from now on asks after this one has begun.
            (_running, _next) = (mine = Task.Run(() => look(CancellationToken.None), CancellationToken.None), null);
        }

        return await mine.ConfigureAwait(false);
    }
}
