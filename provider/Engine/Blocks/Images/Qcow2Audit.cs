namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Walks all tables of a qcow2 file before it is written to: every cluster in use must be counted once and used once.</summary>
/// <remarks>
/// What a program that was killed leaves behind is found here too: clusters that are counted and used by nobody are freed, and what lies behind the last used cluster is cut off.
/// Cost: reads 64 KiB for each 512 MiB of disk (at 64 KiB clusters) and holds one bit for each cluster of the file.
/// </remarks>
internal sealed class Qcow2Audit
{
    /// <summary>One bit each in 64 MiB: 32 TiB of file at 64 KiB clusters.</summary>
    private const long MaxClusters = 512L << 20;

    private readonly HostFile _file;
    private readonly Qcow2Header _header;
    private readonly ulong[] _used;
    private readonly long _clusters;
    private readonly long _fileLength;
    private bool _hasCompressed;

    private Qcow2Audit(HostFile file, Qcow2Header header)
    {
        _file = file;
        _header = header;
        _fileLength = file.LengthBytes;
        _clusters = (_fileLength + header.ClusterBytes - 1) >> header.ClusterBits;
        if (_clusters > MaxClusters)
            throw new ImageException(ImageFault.Unsupported, file.FilePath, $"it has {_clusters} clusters of {header.ClusterBytes} bytes; up to {MaxClusters} can be written to. Use larger clusters.");
        _used = new ulong[(_clusters + 63) / 64];
    }

    /// <returns>Whether leaked clusters were freed.</returns>
    /// <exception cref="ImageException">The tables contradict each other: the image needs repair.</exception>
    internal static bool Run(HostFile file, Qcow2Header header, ulong[] l1, Qcow2Refcounts refcounts)
    {
        var audit = new Qcow2Audit(file, header);
        audit.MarkTables(refcounts);
        audit.MarkDisk(l1);
        var freed = audit.Compare(refcounts);
        refcounts.RestartAt(audit.LastUsed() + 1);
        return freed;
    }

    private void MarkTables(Qcow2Refcounts refcounts)
    {
        Mark(0, 1);
        Mark(_header.RefcountTableOffset, _header.RefcountTableClusters);
        foreach (var block in refcounts.BlockOffsets())
            Mark(block, 1);
        Mark(_header.L1Offset, ((_header.L1Entries * 8L) + _header.ClusterBytes - 1) >> _header.ClusterBits);
    }

    private void MarkDisk(ulong[] l1)
    {
        var table = new ulong[_header.ClusterBytes / 8];
        foreach (var entry in l1)
        {
            var offset = Qcow2Entry.TableOffset(_file, entry, _header.ClusterBits, _fileLength);
            if (offset == 0)
                continue;
            Mark(offset, 1);
            Qcow2Writer.ReadTable(_file, table, offset);
            foreach (var mapped in table)
            {
                if (mapped == 0)
                    continue;
                if ((mapped & Qcow2Entry.Compressed) != 0)
                    MarkCompressed(mapped);
                else if (Qcow2Entry.DataOffset(_file, mapped, _header.ClusterBits, _fileLength) is var data and not 0)
                    Mark(data, 1);
                if (_header.Version == 2 && (mapped & (Qcow2Entry.Compressed | Qcow2Entry.Zero)) == Qcow2Entry.Zero)
                    throw new ImageException(ImageFault.Malformed, _file.FilePath, $"the L2 entry 0x{mapped:x16} has the zero flag, which version 2 does not know.");
            }
        }
    }

    /// <summary>Compressed clusters share host clusters, so using one twice is no fault; and their counts are then not checked one by one.</summary>
    private void MarkCompressed(ulong entry)
    {
        _hasCompressed = true;
        var (offset, length) = Qcow2Entry.CompressedRange(_file, entry, _header.ClusterBits, _fileLength);
        for (var cluster = offset >> _header.ClusterBits; cluster <= (offset + length - 1) >> _header.ClusterBits; cluster++)
            _used[cluster >> 6] |= 1UL << (int)(cluster & 63);
    }

    private void Mark(long offset, long count)
    {
        var first = offset >> _header.ClusterBits;
        for (var cluster = first; cluster < first + count; cluster++)
        {
            if (cluster >= _clusters)
                throw Inconsistent($"something at offset {cluster << _header.ClusterBits} lies beyond the file's end");
            if (IsUsed(cluster))
                throw Inconsistent($"the cluster at offset {cluster << _header.ClusterBits} is used twice");
            _used[cluster >> 6] |= 1UL << (int)(cluster & 63);
        }
    }

    private bool IsUsed(long cluster) => cluster < _clusters && (_used[cluster >> 6] >> (int)(cluster & 63) & 1) != 0;

    private bool Compare(Qcow2Refcounts refcounts)
    {
        var freed = false;
        var counted = refcounts.CountedClusters;
        for (long cluster = 0; cluster < Math.Max(counted, _clusters);)
        {
            if (!refcounts.HasBlockFor(cluster, out var next))
            {
                for (; cluster < Math.Min(next, _clusters); cluster++)
                {
                    if (IsUsed(cluster))
                        throw Inconsistent($"the cluster at offset {cluster << _header.ClusterBits} is used and not counted");
                }

                cluster = next;
                continue;
            }

            for (; cluster < next; cluster++)
                freed |= CompareOne(refcounts, cluster);
            refcounts.WriteBlocks();
            refcounts.DropClean();
        }

        return freed;
    }

    private bool CompareOne(Qcow2Refcounts refcounts, long cluster)
    {
        var count = refcounts.Get(cluster);
        var used = IsUsed(cluster);
        if (used && count == 0)
            throw Inconsistent($"the cluster at offset {cluster << _header.ClusterBits} is used and not counted");
        if (_hasCompressed || count == (used ? 1u : 0u))
            return false;
        if (used)
            throw Inconsistent($"the cluster at offset {cluster << _header.ClusterBits} is used once and counted {count} times");
        refcounts.Set(cluster, 0);
        return true;
    }

    /// <summary>With compressed clusters the counts were not compared one by one, so counted clusters that nobody uses stay counted: new ones begin behind the file's end then.</summary>
    private long LastUsed()
    {
        if (_hasCompressed)
            return _clusters - 1;
        var last = _clusters - 1;
        while (!IsUsed(last))
            last--;
        return last;
    }

    private ImageException Inconsistent(string what) =>
        new(ImageFault.Inconsistent, _file.FilePath, $"{what}. It is not safe to write to it: repair it with qemu-img check -r all first.");
}
