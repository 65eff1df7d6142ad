using System.Buffers.Binary;
using System.Text;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>Reads a payload from its start; whatever does not fit is nonsense of the other end.</summary>
internal ref struct RelayPayload(ReadOnlySpan<byte> rest, string peer)
{
    private ReadOnlySpan<byte> _rest = rest;

    internal readonly bool IsEmpty => _rest.IsEmpty;

    internal ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw RelayProtocol.Nonsense(peer, "a frame that ends too early");
        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    internal byte Byte() => Bytes(1)[0];

    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    internal long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    internal ReadOnlySpan<byte> Rest() => Bytes(_rest.Length);

    internal string Text()
    {
        var length = Int32();
        return length is < 0 or > RelayProtocol.MostText ? throw RelayProtocol.Nonsense(peer, "a text without end") : Encoding.UTF8.GetString(Bytes(length));
    }

    /// <summary>A range that lies within a disk.</summary>
    internal (long Offset, long Length) Range(long diskBytes)
    {
        var (offset, length) = (Int64(), Int64());
        return offset < 0 || length <= 0 || length > diskBytes || offset > diskBytes - length
            ? throw RelayProtocol.Nonsense(peer, $"the range {offset}+{length}, which is not inside the disk of {diskBytes} bytes")
            : (offset, length);
    }
}

/// <summary>Builds a payload in a buffer that is used again.</summary>
internal sealed class RelayBuilder
{
    private byte[] _bytes = new byte[4096];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    internal RelayBuilder Clear()
    {
        Length = 0;
        return this;
    }

    internal Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));
        var room = _bytes.AsSpan(Length, bytes);
        Length += bytes;
        return room;
    }

    internal RelayBuilder Byte(byte value)
    {
        Room(1)[0] = value;
        return this;
    }

    internal RelayBuilder Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);
        return this;
    }

    internal RelayBuilder Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
        return this;
    }

    internal RelayBuilder Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Room(value.Length));
        return this;
    }

    internal RelayBuilder Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        var length = Math.Min(bytes.Length, RelayProtocol.MostText);
        return Int32(length).Bytes(bytes.AsSpan(0, length));
    }

    /// <summary>Writes a number over what was written earlier.</summary>
    internal void PutByte(int at, byte value) => _bytes[at] = value;
}
