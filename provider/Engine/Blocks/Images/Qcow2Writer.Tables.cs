using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Images;

/// <content>The tables in memory, and their way to the disk.</content>
internal sealed partial class Qcow2Writer
{
    internal override void Flush()
    {
        // Most of what is to be written out is data, and others can go on while it is: the lock is taken for the tables only.
        _file.Sync();
        lock (_gate)
        {
            WriteTables();
            _file.Sync();
        }
    }

    /// <summary>When this returns, every write that had returned before it was called survives the death of this process (not of the machine). Far cheaper than <see cref="Flush"/>.</summary>
    /// <exception cref="ImageException">The file cannot be written.</exception>
    internal void WriteBack()
    {
        lock (_gate)
            WriteTables(survivesPowerCut: false);
    }

    private void WriteTables(bool survivesPowerCut = true)
    {
        // Tables that point behind the file's end would look like a file that was cut off.
        if (_file.LengthBytes < FileBound)
            _file.SetLength(FileBound);
        var dirty = _refcounts.WriteBlocks();
        if (_refcounts.HasDirtyTable)
        {
            Barrier(dirty);
            _refcounts.WriteTable();
            dirty = true;
            if (_refcounts.TableHasMoved)
                MoveRefcountTable();
        }

        var tables = _tables.Values.Where(table => table.IsDirty).ToArray();
        if (tables.Length > 0)
        {
            // Also when no count changed: a data cluster must be on the disk before a table says that it holds data.
            Barrier(true);
            foreach (var table in tables)
                WriteDirty(table);
        }

        if (_dirtyL1.Count > 0)
        {
            Barrier(true);
            WriteL1();
        }

        if (_freed.Count > 0)
        {
            Barrier(true);
            FreeCompressed();
        }

        void Barrier(bool needed)
        {
            if (needed && survivesPowerCut)
                _file.Sync();
        }
    }

    private void MoveRefcountTable()
    {
        _file.Sync();
        Span<byte> fields = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(fields, _refcounts.TableOffset);
        BinaryPrimitives.WriteInt32BigEndian(fields[8..], _refcounts.TableClusters);
        _file.Write(fields, Qcow2NewImage.RefcountTableField);
        _file.Sync();
        _refcounts.TableMoveIsWritten();
        _refcounts.WriteBlocks();
    }

    private void WriteDirty(Table table)
    {
        var count = table.DirtyEnd - table.DirtyStart;
        var bytes = ArrayPool<byte>.Shared.Rent(count * 8);
        try
        {
            var entries = MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0, count * 8));
            table.Entries.AsSpan(table.DirtyStart, count).CopyTo(entries);
            if (BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(entries, entries);
            _file.Write(bytes.AsSpan(0, count * 8), table.HostOffset + (table.DirtyStart * 8L));
            table.MarkClean();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void WriteL1()
    {
        Span<byte> entry = stackalloc byte[8];
        foreach (var index in _dirtyL1)
        {
            BinaryPrimitives.WriteUInt64BigEndian(entry, _l1[index]);
            _file.Write(entry, _header.L1Offset + (index * 8L));
        }

        _dirtyL1.Clear();
    }

    /// <summary>Gives back what compressed clusters occupied, now that no table points to them.</summary>
    private void FreeCompressed()
    {
        foreach (var (offset, length) in _freed)
        {
            for (var cluster = offset >> _clusterBits; cluster <= (offset + length - 1) >> _clusterBits; cluster++)
            {
                if (_refcounts.Get(cluster) is var count and > 0)
                    _refcounts.Set(cluster, count - 1);
            }
        }

        _freed.Clear();
        _refcounts.WriteBlocks();
    }

    private Table? ExistingTable(int l1Index)
    {
        if (!_tables.TryGetValue(l1Index, out var table))
        {
            var offset = Qcow2Entry.TableOffset(_file, _l1[l1Index], _clusterBits, FileBound);
            if (offset == 0)
                return null;
            MakeRoom();
            table = new Table(offset, new ulong[1 << _l2Bits]);
            ReadTable(_file, table.Entries, offset);
            _tables.Add(l1Index, table);
        }

        table.LastUse = ++_uses;
        return table;
    }

    private Table TableFor(int l1Index)
    {
        if (ExistingTable(l1Index) is { } existing)
            return existing;
        MakeRoom();
        var table = new Table(_refcounts.Allocate(1), new ulong[1 << _l2Bits]) { LastUse = ++_uses };
        _tables.Add(l1Index, table);
        _l1[l1Index] = (ulong)table.HostOffset | Qcow2Entry.Copied;
        _dirtyL1.Add(l1Index);
        return table;
    }

    /// <summary>When memory for tables is used up, all that changed goes to the disk at once (a round of barriers is dear) and the less recently used half is forgotten.</summary>
    private void MakeRoom()
    {
        if (((long)_tables.Count << _clusterBits) + _refcounts.HeldBytes + ((long)_freed.Count * 16) < _tableCacheBytes)
            return;
        WriteTables();
        _refcounts.DropClean();
        foreach (var (index, _) in _tables.OrderBy(pair => pair.Value.LastUse).Take((_tables.Count / 2) + 1).ToArray())
            _tables.Remove(index);
    }

    internal static void ReadTable(HostFile file, ulong[] entries, long offset)
    {
        file.ReadExactly(MemoryMarshal.AsBytes(entries.AsSpan()), offset, "an L2 table");
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(entries, entries);
    }

    private sealed class Table(long hostOffset, ulong[] entries)
    {
        internal long HostOffset { get; } = hostOffset;

        internal ulong[] Entries { get; } = entries;

        internal long LastUse { get; set; }

        internal int DirtyStart { get; private set; } = int.MaxValue;

        internal int DirtyEnd { get; private set; }

        internal bool IsDirty => DirtyEnd > 0;

        internal void Set(int index, ulong entry)
        {
            if (Entries[index] == entry)
                return;
            Entries[index] = entry;
            DirtyStart = Math.Min(DirtyStart, index);
            DirtyEnd = Math.Max(DirtyEnd, index + 1);
        }

        internal void MarkClean() => (DirtyStart, DirtyEnd) = (int.MaxValue, 0);
    }
}
