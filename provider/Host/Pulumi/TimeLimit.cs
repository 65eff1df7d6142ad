namespace VmMigrate.Host.Pulumi;

/// <summary>A token that goes off with another one, or when a time is over.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource? _limit;
    private readonly CancellationTokenSource _either;

    /// <param name="limit">Null: no limit.</param>
    internal TimeLimit(TimeSpan? limit, TimeProvider time, CancellationToken other)
    {
        _limit = limit is { } value ? new CancellationTokenSource(value, time) : null;
        _either = CancellationTokenSource.CreateLinkedTokenSource(other, _limit?.Token ?? CancellationToken.None);
    }

    internal CancellationToken Token => _either.Token;

    public void Dispose()
    {
        _either.Dispose();
        _limit?.Dispose();
    }
}
