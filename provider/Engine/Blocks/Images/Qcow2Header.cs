using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>The header of a qcow2 file, checked: a value of this type can be worked with without meeting a shift, size or offset out of bounds.</summary>
/// <remarks>Source: QEMU's docs/interop/qcow2.txt, "Header", "Header extensions", "Feature name table". Limits are QEMU's own where the format sets none.</remarks>
internal sealed record Qcow2Header
{
    internal const uint Magic = 0x514649fb;
    internal const int Version2Length = 72;
    internal const int Version3Length = 104;
    internal const int MinClusterBits = 9;
    internal const int MaxClusterBits = 21;

    /// <summary>32 MiB, QEMU's limit too: with 64 KiB clusters that is a disk of 2 PiB.</summary>
    internal const int MaxL1Bytes = 32 << 20;

    internal const ulong DirtyFeature = 1 << 0;
    internal const ulong CorruptFeature = 1 << 1;
    internal const ulong ExternalDataFeature = 1 << 2;
    internal const ulong CompressionTypeFeature = 1 << 3;
    internal const ulong ExtendedL2Feature = 1 << 4;
    internal const ulong BitmapsAutoclear = 1 << 0;

    private const uint ExtensionEnd = 0;
    private const uint ExtensionBackingFormat = 0xe2792aca;
    private const uint ExtensionFeatureNames = 0x6803f857;
    private const uint ExtensionBitmaps = 0x23852875;
    private const ulong KnownFeatures = DirtyFeature | CorruptFeature | ExternalDataFeature | CompressionTypeFeature | ExtendedL2Feature;

    internal required int Version { get; init; }

    internal required int ClusterBits { get; init; }

    internal required long LengthBytes { get; init; }

    internal required int L1Entries { get; init; }

    internal required long L1Offset { get; init; }

    internal required long RefcountTableOffset { get; init; }

    internal required uint RefcountTableClusters { get; init; }

    internal required int RefcountOrder { get; init; }

    internal required uint SnapshotCount { get; init; }

    internal required long SnapshotsOffset { get; init; }

    internal required ulong IncompatibleFeatures { get; init; }

    internal required ulong AutoclearFeatures { get; init; }

    internal required bool CompressesWithZstd { get; init; }

    /// <summary>As written in the image; null without a backing file.</summary>
    internal required string? BackingPath { get; init; }

    internal required string? BackingFormat { get; init; }

    /// <summary>Null when the image has no bitmaps extension.</summary>
    internal required BitmapDirectory? Bitmaps { get; init; }

    internal int ClusterBytes => 1 << ClusterBits;

    internal bool HasExtendedL2 => (IncompatibleFeatures & ExtendedL2Feature) != 0;

    internal bool IsDirty => (IncompatibleFeatures & DirtyFeature) != 0;

    /// <summary>log2 of how many clusters one L2 table maps: entries are 8 bytes, extended ones 16.</summary>
    internal int L2Bits => ClusterBits - (HasExtendedL2 ? 4 : 3);

    /// <summary>How many L1 entries a disk of a size needs.</summary>
    internal long L1EntriesFor(long lengthBytes)
    {
        var shift = ClusterBits + L2Bits;
        return (lengthBytes >> shift) + ((lengthBytes & ((1L << shift) - 1)) == 0 ? 0 : 1);
    }

    internal readonly record struct BitmapDirectory(uint Count, ulong SizeBytes, ulong Offset);

