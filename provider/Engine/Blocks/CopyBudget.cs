namespace VmMigrate.Engine.Blocks;

/// <summary>What all copies of a process may have in flight together. A worker takes its share before it starts and gives it back when it ends; who finds nothing left waits.</summary>
public sealed class CopyBudget : IDisposable
{
    /// <summary>The unit of shares.</summary>
    private const int UnitBytes = 64 << 10;

    private readonly SemaphoreSlim _units;
    private readonly int _most;
    private readonly Lock _turn = new();

    /// <param name="bytesInFlight">At least 4 MiB; 64 MiB is what the provider uses.</param>
    public CopyBudget(long bytesInFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesInFlight, 4 << 20);
        _most = checked((int)(bytesInFlight / UnitBytes));
        _units = new SemaphoreSlim(_most);
    }

    /// <summary>Takes a share; one that is larger than everything takes everything.</summary>
    internal IDisposable Take(long bytes, CancellationToken cancellationToken)
    {
        var units = (int)Math.Min(_most, (bytes + UnitBytes - 1) / UnitBytes);
        var taken = 0;
        try
        {
            // One at a time, or two that each hold a half would wait for each other for ever.
            while (!_turn.TryEnter(TimeSpan.FromMilliseconds(100)))
                cancellationToken.ThrowIfCancellationRequested();
            try
            {
                for (; taken < units; taken++)
                    _units.Wait(cancellationToken);
            }
            finally
            {
                _turn.Exit();
            }
        }
        catch
        {
            if (taken > 0)
                _units.Release(taken);
            throw;
        }

        return new Share(_units, units);
    }

    public void Dispose() => _units.Dispose();

    private sealed class Share(SemaphoreSlim units, int count) : IDisposable
    {
        public void Dispose() => units.Release(count);
    }
}
