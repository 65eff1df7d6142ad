using System.Buffers.Binary;
using System.IO.Hashing;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>What both ends of a relay's stream agree on.</summary>
/// <remarks>
/// <code>
/// greeting   "VMMRELAY"   2 bytes: lowest version spoken   2: highest   4: zero        each end sends one at once
/// frame      4 bytes: payload on the wire   1: type   1: flags (1: zstd)   2: channel   4: payload unpacked   4: of XxHash3 of the header, with zero here   8: XxHash3 of the payload unpacked   payload
/// </code>
/// Numbers are little endian. Channel 0 is the disk's; others are opened on it, one thread at each end, answers in the order of the questions. zstd is one stream a channel and
/// direction, flushed at each frame that uses it, so that later frames profit from earlier ones; a frame that is sent plain takes no part in it.
/// The stream runs through ssh, which encrypts and authenticates it; the check finds what breaks between the two programs.
/// </remarks>
internal static class RelayProtocol
{
    internal const ushort LowestVersion = 2;
    internal const ushort HighestVersion = 2;

    internal const int GreetingBytes = 16;
    internal const int HeaderBytes = 24;
    internal const int HeaderCheckAt = 12;

    /// <summary>Unpacked. Content comes in requests of 512 KiB.</summary>
    internal const int MostPayload = 1 << 20;

    /// <summary>zstd's own worst case is smaller.</summary>
    internal const int MostWire = MostPayload + (16 << 10);

    internal const int RequestBytes = 512 << 10;

    /// <summary>Requests of one channel on their way.</summary>
    internal const int MostOutstanding = 16;

    /// <summary>Written and not acknowledged, of one channel.</summary>
    internal const int MostUnacknowledged = 8 << 20;

    internal const int MostChannels = 8;

    /// <summary>Of a text in a frame.</summary>
    internal const int MostText = 4 << 10;

    /// <summary>A shell's start files may print something before the relay speaks.</summary>
    internal const int MostNoise = 4 << 10;

    /// <summary>Of a map for resuming in one frame: a map of many TiB crosses in parts.</summary>
    internal const int MapPartBytes = 512 << 10;

    /// <summary>Of a whole map: that of 60 TiB of content.</summary>
    internal const int MostMap = 256 << 20;

    /// <summary>Of extents in one answer.</summary>
    internal const int MostExtents = 4096;

    /// <summary>The provider lets hear of itself so often. A relay that hears nothing for four times as long ends.</summary>
    internal static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(15);

    internal static ReadOnlySpan<byte> Magic => "VMMRELAY"u8;

    internal static byte[] Greeting(ushort lowest = LowestVersion, ushort highest = HighestVersion)
    {
        var greeting = new byte[GreetingBytes];
        Magic.CopyTo(greeting);
        BinaryPrimitives.WriteUInt16LittleEndian(greeting.AsSpan(8), lowest);
        BinaryPrimitives.WriteUInt16LittleEndian(greeting.AsSpan(10), highest);
        return greeting;
    }

    /// <summary>Reads the other end's greeting.</summary>
    /// <returns>The version to speak.</returns>
    /// <exception cref="BlockException">No relay is there, or one that speaks another version.</exception>
    internal static ushort ReadGreeting(Stream from, string peer)
    {
        Span<byte> read = stackalloc byte[MostNoise + GreetingBytes];
        var length = 0;
        while (true)
        {
            if (from.Read(read.Slice(length, 1)) == 0)
                throw NoRelay(peer, read[..length]);
            length++;
            if (length >= GreetingBytes && read[(length - GreetingBytes)..length].StartsWith(Magic))
                break;
            if (length == read.Length)
                throw NoRelay(peer, read[..length]);
        }

        var greeting = read[(length - GreetingBytes)..length];
        var lowest = BinaryPrimitives.ReadUInt16LittleEndian(greeting[8..]);
        var highest = BinaryPrimitives.ReadUInt16LittleEndian(greeting[10..]);
        return lowest <= HighestVersion && highest >= LowestVersion
            ? Math.Min(highest, HighestVersion)
            : throw new BlockException(
                BlockErrorKind.Refused, $"{peer} speaks versions {lowest} to {highest} of the relay's protocol, and this program {LowestVersion} to {HighestVersion}. Use the same version at both ends.", canRetry: false)
            { Disk = peer };
    }

    /// <summary>The check of a frame's header, whatever stands at its place. A length that arrives other than it was sent would have the receiver wait for what never comes.</summary>
    internal static uint HeaderCheck(ReadOnlySpan<byte> header)
    {
        Span<byte> without = stackalloc byte[HeaderBytes];
        header.CopyTo(without);
        without.Slice(HeaderCheckAt, 4).Clear();
        return (uint)XxHash3.HashToUInt64(without);
    }

    internal static BlockException Nonsense(string peer, string what) =>
        new(BlockErrorKind.Protocol, $"{peer}: the other end of the relay sent {what}.", canRetry: false) { Disk = peer };

    private static BlockException NoRelay(string peer, ReadOnlySpan<byte> said)
    {
        var text = string.Concat(System.Text.Encoding.ASCII.GetString(said[..Math.Min(said.Length, 200)]).Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
        return new BlockException(BlockErrorKind.Unreachable, $"{peer}: no relay answers{(text.Length == 0 ? "" : $", but \"{text}\"")}.", canRetry: true) { Disk = peer };
    }
}
