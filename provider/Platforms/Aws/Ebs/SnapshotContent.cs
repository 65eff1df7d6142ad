namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>The blocks of one completed snapshot, and their tokens. Pages of the list are fetched as they are needed, and a few are kept: a disk has millions of blocks.</summary>
#pragma warning disable CA1001 // The semaphore's wait handle is never asked for, so there is nothing to dispose.
internal sealed class SnapshotContent(EbsClient ebs, string snapshot)
{
    private const int KeptPages = 8;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly LinkedList<Page> _pages = new();

    internal string Snapshot => snapshot;

    /// <summary>The page that tells about a block: from some index to before another, everything the snapshot has in between.</summary>
    internal async ValueTask<Page> PageOfAsync(int index, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            for (var node = _pages.First; node is not null; node = node.Next)
            {
                if (index >= node.Value.From && index < node.Value.Before)
                {
                    _pages.Remove(node);
                    _pages.AddFirst(node);
                    return node.Value;
                }
            }

            var listed = await ebs.ListAsync(snapshot, index, cancellation).ConfigureAwait(false);
            var page = new Page(index, listed.NextIndex ?? int.MaxValue, listed.Blocks.ToDictionary(block => block.Index, block => block.Token), [.. listed.Blocks.Select(block => block.Index)]);
            _pages.AddFirst(page);
            if (_pages.Count > KeptPages)
            {
                _pages.RemoveLast();
            }

            return page;
        }
        finally
        {
            _gate.Release();
        }
    }

    internal async ValueTask<bool> HasAsync(int index, CancellationToken cancellation) =>
        (await PageOfAsync(index, cancellation).ConfigureAwait(false)).Tokens.ContainsKey(index);

    /// <summary>Reads a block. False, with zeroes, where the snapshot has none.</summary>
    internal async Task<bool> ReadAsync(int index, Memory<byte> into, CancellationToken cancellation)
    {
        for (var retry = false; ; retry = true)
        {
            if (!(await PageOfAsync(index, cancellation).ConfigureAwait(false)).Tokens.TryGetValue(index, out var token))
            {
                into.Span.Clear();
                return false;
            }

            try
            {
                await ebs.GetAsync(snapshot, new ListedBlock(index, token), into, cancellation).ConfigureAwait(false);
                return true;
            }
            catch (Engine.Contracts.PlatformException e) when (!retry && e.Message.Contains("TOKEN", StringComparison.OrdinalIgnoreCase))
            {
                // Tokens last a while and change with each listing of somebody else's.
                await ForgetAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task ForgetAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        _pages.Clear();
        _gate.Release();
    }

    /// <param name="Indices">Ascending.</param>
    internal sealed record Page(int From, int Before, Dictionary<int, string> Tokens, int[] Indices);
}
