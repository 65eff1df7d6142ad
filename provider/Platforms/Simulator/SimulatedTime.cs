using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace VmMigrate.Platforms.Simulator;

/// <summary>
/// A clock that stands still while somebody works and jumps to the next timer when everybody waits, so that hours pass in milliseconds.
/// Work started with <see cref="RunAsync"/> runs on one thread, in an order that is the same at every run.
/// </summary>
/// <remarks>
/// The clock must not jump while threads outside that loop still work. It sees two kinds of them: open simulated disks (the copier has threads of
/// its own) and busy threads of the pool. For both it holds still for a moment after their last sign of life; that is a judgement, not a proof.
/// </remarks>
public sealed class SimulatedTime : TimeProvider
{
    // A copier's thread that is given no processor for this long looks idle. On a busy machine 100 ms happen hardly ever, and only faults that hang wait so long.
    private const int WorkingDiskQuietMilliseconds = 100;

    // A channel that waits for the clock itself says so; its neighbours come to rest soon after.
    private const int ParkedDiskQuietMilliseconds = 5;

    // Paid once for each further thread that somebody keeps busy, not for each jump.
    private const int PoolPatienceMilliseconds = 25;

    private readonly System.Threading.Lock _gate = new();
    private readonly PriorityQueue<(SimulatedTimer Timer, int Round), (long Due, long Order)> _timers = new();
    private long _now;
    private long _order;
    private int _openDisks;
    private int _parked;
    private long _lastBlock;
    private ImmutableList<Loop> _loops = [];

