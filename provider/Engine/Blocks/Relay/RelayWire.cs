using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>Frames over two streams: any thread may send, one reads.</summary>
internal sealed class RelayWire(Stream from, Stream to, string peer, TimeProvider time)
{
    private readonly Lock _sending = new();
    private readonly byte[] _header = new byte[RelayProtocol.HeaderBytes];
    private readonly byte[] _headerRead = new byte[RelayProtocol.HeaderBytes];
    private long _sendingSince;

    /// <summary>How long a call of send has waited for the other end; zero when none does.</summary>
    internal TimeSpan Waiting => Interlocked.Read(ref _sendingSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    internal void Greet()
    {
        to.Write(RelayProtocol.Greeting());
        to.Flush();
    }

    /// <summary>Sends a short frame.</summary>
    /// <exception cref="IOException">The other end is gone.</exception>
    internal void Send(RelayFrameType type, int channel, ReadOnlySpan<byte> payload) => Send(type, channel, payload, isPacked: false, payload.Length, XxHash3.HashToUInt64(payload));

    /// <summary>Sends content, packed where that pays.</summary>
    internal void Send(RelayFrameType type, int channel, ReadOnlySpan<byte> raw, RelayChoice choice, RelayPacker packer)
    {
        var check = XxHash3.HashToUInt64(raw);
        var started = time.GetTimestamp();
        if (!choice.Packs)
        {
            Send(type, channel, raw, isPacked: false, raw.Length, check);
            choice.Note(raw.Length, raw.Length, 0, time.GetTimestamp() - started);
            return;
        }

        var packed = ArrayPool<byte>.Shared.Rent(RelayProtocol.MostWire);
        try
        {
            var length = packer.Pack(raw, packed);
            var between = time.GetTimestamp();
            Send(type, channel, packed.AsSpan(0, length), isPacked: true, raw.Length, check);
            choice.Note(raw.Length, length, between - started, time.GetTimestamp() - between);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    /// <exception cref="BlockException">The other end is gone, or sends nonsense.</exception>
    internal RelayFrame Receive()
    {
        Fill(_headerRead);
        var header = _headerRead.AsSpan();
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[RelayProtocol.HeaderCheckAt..]) != RelayProtocol.HeaderCheck(header))
            throw Damaged();
        var wire = BinaryPrimitives.ReadInt32LittleEndian(header);
        var raw = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (wire is < 0 or > RelayProtocol.MostWire || raw is < 0 or > RelayProtocol.MostPayload || header[5] > 1 || (header[5] == 0 && wire != raw))
            throw RelayProtocol.Nonsense(peer, "a frame of an impossible length");
        var payload = ArrayPool<byte>.Shared.Rent(wire);
        try
        {
            Fill(payload.AsSpan(0, wire));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(payload);
            throw;
        }

        return new RelayFrame(
            (RelayFrameType)header[4], BinaryPrimitives.ReadUInt16LittleEndian(header[6..]), header[5] == 1, wire, raw, BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), payload);
    }

    /// <summary>Gives a frame's content, checked, and its buffer back to the pool.</summary>
    /// <param name="into">Room for a packed frame's content; null where none may be packed.</param>
    internal ReadOnlySpan<byte> Open(RelayFrame frame, byte[]? into, RelayUnpacker? unpacker)
    {
        try
        {
            ReadOnlySpan<byte> raw;
            if (frame.IsCompressed)
            {
                if (into is null || unpacker is null || !unpacker.TryUnpack(frame.Payload, into.AsSpan(0, frame.RawBytes)))
                    throw Damaged();
                raw = into.AsSpan(0, frame.RawBytes);
            }
            else if (into is null)
            {
                raw = frame.Payload.ToArray();
            }
            else
            {
                frame.Payload.CopyTo(into);
                raw = into.AsSpan(0, frame.RawBytes);
            }

            return XxHash3.HashToUInt64(raw) == frame.Check ? raw : throw Damaged();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame.Wire);
        }
    }

    internal string Peer => peer;

    private BlockException Damaged() =>
        new(BlockErrorKind.Lost, $"{peer}: a frame arrived other than it was sent. The stream is given up; nothing of it was used.", canRetry: true) { Disk = peer };

    private void Send(RelayFrameType type, int channel, ReadOnlySpan<byte> payload, bool isPacked, int rawBytes, ulong check)
    {
        lock (_sending)
        {
            Interlocked.Exchange(ref _sendingSince, Math.Max(1, time.GetTimestamp()));
            BinaryPrimitives.WriteInt32LittleEndian(_header, payload.Length);
            _header[4] = (byte)type;
            _header[5] = isPacked ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteUInt16LittleEndian(_header.AsSpan(6), (ushort)channel);
            BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(8), rawBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(_header.AsSpan(16), check);
            BinaryPrimitives.WriteUInt32LittleEndian(_header.AsSpan(RelayProtocol.HeaderCheckAt), RelayProtocol.HeaderCheck(_header));
            to.Write(_header);
            to.Write(payload);
            to.Flush();
            Interlocked.Exchange(ref _sendingSince, 0);
        }
    }

    private void Fill(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var read = from.Read(buffer);
            if (read == 0)
                throw new BlockException(BlockErrorKind.Lost, $"{peer}: the link was lost.", canRetry: true) { Disk = peer };
            buffer = buffer[read..];
        }
    }
}
