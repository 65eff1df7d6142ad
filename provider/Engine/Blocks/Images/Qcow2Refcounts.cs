using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>The refcounts of a qcow2 file that is open for writing: hands out clusters at the file's end, keeps what changed in memory and writes it when told. Not thread-safe: its owner has a lock.</summary>
/// <remarks>
/// Clusters are only ever taken from the end, where the file reads as zeroes, so a new cluster needs no clearing and runs of new clusters lie in one piece.
/// Source of the layout: QEMU's docs/interop/qcow2.txt, "Host cluster management".
/// </remarks>
internal sealed class Qcow2Refcounts
{
    /// <summary>QEMU's limit.</summary>
    private const int MaxTableBytes = 8 << 20;

    private readonly HostFile _file;
    private readonly int _clusterBits;
    private readonly int _order;
    private readonly long _perBlock;
    private readonly Dictionary<int, Block> _blocks = [];
    private readonly HashSet<int> _dirtyEntries = [];
    private ulong[] _table;
    private long _writtenTableOffset;
    private int _writtenTableClusters;

    private Qcow2Refcounts(HostFile file, int clusterBits, int order, ulong[] table, long tableOffset, long next)
    {
        _file = file;
        _clusterBits = clusterBits;
        _order = order;
        _perBlock = (1L << (clusterBits + 3)) >> order;
        _table = table;
        TableOffset = tableOffset;
        _writtenTableOffset = tableOffset;
        _writtenTableClusters = TableClusters;
        NextCluster = next;
    }

    /// <summary>The first cluster behind all that are in use.</summary>
    internal long NextCluster { get; private set; }

    internal long TableOffset { get; private set; }

    internal int TableClusters => (int)(((long)_table.Length * 8) >> _clusterBits);

    internal long HeldBytes => (long)_blocks.Count << _clusterBits;

    internal bool HasDirtyTable => _dirtyEntries.Count > 0 || TableHasMoved;

    /// <summary>The table had to grow and lies elsewhere now: the header must follow once it is written.</summary>
    internal bool TableHasMoved => TableOffset != _writtenTableOffset;

    /// <summary>For a new file: cluster 0 is the header, the table follows, sized so that it never needs to grow for a disk of the given clusters.</summary>
    internal static Qcow2Refcounts Create(HostFile file, int clusterBits, int order, long clustersExpected)
    {
        var perBlock = (1L << (clusterBits + 3)) >> order;
        var perTableCluster = 1L << (clusterBits - 3);

        // Blocks count themselves too, hence one more in perBlock - 1.
        var blocks = (clustersExpected / (perBlock - 1)) + 2;
        var tableClusters = Math.Min((blocks + perTableCluster - 1) / perTableCluster, MaxTableBytes >> clusterBits);
        var refcounts = new Qcow2Refcounts(file, clusterBits, order, new ulong[tableClusters * perTableCluster], 1L << clusterBits, 1 + tableClusters);
        refcounts.Take(0, 1 + tableClusters);
        return refcounts;
    }

    /// <exception cref="ImageException">The table breaks the format's rules.</exception>
    internal static Qcow2Refcounts Load(HostFile file, Qcow2Header header, long nextCluster)
    {
        if (header.RefcountTableOffset == 0 || header.RefcountTableClusters == 0 || header.RefcountTableClusters > MaxTableBytes >> header.ClusterBits)
            throw Malformed(file, $"its refcount table has {header.RefcountTableClusters} clusters at offset {header.RefcountTableOffset}; 1 to {MaxTableBytes >> header.ClusterBits} behind the header are allowed.");
        var table = new ulong[((long)header.RefcountTableClusters << header.ClusterBits) / 8];
        file.ReadExactly(MemoryMarshal.AsBytes(table.AsSpan()), header.RefcountTableOffset, "the refcount table");
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(table, table);
        var length = file.LengthBytes;
        foreach (var entry in table)
        {
            if ((entry & ((1UL << header.ClusterBits) - 1)) != 0 || entry > long.MaxValue || (long)entry > length - header.ClusterBytes)
                throw Malformed(file, $"its refcount table has the entry 0x{entry:x16}, which is no cluster of the file.");
        }

        return new Qcow2Refcounts(file, header.ClusterBits, header.RefcountOrder, table, header.RefcountTableOffset, nextCluster);
    }

