namespace VmMigrate.Engine.Blocks;

/// <summary>Blocking work on a thread of its own, seen as a task.</summary>
internal static class BlockingCall
{
    /// <summary>Runs <paramref name="work"/> on a dedicated thread, so that the pool is never starved. Errors that follow a cancellation become the cancellation.</summary>
    internal static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                done.SetResult(work());
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken.IsCancellationRequested ? e.CancellationToken : cancellationToken);
            }
            catch (BlockException) when (cancellationToken.IsCancellationRequested)
            {
                done.SetCanceled(cancellationToken);
            }
#pragma warning disable CA1031 // The exception travels to whoever awaits the task.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        }, maxStackSize: 512 << 10)
        {
            IsBackground = true,
            Name = "blocks",
        };
        thread.Start();
        return done.Task;
    }
}
