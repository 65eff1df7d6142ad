namespace VmMigrate.Engine.Inventories;

/// <summary>Something that is read once for all who ask, and again when it is too old or was forgotten. A read that failed is not kept.</summary>
internal sealed class OnceRead<T>(TimeProvider time, Func<CancellationToken, Task<T>> read)
{
    private readonly Lock _gate = new();
    private Task<T>? _reading;
    private long _since;

    /// <param name="notOlderThan">Counted from the moment at which the read began.</param>
    internal async Task<T> GetAsync(TimeSpan notOlderThan, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Task<T> reading;
        lock (_gate)
        {
            if (_reading is null || time.GetElapsedTime(_since) > notOlderThan)
            {
                _since = time.GetTimestamp();

                // One caller's cancel must not take the answer from the others.
                _reading = read(CancellationToken.None);
            }

            reading = _reading;
        }

        try
        {
            return await reading.WaitAsync(cancellation);
        }
        catch when (reading.IsFaulted || reading.IsCanceled)
        {
            lock (_gate)
            {
                if (_reading == reading)
                {
                    _reading = null;
                }
            }

            throw;
        }
    }

    internal void Forget()
    {
        lock (_gate)
        {
            _reading = null;
        }
    }
}