    /// <summary>Where the refcount blocks lie that there are.</summary>
    internal IEnumerable<long> BlockOffsets() => _table.Where(entry => entry != 0).Select(entry => (long)entry);

    /// <summary>How many clusters the existing blocks can count: behind that, all are free.</summary>
    internal long CountedClusters => (Array.FindLastIndex(_table, entry => entry != 0) + 1) * _perBlock;

    /// <summary>The number of blocks' worth of clusters that are skipped at once when there is no block for them.</summary>
    internal bool HasBlockFor(long cluster, out long firstOfNextBlock)
    {
        var index = cluster / _perBlock;
        firstOfNextBlock = (index + 1) * _perBlock;
        return index < _table.Length && _table[index] != 0;
    }

    /// <summary>Everything from this cluster on is given up: new clusters begin here.</summary>
    internal void RestartAt(long cluster) => NextCluster = cluster;

    /// <summary>Takes clusters in one piece, which read as zeroes.</summary>
    /// <returns>Where the first begins in the file.</returns>
    internal long Allocate(long count)
    {
        var first = NextCluster;
        NextCluster += count;
        Take(first, count);
        return first << _clusterBits;
    }

    /// <summary>Sets clusters in one piece aside without counting them: what is never used of them stays free, a hole in the file.</summary>
    internal long Reserve(long count)
    {
        var first = NextCluster;
        NextCluster += count;
        return first << _clusterBits;
    }

    /// <summary>Takes clusters that were reserved.</summary>
    internal void TakeReserved(long hostOffset, int count) => Take(hostOffset >> _clusterBits, count);

    internal ulong Get(long cluster)
    {
        var index = (int)(cluster / _perBlock);
        return index >= _table.Length || _table[index] == 0 ? 0 : BlockAt(index).Get(cluster % _perBlock, _order);
    }

    internal void Set(long cluster, ulong count)
    {
        var block = BlockAt((int)(cluster / _perBlock));
        block.Set(cluster % _perBlock, _order, count);
        block.IsDirty = true;
    }

    private void Take(long first, long count)
    {
        for (var cluster = first; cluster < first + count;)
        {
            var index = cluster / _perBlock;
            EnsureBlock(index);
            var block = BlockAt((int)index);
            block.IsDirty = true;
            for (var end = Math.Min(first + count, (index + 1) * _perBlock); cluster < end; cluster++)
                block.Set(cluster % _perBlock, _order, 1);
        }
    }

    /// <summary>A new block lies at the file's end like all else, and is counted there, if need be by yet another new block.</summary>
    private void EnsureBlock(long index)
    {
        if (index >= _table.Length)
            GrowTable(index);
        if (_table[index] != 0)
            return;
        var place = NextCluster++;
        _table[index] = (ulong)place << _clusterBits;
        _dirtyEntries.Add((int)index);
        _blocks[(int)index] = new Block(new byte[1 << _clusterBits]) { IsDirty = true };
        Take(place, 1);
    }

    private void GrowTable(long index)
    {
        var perTableCluster = 1L << (_clusterBits - 3);
        var clusters = Math.Max(TableClusters * 2L, ((index + 1) / perTableCluster) + 1);
        clusters = Math.Min(clusters, MaxTableBytes >> _clusterBits);
        if (clusters * perTableCluster <= index)
            throw new ImageException(ImageFault.Unsupported, _file.FilePath, $"it cannot grow beyond {NextCluster << _clusterBits} bytes with clusters of {1 << _clusterBits} bytes. Use larger clusters.");
        var (oldOffset, oldClusters) = (TableOffset, TableClusters);
        var movedBefore = TableHasMoved;
        Array.Resize(ref _table, (int)(clusters * perTableCluster));
        var first = NextCluster;
        NextCluster += clusters;
        TableOffset = first << _clusterBits;
        Take(first, clusters);

        // The one on the disk is freed when the header points to the new one; one that never got there is free now.
        if (movedBefore)
            Free(oldOffset, oldClusters);
    }