    /// <exception cref="ImageException">It is no qcow2 file, breaks the format's rules, or uses what we do not do.</exception>
    internal static Qcow2Header Read(HostFile file)
    {
        Span<byte> fields = stackalloc byte[112];
        fields.Clear();
        var read = file.Read(fields, 0);
        if (read < Version2Length || U32(fields, 0) != Magic)
            throw Malformed(file, "it does not begin with a qcow2 header.");
        var version = U32(fields, 4);
        if (version is not (2 or 3))
            throw new ImageException(ImageFault.Unsupported, file.FilePath, $"it is qcow2 version {version}; versions 2 and 3 are supported.");
        var clusterBits = U32(fields, 20);
        if (clusterBits is < MinClusterBits or > MaxClusterBits)
            throw Malformed(file, $"its cluster_bits is {clusterBits}, allowed are {MinClusterBits} to {MaxClusterBits}.");
        var cluster = 1 << (int)clusterBits;

        var headerLength = Version2Length;
        ulong incompatible = 0, autoclear = 0;
        var refcountOrder = 4u;
        var compression = 0;
        if (version == 3)
        {
            if (read < Version3Length)
                throw Malformed(file, "it ends inside its header.");
            var length = U32(fields, 100);
            if (length < Version3Length || length % 8 != 0 || length > cluster)
                throw Malformed(file, $"its header_length is {length}.");
            headerLength = (int)length;
            incompatible = U64(fields, 72);
            autoclear = U64(fields, 88);
            refcountOrder = U32(fields, 96);
            compression = length > 104 && read > 104 ? fields[104] : 0;
        }

        var backingOffset = U64(fields, 8);
        var backingSize = backingOffset == 0 ? 0 : U32(fields, 16);
        if (backingOffset != 0 && (backingSize is 0 or > 1023 || backingOffset < (ulong)headerLength || backingOffset + backingSize > (ulong)cluster))
            throw Malformed(file, $"its backing file name ({backingSize} bytes at offset {backingOffset}) does not lie in the first cluster behind the header.");

        // One read of at most one cluster: extensions and the backing file's name lie nowhere else.
        var extensionsEnd = backingOffset != 0 ? (int)backingOffset : cluster;
        var first = new byte[cluster];
        var available = file.Read(first, 0);
        var extensions = Extensions.Read(file, first.AsSpan(0, Math.Min(extensionsEnd, available)), headerLength);
        RefuseFeatures(file, incompatible, U32(fields, 32), compression, extensions.FeatureNames);
        if (backingOffset != 0 && (long)backingOffset + backingSize > available)
            throw Malformed(file, "it ends inside its backing file's name.");
        if (refcountOrder > 6)
            throw Malformed(file, $"its refcount_order is {refcountOrder}, the largest allowed is 6.");

        var size = U64(fields, 24);
        var tableOffset = U64(fields, 48);
        var l1Entries = U32(fields, 36);
        var snapshotsOffset = U64(fields, 64);
        if (size > long.MaxValue)
            throw Malformed(file, $"its disk would be {size} bytes.");
        var header = new Qcow2Header
        {
            Version = (int)version,
            ClusterBits = (int)clusterBits,
            LengthBytes = (long)size,
            L1Entries = (int)Math.Min(l1Entries, int.MaxValue),
            L1Offset = Aligned(file, U64(fields, 40), cluster, "L1 table"),
            RefcountTableOffset = Aligned(file, tableOffset, cluster, "refcount table"),
            RefcountTableClusters = U32(fields, 56),
            RefcountOrder = (int)refcountOrder,
            SnapshotCount = U32(fields, 60),
            SnapshotsOffset = U32(fields, 60) == 0 ? 0 : Aligned(file, snapshotsOffset, cluster, "snapshot table"),
            IncompatibleFeatures = incompatible,
            AutoclearFeatures = autoclear,
            CompressesWithZstd = compression == 1,
            BackingPath = backingOffset == 0 ? null : Text(file, first.AsSpan((int)backingOffset, (int)backingSize), "backing file name"),
            BackingFormat = extensions.BackingFormat,
            Bitmaps = extensions.Bitmaps,
        };
        if (header.HasExtendedL2 && clusterBits < 14)
            throw Malformed(file, $"it has extended L2 entries with clusters of {cluster} bytes; the least allowed is 16384.");
        header.CheckL1(file, header.L1Offset, l1Entries, header.LengthBytes, "L1 table");
        return header;
    }

    /// <summary>An L1 table must be large enough for its disk, not absurd, and inside the file.</summary>
    internal void CheckL1(HostFile file, long offset, uint entries, long lengthBytes, string what)
    {
        var needed = L1EntriesFor(lengthBytes);
        if (entries > MaxL1Bytes / 8)
            throw Malformed(file, $"its {what} has {entries} entries; the most that is supported is {MaxL1Bytes / 8}.");
        if (entries < needed)
            throw Malformed(file, $"its {what} has {entries} entries but a disk of {lengthBytes} bytes needs {needed}.");
        if (needed > 0 && offset > file.LengthBytes - (needed * 8))
            throw Malformed(file, $"its {what} ({needed} entries at offset {offset}) reaches beyond the file's end.");
    }

    internal static long Aligned(HostFile file, ulong offset, int cluster, string what)
    {
        // The largest offset that an L1 or L2 entry can hold has 56 bits.
        if (offset % (ulong)cluster != 0 || offset >= 1UL << 56)
            throw Malformed(file, $"the offset of its {what} is {offset}, which is not the start of a cluster of {cluster} bytes below 2^56.");
        return (long)offset;
    }

