namespace VmMigrate.Engine.Blocks;

/// <summary>How many disks of one site may be copied at a time. First come, first served.</summary>
public sealed class DiskSlots
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int? _most;
    private int _taken;

    /// <summary>Null: no limit. May be changed at any moment; copies that run go on.</summary>
    public int? Most
    {
        get
        {
            lock (_gate)
                return _most;
        }

        set
        {
            lock (_gate)
            {
                _most = value;
                LetIn();
            }
        }
    }

    /// <summary>Takes a place at both sites, and none twice where they are one. Dispose it to give them back.</summary>
    /// <param name="nameOfOne">The sites' names bring an order into who is asked first, so that no two copies wait for each other.</param>
    internal static async Task<IDisposable> TakeAsync(string nameOfOne, DiskSlots one, string nameOfOther, DiskSlots other, CancellationToken cancellationToken)
    {
        var (first, second) = string.CompareOrdinal(nameOfOne, nameOfOther) <= 0 ? (one, other) : (other, one);
        await first.EnterAsync(cancellationToken);
        if (ReferenceEquals(first, second))
            return new Place(first, null);
        try
        {
            await second.EnterAsync(cancellationToken);
            return new Place(first, second);
        }
        catch
        {
            first.Leave();
            throw;
        }
    }

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<TaskCompletionSource> node;
        lock (_gate)
        {
            node = _waiting.AddLast(turn);
            LetIn();
        }

        try
        {
            await turn.Task.WaitAsync(cancellationToken);
        }
        catch
        {
            lock (_gate)
            {
                if (node.List is not null)
                    _waiting.Remove(node);
                else
                    _taken--;
                LetIn();
            }

            throw;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _taken--;
            LetIn();
        }
    }

    private void LetIn()
    {
        while (_waiting.First is { } next && (_most is null || _taken < _most))
        {
            _waiting.RemoveFirst();
            _taken++;
            next.Value.SetResult();
        }
    }

    private sealed class Place(DiskSlots first, DiskSlots? second) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) != 0)
                return;
            second?.Leave();
            first.Leave();
        }
    }
}
