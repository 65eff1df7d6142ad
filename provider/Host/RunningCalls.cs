namespace VmMigrate.Host;

/// <summary>The calls under way: what Cancel stops, and what the end of the process waits for.</summary>
internal sealed class RunningCalls : IDisposable
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _cancel = new();
    private TaskCompletionSource? _idle;
    private int _count;

    internal bool Any
    {
        get
        {
            lock (_lock)
            {
                return _count > 0;
            }
        }
    }

    /// <summary>True from Cancel until the next engine greets us.</summary>
    internal bool Cancelled => _cancel.IsCancellationRequested;

    /// <summary>A call begins; it ends when the result is disposed. Its token also goes off when the caller hangs up.</summary>
    internal RunningCall Begin(CancellationToken caller)
    {
        lock (_lock)
        {
            _count++;
            return new RunningCall(this, CancellationTokenSource.CreateLinkedTokenSource(caller, _cancel.Token));
        }
    }

    /// <summary>Stops all calls under way, and all that come before <see cref="Reset"/>. Does not wait for them.</summary>
    internal Task CancelAsync()
    {
        lock (_lock)
        {
            return _cancel.CancelAsync();
        }
    }

    /// <summary>A new engine uses this process (attached by hand, it outlives many): an old Cancel is not meant for it.</summary>
    internal void Reset()
    {
        lock (_lock)
        {
            if (_cancel.IsCancellationRequested)
            {
                // Not disposed: calls of the last engine may still hold its token.
                _cancel = new CancellationTokenSource();
            }
        }
    }

    /// <summary>Completes when no call is under way.</summary>
    internal Task WhenIdleAsync()
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    public void Dispose() => _cancel.Dispose();

    private void End()
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _idle?.TrySetResult();
                _idle = null;
            }
        }
    }

    internal sealed class RunningCall(RunningCalls owner, CancellationTokenSource source) : IDisposable
    {
        internal CancellationToken Token { get; } = source.Token;

        public void Dispose()
        {
            source.Dispose();
            owner.End();
        }
    }
}
