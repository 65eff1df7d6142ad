using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace VmMigrate.Engine.Blocks;

/// <summary>The saved form of a tree: which chunks are stable at the target, and their digests.</summary>
/// <remarks>
/// <code>
/// "VMMRES1\0"  16 bytes: XxHash128 of what the map belongs to   1 byte: the target held content, so zeroes are written   the tree's pages (<see cref="DigestTree.Save"/>)   16 bytes: XxHash128 of all before
/// </code>
/// </remarks>
internal static class ResumeMap
{
    private const int DigestBytes = 16;

    private static ReadOnlySpan<byte> Magic => "VMMRES1\0"u8;

    internal static byte[] Write(DigestTree tree, string sourceState, ExtentSet? ranges, bool zeroesNeedWriting)
    {
        using var bytes = new MemoryStream();
        bytes.Write(Magic);
        bytes.Write(Belongs(tree, sourceState, ranges));
        bytes.WriteByte(zeroesNeedWriting ? (byte)1 : (byte)0);
        tree.Save(bytes);
        bytes.Write(XxHash128.Hash(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        return bytes.ToArray();
    }

    /// <summary>Fills the tree. False, with the tree untouched, when the map is damaged or belongs to something else.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> map, DigestTree tree, string sourceState, ExtentSet? ranges, out bool zeroesNeedWriting)
    {
        zeroesNeedWriting = true;
        var head = Magic.Length + DigestBytes;
        if (map.Length < head + 1 + DigestBytes || !map.StartsWith(Magic))
            return false;
        var content = map[..^DigestBytes];
        if (!XxHash128.Hash(content).AsSpan().SequenceEqual(map[^DigestBytes..])
            || !content[Magic.Length..head].SequenceEqual(Belongs(tree, sourceState, ranges))
            || !tree.TryLoad(content[(head + 1)..]))
        {
            return false;
        }

        zeroesNeedWriting = content[head] != 0;
        return true;
    }

    private static byte[] Belongs(DigestTree tree, string sourceState, ExtentSet? ranges)
    {
        var hash = new XxHash128();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, tree.LengthBytes);
        hash.Append(number);
        BinaryPrimitives.WriteInt64LittleEndian(number, ((long)tree.Algorithm * 2) + (tree.IsDelta ? 1 : 0));
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
