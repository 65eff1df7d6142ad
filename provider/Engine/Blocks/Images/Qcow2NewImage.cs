using System.Buffers.Binary;
using System.Numerics;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Lays out a new qcow2 file: header, refcount table and its first blocks, an L1 table that is all hole.</summary>
internal static class Qcow2NewImage
{
    /// <summary>Where in the header the refcount table's offset (8 bytes) and clusters (4) stand.</summary>
    internal const int RefcountTableField = 48;

    private const int HeaderLength = 112;
    private const int RefcountOrder = 4;
    private const int FeatureEntryBytes = 48;

    private static readonly (byte Kind, byte Bit, string Name)[] FeatureNames =
    [
        (0, 0, "dirty bit"), (0, 1, "corrupt bit"), (0, 2, "external data file"), (0, 3, "compression type"), (0, 4, "extended L2 entries"),
        (1, 0, "lazy refcounts"),
        (2, 0, "bitmaps"), (2, 1, "raw external data"),
    ];

    /// <returns>cluster_bits.</returns>
    internal static int Check(long lengthBytes, int clusterBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        if (!BitOperations.IsPow2(clusterBytes) || clusterBytes is < 512 or > 2 << 20)
            throw new ArgumentOutOfRangeException(nameof(clusterBytes), clusterBytes, "A cluster is a power of two from 512 bytes to 2 MiB.");
        var bits = BitOperations.Log2((uint)clusterBytes);

        // One L2 table maps 2^(2 bits - 3) bytes, and the L1 table is limited.
        var largest = (Qcow2Header.MaxL1Bytes / 8L) << ((2 * bits) - 3);
        if (lengthBytes > largest)
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), lengthBytes, $"With clusters of {clusterBytes} bytes a disk has {largest} bytes at most.");
        return bits;
    }

    /// <summary>Everything but the header is written first: a file cut off in the making is no image.</summary>
    internal static (Qcow2Header Header, Qcow2Refcounts Refcounts) Write(HostFile file, long lengthBytes, int clusterBits)
    {
        var clusterBytes = 1L << clusterBits;
        var dataClusters = (lengthBytes + clusterBytes - 1) >> clusterBits;
        var tables = (dataClusters + (clusterBytes / 8) - 1) / (clusterBytes / 8);
        var l1Clusters = Math.Max(1, ((tables * 8) + clusterBytes - 1) >> clusterBits);

        // 2: the header, and one to spare for a refcount table of more than one cluster.
        var refcounts = Qcow2Refcounts.Create(file, clusterBits, RefcountOrder, dataClusters + tables + l1Clusters + 2);
        var l1Offset = refcounts.Allocate(l1Clusters);
        file.SetLength(refcounts.NextCluster << clusterBits);
        refcounts.WriteBlocks();
        refcounts.WriteTable();
        file.Sync();

        var header = new Qcow2Header
        {
            Version = 3,
            ClusterBits = clusterBits,
            LengthBytes = lengthBytes,
            // An empty disk has one entry too: a table that nobody refers to would be a leak.
            L1Entries = (int)Math.Max(1, tables),
            L1Offset = l1Offset,
            RefcountTableOffset = refcounts.TableOffset,
            RefcountTableClusters = (uint)refcounts.TableClusters,
            RefcountOrder = RefcountOrder,
            SnapshotCount = 0,
            SnapshotsOffset = 0,
            IncompatibleFeatures = 0,
            AutoclearFeatures = 0,
            CompressesWithZstd = false,
            BackingPath = null,
            BackingFormat = null,
            Bitmaps = null,
        };
        file.Write(Bytes(header), 0);
        return (header, refcounts);
    }

    /// <summary>Source: QEMU's docs/interop/qcow2.txt, "Header" and "Feature name table".</summary>
    private static byte[] Bytes(Qcow2Header header)
    {
        var namesLength = FeatureNames.Length * FeatureEntryBytes;
        var hasRoomForNames = HeaderLength + 8 + namesLength + 8 <= header.ClusterBytes;
        var bytes = new byte[HeaderLength + 8 + (hasRoomForNames ? 8 + namesLength : 0)];
        U32(0, Qcow2Header.Magic);
        U32(4, 3);
        U32(20, (uint)header.ClusterBits);
        U64(24, header.LengthBytes);
        U32(36, (uint)header.L1Entries);
        U64(40, header.L1Offset);
        U64(RefcountTableField, header.RefcountTableOffset);
        U32(RefcountTableField + 8, header.RefcountTableClusters);
        U32(96, RefcountOrder);
        U32(100, HeaderLength);
        if (hasRoomForNames)
        {
            U32(HeaderLength, 0x6803f857);
            U32(HeaderLength + 4, (uint)namesLength);
            for (var i = 0; i < FeatureNames.Length; i++)
            {
                var entry = bytes.AsSpan(HeaderLength + 8 + (i * FeatureEntryBytes), FeatureEntryBytes);
                entry[0] = FeatureNames[i].Kind;
                entry[1] = FeatureNames[i].Bit;
                System.Text.Encoding.ASCII.GetBytes(FeatureNames[i].Name, entry[2..]);
            }
        }

        return bytes;

        void U32(int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
        void U64(int at, long value) => BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), value);
    }
}
