using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>
/// Two sparse files: the kept leaves, each at its own place, and a map with 16 bytes for each leaf (kind, then seed). The content is written
/// before the map says so, and nothing is cached: a process may be killed anywhere, and others see its writes at once.
/// </summary>
internal sealed class FileLeafStore : LeafStore
{
    private const int EntryBytes = 16;

    private readonly System.Threading.Lock _gate = new();
    private readonly string _contentFile;
    private readonly string _mapFile;
    private SafeFileHandle? _content;
    private SafeFileHandle? _map;

    /// <param name="path">Without extension; neither file needs to exist.</param>
    internal FileLeafStore(string path)
    {
        _contentFile = path + ".leaves";
        _mapFile = path + ".map";
    }

    internal override bool ReadPage(long page, Span<LeafEntry> into)
    {
        into[..PageLeaves].Clear();
        if (Map(create: false) is not { } map)
        {
            return false;
        }

        Span<byte> raw = stackalloc byte[PageLeaves * EntryBytes];
        var length = ReadFully(map, raw, page * PageLeaves * EntryBytes);
        if (raw[..length].IndexOfAnyExcept((byte)0) < 0)
        {
            return false;
        }

        for (var i = 0; (i + 1) * EntryBytes <= length; i++)
        {
            into[i] = Parse(raw.Slice(i * EntryBytes, EntryBytes));
        }

        return true;
    }

    internal override LeafEntry Find(long leaf)
    {
        if (Map(create: false) is not { } map)
        {
            return default;
        }

        Span<byte> raw = stackalloc byte[EntryBytes];
        return ReadFully(map, raw, leaf * EntryBytes) == EntryBytes ? Parse(raw) : default;
    }

    internal override void ReadKept(long leaf, Span<byte> into)
    {
        var length = ReadFully(Content(), into, leaf * LeafPattern.LeafBytes);
        into[length..].Clear();
    }

    internal override void Keep(long leaf, ReadOnlySpan<byte> content)
    {
        RandomAccess.Write(Content(), content, leaf * LeafPattern.LeafBytes);
        Set(leaf, new LeafEntry(LeafKind.Kept, 0));
    }

    internal override void Set(long leaf, LeafEntry entry)
    {
        Span<byte> raw = stackalloc byte[EntryBytes];
        raw.Clear();
        raw[0] = (byte)entry.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(raw[8..], entry.Seed);
        RandomAccess.Write(Map(create: true)!, raw, leaf * EntryBytes);
    }

    internal override void Delete()
    {
        Close();
        foreach (var file in new[] { _mapFile, _contentFile })
        {
            // Its folder may not exist either: nothing was ever written.
            if (File.Exists(file))
            {
                File.Delete(file);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        Close();
        base.Dispose(disposing);
    }

    private void Close()
    {
        lock (_gate)
        {
            _content?.Dispose();
            _map?.Dispose();
            _content = _map = null;
        }
    }

    private static LeafEntry Parse(ReadOnlySpan<byte> raw) => new((LeafKind)raw[0], BinaryPrimitives.ReadUInt64LittleEndian(raw[8..]));

    private static int ReadFully(SafeFileHandle file, Span<byte> into, long offset)
    {
        var total = 0;
        while (total < into.Length && RandomAccess.Read(file, into[total..], offset + total) is > 0 and var got)
        {
            total += got;
        }

        return total;
    }

    private SafeFileHandle Content()
    {
        lock (_gate)
        {
            return _content ??= Open(_contentFile);
        }
    }

    private SafeFileHandle? Map(bool create)
    {
        lock (_gate)
        {
            return _map ??= create || File.Exists(_mapFile) ? Open(_mapFile) : null;
        }
    }

    private static SafeFileHandle Open(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }
}
