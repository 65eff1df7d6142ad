using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using MessagePack;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Terraform;

/// <summary>A MessagePack value as core sends it, read into a neutral tree whose keys are still Terraform's.</summary>
/// <remarks>
/// Core's own rules (cty): an unknown is an extension of code 0, or of code 12 when something is known about it; we take every extension
/// as unknown. A number is an integer, a float, or a decimal text where neither holds it exactly; the text is told from a string by the
/// schema only, so it stays a text here.
/// </remarks>
internal static class MsgpackReader
{
    /// <summary>Deeper trees are refused: a schema of ours is never deeper than ten.</summary>
    internal const int MaxDepth = 64;

    /// <exception cref="FormatException">Not one whole MessagePack value, or one of a kind that core never sends.</exception>
    internal static Value Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var reader = new MessagePackReader(bytes);
            var value = Read(ref reader, 0);
            return reader.End ? value : throw new FormatException("There are bytes after the MessagePack value.");
        }
        catch (Exception fault) when (fault is MessagePackSerializationException or EndOfStreamException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new FormatException("The MessagePack value is cut short or broken.", fault);
        }
    }

    private static Value Read(ref MessagePackReader reader, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException($"The MessagePack value is nested deeper than {MaxDepth} levels.");
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return Value.Null;
            case MessagePackType.Boolean:
                return Value.Bool(reader.ReadBoolean());
            case MessagePackType.Integer:
                return Value.Number(ReadInteger(ref reader));
            case MessagePackType.Float:
                return Value.Number(reader.ReadDouble());
            case MessagePackType.String:
                return Value.Text(reader.ReadString());
            case MessagePackType.Array:
                return ReadList(ref reader, depth);
            case MessagePackType.Map:
                return ReadMap(ref reader, depth);
            case MessagePackType.Extension:
                var header = reader.ReadExtensionFormatHeader();
                reader.ReadRaw(header.Length);
                return Value.Unknown;
            default:
                throw new FormatException($"A MessagePack {reader.NextMessagePackType} has no meaning here.");
        }
    }

    private static double ReadInteger(ref MessagePackReader reader) =>
        reader.NextCode == MessagePackCode.UInt64 ? reader.ReadUInt64() : reader.ReadInt64();

    private static Value ReadList(ref MessagePackReader reader, int depth)
    {
        // The reader has compared the length with the bytes that are left, so a wrong one cannot take memory.
        var items = ImmutableArray.CreateBuilder<Value>(reader.ReadArrayHeader());
        for (var i = items.Capacity; i > 0; i--)
        {
            items.Add(Read(ref reader, depth + 1));
        }

        return Value.List(items.ToImmutable());
    }

    private static MapValue ReadMap(ref MessagePackReader reader, int depth)
    {
        var entries = new Dictionary<string, Value>(StringComparer.Ordinal);
        for (var i = reader.ReadMapHeader(); i > 0; i--)
        {
            var key = reader.NextMessagePackType == MessagePackType.String ? reader.ReadString() : null;
            if (key is null || !entries.TryAdd(key, Read(ref reader, depth + 1)))
            {
                throw new FormatException("A MessagePack map has a key twice, or one that is no text.");
            }
        }

        return Value.Map(entries);
    }
}

/// <summary>Writes a neutral tree as core wants it: see <see cref="MsgpackReader"/>.</summary>
internal static class MsgpackWriter
{
    private static readonly byte[] Zero = [0];

    /// <summary>Writes any tree, keys as they are. Marks of secrecy are not on the wire: whoever calls has decided what may go out.</summary>
    internal static void Write(ref MessagePackWriter writer, Value value)
    {
        switch (value.Bare)
        {
            case NullValue:
                writer.WriteNil();
                break;
            case UnknownValue:
                // Code 0 with one byte of payload, since some readers take no empty extension.
                writer.WriteExtensionFormat(new ExtensionResult(0, Zero));
                break;
            case BoolValue flag:
                writer.Write(flag.Content);
                break;
            case NumberValue number:
                WriteNumber(ref writer, number.Content);
                break;
            case TextValue text:
                writer.Write(text.Content);
                break;
            case ListValue list:
                writer.WriteArrayHeader(list.Items.Length);
                foreach (var item in list.Items)
                {
                    Write(ref writer, item);
                }

                break;
            case MapValue map:
                writer.WriteMapHeader(map.Entries.Count);
                foreach (var (key, item) in map.Entries)
                {
                    writer.Write(key);
                    Write(ref writer, item);
                }

                break;
        }
    }

    internal static byte[] ToBytes(Value value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        Write(ref writer, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Integers as integers; all else as the shortest decimal text, for core compares numbers in decimal: its 0.1 is no double's.</summary>
    internal static void WriteNumber(ref MessagePackWriter writer, double number)
    {
        if (!double.IsFinite(number))
        {
            throw new FormatException($"{number} cannot be sent to Terraform.");
        }

        if (number == Math.Floor(number) && Math.Abs(number) < 1L << 62)
        {
            writer.Write((long)number);
        }
        else
        {
            writer.Write(number.ToString("R", CultureInfo.InvariantCulture));
        }
    }
}
