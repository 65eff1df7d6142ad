using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>A disk as a line of snapshots: what is sealed, and at most one that still takes blocks.</summary>
/// <remarks>
/// <code>
///   sealed ─► sealed ─► (head: completed, can be read) ─► (open: pending, takes blocks, cannot be read)
/// </code>
/// Writing begins an open snapshot on the head when there is none; reading seals the open one first, and it becomes the head. So a round of changes is one snapshot with only its
/// blocks, and what is read back is what EBS has stored.
/// </remarks>
internal sealed class SnapshotDisk : IDisposable
{
    /// <summary>Blocks after which a snapshot is sealed and the next begun: 64 GiB. It bounds the memory for checksums, and what a runner without the journal has to send again.</summary>
    private const int MostOpen = 1 << 17;

    private readonly EbsClient _ebs;
    private readonly SnapshotLine _line;
    private readonly ReaderWriterGate _gate = new();
    private readonly Lock _putGate = new();
    private SnapshotContent? _head;
    private string? _open;
    private PutJournal? _journal;
    private Dictionary<int, byte[]?> _put = [];

    internal SnapshotDisk(EbsClient ebs, SnapshotLine line, string name, long lengthBytes)
    {
        (_ebs, _line, Name, LengthBytes) = (ebs, line, name, lengthBytes);
        _head = line.Head is { } head ? new SnapshotContent(ebs, head) : null;
        if (line.Open is { } open)
        {
            (_journal, var known) = PutJournal.Open(open);
            _put = known.ToDictionary(entry => entry.Key, entry => entry.Value.AsSpan().ContainsAnyExcept((byte)0) ? entry.Value : null);
            _open = open;
        }
    }

    internal string Name { get; }

    internal long LengthBytes { get; }

    internal int Blocks => (int)((LengthBytes + EbsClient.BlockBytes - 1) / EbsClient.BlockBytes);

    internal EbsPace Pace => _ebs.Pace;

    /// <summary>The content as it is now, sealed for reading; null where nothing was ever written.</summary>
    internal async Task<SnapshotContent?> ReadAsync(CancellationToken cancellation)
    {
        if (_open is not null)
        {
            await SealAsync(cancellation).ConfigureAwait(false);
        }

        return _head;
    }

    /// <summary>Completes what is open, so that it can be read and volumes can be made of it.</summary>
    internal async Task SealAsync(CancellationToken cancellation)
    {
        using var _ = await _gate.EnterAloneAsync(cancellation).ConfigureAwait(false);
        if (_open is not { } open)
        {
            return;
        }

        // What a killed run may have put, and nobody has put since, goes back to what it was.
        using var memory = new Buffer();
        foreach (var index in _put.Where(entry => entry.Value is null).Select(entry => entry.Key).ToList())
        {
            await ReadHeadAsync(index, memory.Whole, cancellation).ConfigureAwait(false);
            var hash = SHA256.HashData(memory.Whole.Span);
            await _ebs.PutAsync(open, index, memory.Whole, hash, cancellation).ConfigureAwait(false);
            _put[index] = hash;
            _journal?.Done(index, hash);
        }

        _journal?.Seal();
        _journal = null;
        await _ebs.CompleteAsync(open, _put.Count, _put.OrderBy(entry => entry.Key).Select(entry => entry.Value!), cancellation).ConfigureAwait(false);
        await _line.SealedAsync(open, cancellation).ConfigureAwait(false);
        _head = new SnapshotContent(_ebs, open);
        (_open, _put) = (null, []);
        PutJournal.Delete(open);
    }

