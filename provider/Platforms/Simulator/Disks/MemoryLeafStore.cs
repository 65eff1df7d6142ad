using System.Collections.Concurrent;

namespace VmMigrate.Platforms.Simulator.Disks;

internal sealed class MemoryLeafStore : LeafStore
{
    private readonly ConcurrentDictionary<long, Page> _pages = new();

    internal override bool ReadPage(long page, Span<LeafEntry> into)
    {
        if (!_pages.TryGetValue(page, out var found))
        {
            return false;
        }

        lock (found)
        {
            found.Entries.CopyTo(into);
        }

        return true;
    }

    internal override LeafEntry Find(long leaf)
    {
        if (!_pages.TryGetValue(leaf / PageLeaves, out var page))
        {
            return default;
        }

        lock (page)
        {
            return page.Entries[leaf % PageLeaves];
        }
    }

    internal override void ReadKept(long leaf, Span<byte> into)
    {
        var page = _pages[leaf / PageLeaves];
        lock (page)
        {
            page.Kept[(int)(leaf % PageLeaves)].AsSpan(0, into.Length).CopyTo(into);
        }
    }

    internal override void Keep(long leaf, ReadOnlySpan<byte> content)
    {
        var page = _pages.GetOrAdd(leaf / PageLeaves, static _ => new Page());
        var index = (int)(leaf % PageLeaves);
        lock (page)
        {
            if (page.Kept.TryGetValue(index, out var bytes) && bytes.Length == content.Length)
            {
                content.CopyTo(bytes);
            }
            else
            {
                page.Kept[index] = content.ToArray();
            }

            page.Entries[index] = new LeafEntry(LeafKind.Kept, 0);
        }
    }

    internal override void Set(long leaf, LeafEntry entry)
    {
        var page = _pages.GetOrAdd(leaf / PageLeaves, static _ => new Page());
        var index = (int)(leaf % PageLeaves);
        lock (page)
        {
            page.Kept.Remove(index);
            page.Entries[index] = entry;
        }
    }

    internal override void Delete() => _pages.Clear();

    private sealed class Page
    {
        internal LeafEntry[] Entries { get; } = new LeafEntry[PageLeaves];

        internal Dictionary<int, byte[]> Kept { get; } = [];
    }
}
