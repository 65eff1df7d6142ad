using System.Buffers.Binary;

namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>
/// Content that is made when it is read instead of being kept. Each leaf begins with a tag (magic, seed, leaf number), by which a copy of it is
/// recognised at the target and kept as a reference too: a terabyte that was copied costs no more than one that was not.
/// </summary>
internal static class LeafPattern
{
    internal const int LeafBytes = 64 << 10;

    private const ulong Magic = 0x6B6C_626D_6973_6D76;
    private const int TagBytes = 24;

    /// <param name="into">A whole leaf, or the short one at a disk's end.</param>
    internal static void Fill(ulong seed, long leaf, Span<byte> into)
    {
        Mixing.Fill(Mixing.Mix(seed, (ulong)leaf), into);
        if (into.Length >= TagBytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(into, Magic);
            BinaryPrimitives.WriteUInt64LittleEndian(into[8..], seed);
            BinaryPrimitives.WriteInt64LittleEndian(into[16..], leaf);
        }
    }

    /// <summary>True when the content is exactly what <see cref="Fill"/> makes of a seed.</summary>
    /// <param name="scratch">At least as long as the content.</param>
    internal static bool TryRecognise(long leaf, ReadOnlySpan<byte> content, Span<byte> scratch, out ulong seed)
    {
        seed = 0;
        if (content.Length < TagBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(content) != Magic
            || BinaryPrimitives.ReadInt64LittleEndian(content[16..]) != leaf)
        {
            return false;
        }

        seed = BinaryPrimitives.ReadUInt64LittleEndian(content[8..]);
        var made = scratch[..content.Length];
        Fill(seed, leaf, made);
        return content.SequenceEqual(made);
    }
}