    /// <param name="start">The first moment; the same for every run unless given.</param>
    public SimulatedTime(DateTimeOffset? start = null) =>
        _now = (start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).UtcTicks;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _now), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);

        // A loop that had nothing to wait for sleeps without a limit.
        foreach (var loop in _loops)
        {
            loop.Wake();
        }

        return timer;
    }

    /// <summary>Lets time pass, firing what falls due on the calling thread. For use outside <see cref="RunAsync"/>, or to let a world grow older.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = Volatile.Read(ref _now) + by.Ticks;
        while (FireNext(end))
        {
        }

        lock (_gate)
        {
            _now = Math.Max(_now, end);
        }
    }

    /// <summary>Runs work on a thread of its own, with the clock jumping from timer to timer whenever all of it waits.</summary>
    public Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return 0;
    });

    /// <inheritdoc cref="RunAsync(Func{Task})"/>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            using var loop = new Loop(this);
            SynchronizationContext.SetSynchronizationContext(loop);
            var task = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.FromCurrentSynchronizationContext()).Unwrap();
            ImmutableInterlocked.Update(ref _loops, static (all, one) => all.Add(one), loop);
            loop.RunUntil(task);
            ImmutableInterlocked.Update(ref _loops, static (all, one) => all.Remove(one), loop);
            if (task.IsFaulted)
            {
                done.SetException(task.Exception.InnerExceptions);
            }
            else if (task.IsCanceled)
            {
                done.SetCanceled();
            }
            else
            {
                done.SetResult(task.Result);
            }
        })
        {
            IsBackground = true,
            Name = "simulated time",
        };
        thread.Start();
        return done.Task;
    }

    internal void DiskOpened()
    {
        Volatile.Write(ref _lastBlock, Environment.TickCount64);
        Interlocked.Increment(ref _openDisks);
    }

    internal void DiskClosed()
    {
        Volatile.Write(ref _lastBlock, Environment.TickCount64);
        Interlocked.Decrement(ref _openDisks);
    }

    /// <summary>A thread of a copier reads or writes a block.</summary>
    internal void BlockMoved() => Volatile.Write(ref _lastBlock, Environment.TickCount64);

    /// <summary>A thread of a copier waits for this clock.</summary>
    internal void Park() => Interlocked.Increment(ref _parked);

    internal void Unpark() => Interlocked.Decrement(ref _parked);

    /// <summary>How many milliseconds the clock must still hold because of disks at work; 0 for none.</summary>
    private int HoldForDisks()
    {
        var quiet = Volatile.Read(ref _openDisks) == 0 ? 0
            : Volatile.Read(ref _parked) > 0 ? ParkedDiskQuietMilliseconds
            : WorkingDiskQuietMilliseconds;
        return quiet == 0 ? 0 : (int)Math.Max(0, Volatile.Read(ref _lastBlock) + quiet - Environment.TickCount64);
    }

    private bool HasTimers()
    {
        lock (_gate)
        {
            while (_timers.TryPeek(out var next, out _) && next.Timer.Round != next.Round)
            {
                _timers.Dequeue();
            }

            return _timers.Count > 0;
        }
    }

    private bool FireNext(long notAfter)
    {
        SimulatedTimer timer;
        lock (_gate)
        {
            do
            {
                if (!_timers.TryPeek(out var next, out var key) || key.Due > notAfter)
                {
                    return false;
                }

                _timers.Dequeue();
                if (next.Timer.Round != next.Round)
                {
                    continue;
                }

                timer = next.Timer;
                _now = Math.Max(_now, key.Due);
                timer.Again();
                break;
            }
            while (true);
        }

        timer.Fire();
        return true;
    }

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>Counts changes: entries of an earlier round in the queue are dead.</summary>
        internal int Round { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                Round++;
                _period = period;
                if (dueTime >= TimeSpan.Zero)
                {
                    Enqueue(dueTime);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>Under the clock's lock: the entry that falls due now is used up.</summary>
        internal void Again()
        {
            Round++;
            if (_period > TimeSpan.Zero)
            {
                Enqueue(_period);
            }
        }

        internal void Fire() => callback(state);

        private void Enqueue(TimeSpan due) => time._timers.Enqueue((this, Round), (time._now + due.Ticks, time._order++));
    }

    /// <summary>Runs every continuation on one thread, first come first served.</summary>
    private sealed class Loop(SimulatedTime time) : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

        // Threads of the pool that others keep blocked for good; learnt by waiting in vain.
        private int _strangers;

        public override void Post(SendOrPostCallback d, object? state)
        {
            try
            {
                _queue.Add((d, state));
            }
            catch (InvalidOperationException)
            {
                // The loop has ended, and with it everybody who could care.
            }
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Simulated time has no Send.");

        public override SynchronizationContext CreateCopy() => this;

        public void Dispose() => _queue.CompleteAdding();

        internal void Wake()
        {
            if (Current != this)
            {
                Post(static _ => { }, null);
            }
        }

        internal void RunUntil(Task task)
        {
            task.ContinueWith(_ => Post(static _ => { }, null), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            while (!task.IsCompleted)
            {
                if (_queue.TryTake(out var item) || WaitForForeigners(out item))
                {
                    item.Callback(item.State);
                }
                else
                {
                    time.FireNext(long.MaxValue);
                }
            }
        }

        /// <summary>True with work to do; false when nothing but the clock can bring any.</summary>
        private bool WaitForForeigners(out (SendOrPostCallback Callback, object? State) item)
        {
            if (!time.HasTimers())
            {
                item = _queue.Take();
                return true;
            }

            for (int hold; (hold = time.HoldForDisks()) > 0;)
            {
                if (_queue.TryTake(out item, hold))
                {
                    return true;
                }
            }

            for (var waited = 0; PoolWorks(out var busy); waited++)
            {
                if (_queue.TryTake(out item, 1))
                {
                    return true;
                }

                if (waited >= PoolPatienceMilliseconds)
                {
                    _strangers = busy;
                    break;
                }
            }

            return _queue.TryTake(out item);
        }

        private bool PoolWorks(out int busy)
        {
            ThreadPool.GetMaxThreads(out var most, out _);
            ThreadPool.GetAvailableThreads(out var free, out _);
            busy = most - free;
            _strangers = Math.Min(_strangers, busy);
            return busy > _strangers || ThreadPool.PendingWorkItemCount > 0;
        }
    }
}