    private void Free(long offset, int clusters)
    {
        for (var i = 0; i < clusters; i++)
            Set((offset >> _clusterBits) + i, 0);
    }

    private Block BlockAt(int index)
    {
        if (_blocks.TryGetValue(index, out var held))
            return held;
        var block = new Block(new byte[1 << _clusterBits]);
        _file.ReadExactly(block.Bytes, (long)_table[index], "a refcount block");
        _blocks.Add(index, block);
        return block;
    }

    /// <returns>Whether anything had to be written.</returns>
    internal bool WriteBlocks()
    {
        var any = false;
        foreach (var (index, block) in _blocks)
        {
            if (!block.IsDirty)
                continue;
            _file.Write(block.Bytes, (long)_table[index]);
            block.IsDirty = false;
            any = true;
        }

        return any;
    }

    /// <summary>Writes the table, whole if it moved; the blocks that it points to must be on the disk.</summary>
    internal void WriteTable()
    {
        var bytes = new byte[8];
        if (TableHasMoved)
        {
            var all = new ulong[_table.Length];
            _table.CopyTo(all, 0);
            if (BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(all, all);
            _file.Write(MemoryMarshal.AsBytes(all.AsSpan()), TableOffset);
        }
        else
        {
            foreach (var index in _dirtyEntries)
            {
                BinaryPrimitives.WriteUInt64BigEndian(bytes, _table[index]);
                _file.Write(bytes, TableOffset + (index * 8L));
            }
        }

        _dirtyEntries.Clear();
    }

    /// <summary>The header points to the moved table now: the old one's clusters are free.</summary>
    internal void TableMoveIsWritten()
    {
        var (offset, clusters) = (_writtenTableOffset, _writtenTableClusters);
        _writtenTableOffset = TableOffset;
        _writtenTableClusters = TableClusters;
        Free(offset, clusters);
    }

    /// <summary>Forgets blocks that are on the disk as they are here.</summary>
    internal void DropClean()
    {
        foreach (var index in _blocks.Where(pair => !pair.Value.IsDirty).Select(pair => pair.Key).ToArray())
            _blocks.Remove(index);
    }

    private static ImageException Malformed(HostFile file, string message) => new(ImageFault.Malformed, file.FilePath, message);

    private sealed class Block(byte[] bytes)
    {
        internal byte[] Bytes { get; } = bytes;

        internal bool IsDirty { get; set; }

        /// <param name="order">log2 of an entry's bits; below 3 several share a byte, the least significant first.</param>
        internal ulong Get(long index, int order) => order switch
        {
            0 or 1 or 2 => (ulong)(Bytes[index >> (3 - order)] >> Shift(index, order) & Mask(order)),
            3 => Bytes[index],
            4 => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan((int)index * 2)),
            5 => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan((int)index * 4)),
            _ => BinaryPrimitives.ReadUInt64BigEndian(Bytes.AsSpan((int)index * 8)),
        };

        internal void Set(long index, int order, ulong count)
        {
            switch (order)
            {
                case 0 or 1 or 2:
                    ref var shared = ref Bytes[index >> (3 - order)];
                    shared = (byte)((shared & ~(Mask(order) << Shift(index, order))) | (int)count << Shift(index, order));
                    break;
                case 3:
                    Bytes[index] = (byte)count;
                    break;
                case 4:
                    BinaryPrimitives.WriteUInt16BigEndian(Bytes.AsSpan((int)index * 2), (ushort)count);
                    break;
                case 5:
                    BinaryPrimitives.WriteUInt32BigEndian(Bytes.AsSpan((int)index * 4), (uint)count);
                    break;
                default:
                    BinaryPrimitives.WriteUInt64BigEndian(Bytes.AsSpan((int)index * 8), count);
                    break;
            }
        }

        private static int Shift(long index, int order) => (int)(index & ((8 >> order) - 1)) << order;

        private static int Mask(int order) => (1 << (1 << order)) - 1;
    }
}