    /// <summary>Writes a block; zeroes are not sent where nothing else was.</summary>
    /// <param name="content">A whole block.</param>
    /// <param name="hash">Its SHA-256 where that is known; null: it is computed.</param>
    internal async Task PutAsync(int index, ReadOnlyMemory<byte> content, byte[]? hash, CancellationToken cancellation)
    {
        await PutOneAsync(index, content, hash, cancellation).ConfigureAwait(false);
        bool isFull;
        lock (_putGate)
        {
            isFull = _put.Count >= MostOpen;
        }

        if (isFull)
        {
            await SealAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task PutOneAsync(int index, ReadOnlyMemory<byte> content, byte[]? known, CancellationToken cancellation)
    {
        using var _ = await _gate.EnterAsync(cancellation).ConfigureAwait(false);
        if (!content.Span.ContainsAnyExcept((byte)0) && !await MayHoldAsync(index, cancellation).ConfigureAwait(false))
        {
            return;
        }

        var open = await OpenAsync(cancellation).ConfigureAwait(false);
        var hash = known ?? SHA256.HashData(content.Span);
        lock (_putGate)
        {
            if (!_put.ContainsKey(index))
            {
                _journal!.Intend(index);
                _put[index] = null;
            }
        }

        await _ebs.PutAsync(open, index, content, hash, cancellation).ConfigureAwait(false);
        lock (_putGate)
        {
            _put[index] = hash;
            _journal!.Done(index, hash);
        }
    }

    /// <summary>Whether the block may hold anything but zeroes.</summary>
    internal async ValueTask<bool> MayHoldAsync(int index, CancellationToken cancellation)
    {
        lock (_putGate)
        {
            if (_put.ContainsKey(index))
            {
                return true;
            }
        }

        return _head is not null && await _head.HasAsync(index, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether the block was put since the last seal, so that it cannot be read now.</summary>
    internal bool IsOpen(int index)
    {
        lock (_putGate)
        {
            return _put.ContainsKey(index);
        }
    }

    /// <summary>Reads a block as it was at the last seal.</summary>
    internal Task ReadHeadAsync(int index, Memory<byte> into, CancellationToken cancellation)
    {
        if (_head is { } head)
        {
            return head.ReadAsync(index, into, cancellation);
        }

        into.Span.Clear();
        return Task.CompletedTask;
    }

    /// <summary>What was put is known after a kill, and after the machine's death.</summary>
    internal void Flush() => _journal?.Flush();

    public void Dispose() => _journal?.Dispose();

    private readonly SemaphoreSlim _opening = new(1, 1);

    private async Task<string> OpenAsync(CancellationToken cancellation)
    {
        if (_open is { } open)
        {
            return open;
        }

        await _opening.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_open is null)
            {
                var begun = await _line.BeginAsync(cancellation).ConfigureAwait(false);
                (_journal, _) = PutJournal.Open(begun);
                _open = begun;
            }

            return _open;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>A block's memory: of a writer's own stack where it has one, else from the shared pool, which keeps fewer of this size than a writer has in flight.</summary>
    internal sealed class Buffer(ConcurrentStack<byte[]>? used = null) : IDisposable
    {
        // What was used last comes first, so that no more memory is touched than is needed.
        private readonly byte[] _bytes = used is null ? System.Buffers.ArrayPool<byte>.Shared.Rent(EbsClient.BlockBytes)
            : used.TryPop(out var last) ? last : GC.AllocateUninitializedArray<byte>(EbsClient.BlockBytes);

        internal Memory<byte> Whole => _bytes.AsMemory(0, EbsClient.BlockBytes);

        public void Dispose()
        {
            if (used is null)
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(_bytes);
            }
            else
            {
                used.Push(_bytes);
            }
        }
    }
}

/// <summary>Where a disk's snapshots stand, and how the next is begun and found again: the site's part of a disk.</summary>
internal abstract class SnapshotLine
{
    /// <summary>The last completed snapshot.</summary>
    internal abstract string? Head { get; }

    /// <summary>A snapshot of an earlier run that still takes blocks, whose journal is here.</summary>
    internal abstract string? Open { get; }

    /// <summary>Begins the next snapshot on the head.</summary>
    internal abstract Task<string> BeginAsync(CancellationToken cancellation);

    /// <summary>Waits until the snapshot is completed; it is the head from then on, and older ones that nobody needs go.</summary>
    internal abstract Task SealedAsync(string snapshot, CancellationToken cancellation);
}

/// <summary>Many at once, or one alone.</summary>
internal sealed class ReaderWriterGate
{
    private readonly Lock _gate = new();
    private int _inside;
    private bool _closed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal async ValueTask<Pass> EnterAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (!_closed)
                {
                    _inside++;
                    return new Pass(this, alone: false);
                }

                wait = _changed.Task;
            }

            await wait.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    internal async ValueTask<Pass> EnterAloneAsync(CancellationToken cancellation)
    {
        var mine = false;
        try
        {
            while (true)
            {
                Task wait;
                lock (_gate)
                {
                    if (!_closed)
                    {
                        _closed = mine = true;
                    }

                    if (mine && _inside == 0)
                    {
                        return new Pass(this, alone: true);
                    }

                    wait = _changed.Task;
                }

                await wait.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (mine)
        {
            Leave(alone: true);
            throw;
        }
    }

    private void Leave(bool alone)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (alone)
            {
                _closed = false;
            }
            else
            {
                _inside--;
            }

            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    internal readonly struct Pass(ReaderWriterGate gate, bool alone) : IDisposable
    {
        public void Dispose() => gate.Leave(alone);
    }
}