    internal static string Text(HostFile file, ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Contains((byte)0))
            throw Malformed(file, $"its {what} has a zero byte in it.");
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(file, $"its {what} is not UTF-8.");
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static void RefuseFeatures(HostFile file, ulong incompatible, uint crypt, int compression, ReadOnlySpan<byte> names)
    {
        if (crypt != 0)
        {
            throw Unsupported(file, crypt switch
            {
                1 => "it is encrypted (AES). Decrypt it first with qemu-img convert, or copy it through the VM's own process.",
                2 => "it is encrypted (LUKS). Decrypt it first with qemu-img convert, or copy it through the VM's own process.",
                _ => $"it is encrypted with the unknown method {crypt}.",
            });
        }

        var unknown = incompatible & ~KnownFeatures;
        if (unknown != 0)
            throw Unsupported(file, $"it needs features that we do not know: {FeatureNames(unknown, names)}.");
        if ((incompatible & ExternalDataFeature) != 0)
            throw Unsupported(file, "its data lies in an external data file. Join the two with qemu-img convert first.");
        if ((incompatible & CorruptFeature) != 0)
            throw new ImageException(ImageFault.Inconsistent, file.FilePath, "it is marked corrupt. Repair it with qemu-img check -r all first.");
        if ((incompatible & CompressionTypeFeature) != 0 && compression != 1)
            throw compression == 0 ? Malformed(file, "it says that it has a compression type of its own, and names none.") : Unsupported(file, $"its clusters are compressed by the unknown method {compression}.");
        if ((incompatible & CompressionTypeFeature) == 0 && compression != 0)
            throw Malformed(file, $"it names the compression type {compression} without the feature bit for it.");
    }

    private static string FeatureNames(ulong bits, ReadOnlySpan<byte> table)
    {
        const int entry = 48;
        var found = new List<string>();
        for (; bits != 0; bits &= bits - 1)
        {
            var bit = BitOperations.TrailingZeroCount(bits);
            var name = "";
            for (var at = 0; at + entry <= table.Length; at += entry)
            {
                if (table[at] != 0 || table[at + 1] != bit)
                    continue;
                var text = table.Slice(at + 2, entry - 2);
                var end = text.IndexOf((byte)0);
                name = Printable(end < 0 ? text : text[..end]);
                break;
            }

            found.Add(name.Length == 0 ? $"bit {bit} (unnamed)" : $"bit {bit} \"{name}\"");
        }

        return string.Join(", ", found);
    }

    /// <summary>Names come from the file and end in messages: nothing that could steer a terminal.</summary>
    internal static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var rune in Encoding.UTF8.GetString(bytes).EnumerateRunes())
            text.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
        return text.ToString();
    }

    private static uint U32(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32BigEndian(from[at..]);

    private static ulong U64(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt64BigEndian(from[at..]);

    private static ImageException Malformed(HostFile file, string message) => new(ImageFault.Malformed, file.FilePath, message);

    private static ImageException Unsupported(HostFile file, string message) => new(ImageFault.Unsupported, file.FilePath, message);

    private readonly ref struct Extensions
    {
        internal ReadOnlySpan<byte> FeatureNames { get; private init; }

        internal string? BackingFormat { get; private init; }

        internal BitmapDirectory? Bitmaps { get; private init; }

        internal static Extensions Read(HostFile file, ReadOnlySpan<byte> area, int start)
        {
            ReadOnlySpan<byte> names = default;
            string? backingFormat = null;
            BitmapDirectory? bitmaps = null;
            for (long at = start; at + 8 <= area.Length;)
            {
                var type = U32(area, (int)at);
                if (type == ExtensionEnd)
                    break;
                var length = U32(area, (int)at + 4);
                at += 8;
                if (length > area.Length - at)
                    throw Malformed(file, $"its header extension 0x{type:x8} of {length} bytes reaches beyond the header.");
                var content = area.Slice((int)at, (int)length);
                switch (type)
                {
                    case ExtensionBackingFormat:
                        backingFormat = Text(file, content, "backing format");
                        break;
                    case ExtensionFeatureNames:
                        names = content;
                        break;
                    case ExtensionBitmaps:
                        if (length != 24)
                            throw Malformed(file, $"its bitmaps extension has {length} bytes instead of 24.");
                        bitmaps = new BitmapDirectory(U32(content, 0), U64(content, 8), U64(content, 16));
                        break;
                    default:
                        // Unknown extensions may be ignored (the specification says so); the LUKS pointer and the external data file's name come with bits that are refused.
                        break;
                }

                at += (length + 7L) & ~7L;
            }

            return new Extensions { FeatureNames = names, BackingFormat = backingFormat, Bitmaps = bitmaps };
        }
    }
}
