namespace VmMigrate.Engine.Blocks;

/// <summary>Makes a copy's progress stable as it goes, so that neither a killed process nor a target's server that dies costs more than a little.</summary>
/// <remarks>
/// <code>
/// acknowledged ─► waiting ─► flush by one worker, in the stream of its writes ─► settled in the tree ─► map saved
/// </code>
/// A chunk counts as done only after the flush. What waits is bounded: at most 2.5 % of what is done (8 MiB at the start), so a run that goes on sends again less than 5 %.
/// When the target's connection is lost, its server may have died with what it had not made stable: everything that waits is done again (a new epoch).
/// </remarks>
internal sealed class JobDurability(ResumeOptions? resume, ExtentSet? ranges, TimeProvider time) : IDisposable
{
    private const long FirstAt = 4 << 20;
    private const long FirstLimit = 8 << 20;
    private const long LargestAt = 1L << 30;

    /// <summary>A slow copy is made stable by the clock.</summary>
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly MemoryStream _map = new();
    private Checkpoint _waiting = new();
    private long _stable;
    private long _unsaved;
    private bool _running;
    private long _last = time.GetTimestamp();

    /// <summary>The tree held chunks of an earlier run at the start.</summary>
    internal bool IsResumed { get; set; }

    /// <summary>Content that earlier runs have made stable: the more there is, the less often it has to be said.</summary>
    internal void CountEarlier(long bytes)
    {
        lock (_gate)
            _stable += bytes;
    }

    /// <summary>The target held content when this copy, or the run it goes on from, began.</summary>
    internal bool ZeroesNeedWriting { get; set; }

    /// <summary>Changes when the target's connection was lost.</summary>
    internal int Epoch { get; private set; }

    internal bool HasWaiting
    {
        get
        {
            lock (_gate)
                return _waiting.Records.Count > 0 || _running;
        }
    }

    /// <summary>So much waits that nothing more is to be begun.</summary>
    internal bool IsFull
    {
        get
        {
            lock (_gate)
                return _unsaved >= Math.Max(FirstLimit, Math.Min(4 * LargestAt, _stable / 40));
        }
    }

    /// <summary>False when the chunk was acknowledged on a connection of a lost epoch.</summary>
    internal bool Add(ChunkRecord record, long bytes, int epoch)
    {
        lock (_gate)
        {
            if (epoch != Epoch)
                return false;
            // Zeroes are quickly done again.
            bytes = record.Work.Read == 0 ? 0 : bytes;
            _waiting.Records.Add(record);
            _waiting.Bytes += bytes;
            _unsaved += bytes;
            return true;
        }
    }

    /// <summary>What is to be made stable now; null when it is not time, or somebody is at it.</summary>
    internal Checkpoint? TryBegin(int epoch, bool evenIfEarly)
    {
        lock (_gate)
        {
            if (_running || epoch != Epoch || _waiting.Records.Count == 0)
                return null;
            var due = _waiting.Bytes >= Math.Max(FirstAt, Math.Min(LargestAt, _stable / 100)) || time.GetElapsedTime(_last) >= AtLeastEvery;
            if (!due && !evenIfEarly)
                return null;
            _running = true;
            _idle.Reset();
            var begun = _waiting;
            _waiting = new Checkpoint();
            return begun;
        }
    }

    /// <summary>The target has flushed: the chunks are done, and the map says so before anything else is begun.</summary>
    internal void Complete(CopyJob job, Checkpoint checkpoint, int epoch, CancellationToken cancellationToken)
    {
        var lost = false;
        lock (_gate)
            lost = epoch != Epoch;
        try
        {
            if (lost)
            {
                Return(job, checkpoint);
                return;
            }

            foreach (var record in checkpoint.Records)
                job.Settle(record);
            lock (_gate)
                _stable += checkpoint.Bytes;
            if (resume is not null)
                SaveAsync(job.Tree!, cancellationToken).GetAwaiter().GetResult();
            lock (_gate)
                _unsaved -= checkpoint.Bytes;
        }
        finally
        {
            lock (_gate)
            {
                _running = false;
                _last = time.GetTimestamp();
                _idle.Set();
            }
        }
    }

    /// <summary>Saves the map as the tree is now.</summary>
    /// <exception cref="BlockException">It cannot be saved.</exception>
    internal async Task SaveAsync(DigestTree tree, CancellationToken cancellationToken)
    {
        long stable;
        lock (_gate)
            stable = _stable;
        try
        {
            await resume!.Store.SaveAsync(ResumeMap.Write(_map, tree, resume.SourceState, ranges, ZeroesNeedWriting, stable), cancellationToken);
        }
        catch (IOException e)
        {
            throw new BlockException(BlockErrorKind.WriteFailed, $"The map for resuming cannot be saved: {e.Message}", canRetry: false, e) { AtTarget = true };
        }
    }

    /// <summary>The target's connection is gone: what waits is done again, over new connections.</summary>
    internal void Lose(CopyJob job, Checkpoint? begun, int epoch)
    {
        Checkpoint waiting;
        lock (_gate)
        {
            if (begun is not null)
            {
                _running = false;
                _idle.Set();
            }

            if (epoch == Epoch)
                Epoch++;
            waiting = _waiting;
            _waiting = new Checkpoint();
        }

        Return(job, waiting);
        if (begun is not null)
            Return(job, begun);
    }

    /// <summary>Waits a little while another worker makes things stable.</summary>
    internal void WaitForOther(CancellationToken cancellationToken) => _idle.Wait(100, cancellationToken);

    public void Dispose()
    {
        _idle.Dispose();
        _map.Dispose();
    }

    private void Return(CopyJob job, Checkpoint checkpoint)
    {
        foreach (var record in checkpoint.Records)
            job.Again(record.Work);
        lock (_gate)
            _unsaved -= checkpoint.Bytes;
    }
}
