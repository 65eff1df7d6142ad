namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>Numbers that look random and are the same for the same input, in every process and for ever (splitmix64).</summary>
internal static class Mixing
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    internal static ulong Mix(ulong x)
    {
        x += Golden;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    internal static ulong Mix(ulong a, ulong b) => Mix(Mix(a) ^ b);

    internal static ulong Mix(ulong seed, string text)
    {
        var hash = Mix(seed);
        foreach (var rune in text.EnumerateRunes())
        {
            hash = Mix(hash ^ (uint)rune.Value);
        }

        return hash;
    }

    /// <summary>A number in [0, 1).</summary>
    internal static double Share(ulong x) => (Mix(x) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A version 4 UUID in lower case.</summary>
    internal static string Uuid(ulong x)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, Mix(x));
        BitConverter.TryWriteBytes(bytes[8..], Mix(x, 1));
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Fills with content that no two seeds share.</summary>
    internal static void Fill(ulong seed, Span<byte> into)
    {
        var state = Mix(seed);
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(into);
        for (var i = 0; i < words.Length; i++)
        {
            state += Golden;
            var x = (state ^ (state >> 32)) * 0xD6E8FEB86659FD93;
            words[i] = x ^ (x >> 32);
        }

        for (var i = words.Length * 8; i < into.Length; i++)
        {
            into[i] = (byte)Mix(state, (ulong)i);
        }
    }
}
