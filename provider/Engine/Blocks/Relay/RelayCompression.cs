using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>Decides, frame by frame, whether packing pays on this link, by what it has measured.</summary>
/// <remarks>
/// Packing pays where its time is less than the link's time for the bytes it saves: <c>c / 2 &lt; (1 − q) · w</c>, with c the seconds to pack a byte, q what is left of it, and w the
/// seconds the link takes a byte; a half, since one channel packs while the other sends. w is only seen while the link is what everything waits for; so a while is sent plain where it has not been seen for long.
/// </remarks>
internal sealed class RelayChoice(TimeProvider time)
{
    /// <summary>Measured over so much: more than the buffers between two programs take without waiting.</summary>
    private const long EpochBytes = 8 << 20;

    private const int Channels = 2;

    private const int FeltAfter = 4;

    /// <summary>A figure that is so many epochs old is looked at again.</summary>
    private const int OldAfter = 32;

    private double? _packing;
    private double? _left;
    private double? _wire;
    private int _unfelt;
    private int _sincePacked;
    private int _sinceWire;
    private long _raw;
    private long _sent;
    private long _packTicks;
    private long _sendTicks;

    internal bool Packs { get; private set; } = true;

    /// <summary>Notes one frame.</summary>
    internal void Note(int rawBytes, int sentBytes, long packTicks, long sendTicks)
    {
        _raw += rawBytes;
        _sent += sentBytes;
        _packTicks += packTicks;
        _sendTicks += sendTicks;
        if (_raw < EpochBytes)
            return;
        _sincePacked++;
        _sinceWire++;
        if (Packs)
        {
            (_packing, _left, _sincePacked) = (Seconds(_packTicks) / _raw, (double)_sent / _raw, 0);
            // Where sending took a good part of the time, the link was the brake and shows its pace.
            if (_sendTicks * 3 > _packTicks)
                (_wire, _sinceWire) = (Seconds(_sendTicks) / _sent, 0);
        }
        else
        {
            (_wire, _sinceWire) = (Seconds(_sendTicks) / _sent, 0);
        }

        Packs = (_packing, _left, _wire) switch
        {
            (null, _, _) => true,
            // The first packed bytes vanish in buffers: a slow link is only felt after some of them.
            (_, _, null) => ++_unfelt < FeltAfter,
            _ when _sincePacked >= OldAfter => true,
            _ when _sinceWire >= OldAfter => false,
            var (packing, left, wire) => packing / Channels < (1 - left) * wire,
        };
        (_raw, _sent, _packTicks, _sendTicks) = (0, 0, 0, 0);
    }

    private double Seconds(long ticks) => (double)ticks / time.TimestampFrequency;
}

/// <summary>One channel's packing in one direction.</summary>
internal sealed class RelayPacker : IDisposable
{
    // What `zstd` itself takes; the window of 2 MiB bounds the memory at both ends.
    private const int Level = 3;
    private const int WindowLog = 21;

    private readonly Compressor _compressor = new(Level);

    internal RelayPacker() => _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, WindowLog);

    /// <returns>How much of <paramref name="into"/> was filled.</returns>
    internal int Pack(ReadOnlySpan<byte> raw, Span<byte> into)
    {
        var total = 0;
        while (!raw.IsEmpty)
        {
            _compressor.WrapStream(raw, into[total..], out var taken, out var written, isFinalBlock: false);
            raw = raw[taken..];
            total += written;
            if (taken == 0 && written == 0)
                throw new InvalidOperationException("Packing does not get on.");
        }

        OperationStatus status;
        do
        {
            status = _compressor.FlushStream(into[total..], out var written, isFinalBlock: false);
            total += written;
            if (status == OperationStatus.DestinationTooSmall && written == 0)
                throw new InvalidOperationException("A packed frame is longer than zstd's bound.");
        }
        while (status == OperationStatus.DestinationTooSmall);
        return total;
    }

    public void Dispose() => _compressor.Dispose();
}

/// <summary>The other end of a <see cref="RelayPacker"/>.</summary>
internal sealed class RelayUnpacker : IDisposable
{
    private const int WindowLog = 21;

    private readonly Decompressor _decompressor = new();

    internal RelayUnpacker() => _decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLog);

    /// <summary>Fills <paramref name="into"/> exactly, or says that the frame is damaged.</summary>
    internal bool TryUnpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        try
        {
            var total = 0;
            while (!packed.IsEmpty || total < into.Length)
            {
                _decompressor.UnwrapStream(packed, into[total..], out var taken, out var written);
                packed = packed[taken..];
                total += written;
                if (taken == 0 && written == 0)
                    return packed.IsEmpty && total == into.Length;
            }

            return total == into.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    public void Dispose() => _decompressor.Dispose();
}
