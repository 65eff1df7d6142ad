using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace VmMigrate.Engine.Blocks;

/// <summary>The saved form of a tree: which chunks are stable at the target, and their digests.</summary>
/// <remarks>
/// <code>
/// "VMMRES2\0"  16 bytes: XxHash128 of what the map belongs to   1 byte: the target held content, so zeroes are written   8 bytes: how much content is stable
/// the tree's pages (<see cref="DigestTree.Save"/>)   16 bytes: XxHash128 of all before
/// </code>
/// </remarks>
internal static class ResumeMap
{
    private const int DigestBytes = 16;

    private static ReadOnlySpan<byte> Magic => "VMMRES2\0"u8;

    /// <param name="bytes">Room, which a copy uses again for each map: at a dense disk of 4 TiB that goes on changing, one takes 16 MiB.</param>
    internal static ReadOnlyMemory<byte> Write(MemoryStream bytes, DigestTree tree, string sourceState, ExtentSet? ranges, bool zeroesNeedWriting, long stableBytes)
    {
        bytes.SetLength(0);
        // Room for what it will be, rather than for twice that.
        var most = Magic.Length + DigestBytes + 9 + tree.MostSavedBytes + DigestBytes;
        if (bytes.Capacity < most)
            bytes.Capacity = checked((int)(most + (most / 8)));
        bytes.Write(Magic);
        bytes.Write(Belongs(tree.Algorithm, tree.LengthBytes, tree.IsDelta, sourceState, ranges));
        bytes.WriteByte(zeroesNeedWriting ? (byte)1 : (byte)0);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, stableBytes);
        bytes.Write(number);
        tree.Save(bytes);
        bytes.Write(XxHash128.Hash(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    /// <summary>Fills the tree. False, with the tree untouched, when the map is damaged or belongs to something else.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> map, DigestTree tree, string sourceState, ExtentSet? ranges, out bool zeroesNeedWriting, out long stableBytes)
    {
        (zeroesNeedWriting, stableBytes) = (true, 0);
        if (!TryOpen(map, out var belongs, out var content)
            || !belongs.SequenceEqual(Belongs(tree.Algorithm, tree.LengthBytes, tree.IsDelta, sourceState, ranges))
            || BinaryPrimitives.ReadInt64LittleEndian(content[1..]) is < 0 or > long.MaxValue / 2
            || !tree.TryLoad(content[9..]))
        {
            return false;
        }

        zeroesNeedWriting = content[0] != 0;
        stableBytes = BinaryPrimitives.ReadInt64LittleEndian(content[1..]);
        return true;
    }

    /// <summary>Which of some source states a map of a whole disk belongs to; null: none of them, or it is damaged.</summary>
    internal static string? StateOf(ReadOnlySpan<byte> map, DigestAlgorithm algorithm, long lengthBytes, IEnumerable<string> states)
    {
        if (!TryOpen(map, out var belongs, out _))
            return null;
        foreach (var state in states)
        {
            if (belongs.SequenceEqual(Belongs(algorithm, lengthBytes, isDelta: false, state, null)))
                return state;
        }

        return null;
    }

    private static bool TryOpen(ReadOnlySpan<byte> map, out ReadOnlySpan<byte> belongs, out ReadOnlySpan<byte> content)
    {
        belongs = content = [];
        var head = Magic.Length + DigestBytes;
        if (map.Length < head + 9 + DigestBytes || !map.StartsWith(Magic) || !XxHash128.Hash(map[..^DigestBytes]).AsSpan().SequenceEqual(map[^DigestBytes..]))
            return false;
        belongs = map[Magic.Length..head];
        content = map[head..^DigestBytes];
        return true;
    }

    private static byte[] Belongs(DigestAlgorithm algorithm, long lengthBytes, bool isDelta, string sourceState, ExtentSet? ranges)
    {
        var hash = new XxHash128();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, lengthBytes);
        hash.Append(number);
        BinaryPrimitives.WriteInt64LittleEndian(number, ((long)algorithm * 2) + (isDelta ? 1 : 0));
        hash.Append(number);
        foreach (var range in ranges ?? ExtentSet.Empty)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, range.Offset);
            hash.Append(number);
            BinaryPrimitives.WriteInt64LittleEndian(number, range.LengthBytes);
            hash.Append(number);
        }

        hash.Append(Encoding.UTF8.GetBytes(sourceState));
        return hash.GetCurrentHash();
    }
}
