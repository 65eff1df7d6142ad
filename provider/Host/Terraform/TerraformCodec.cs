using System.Buffers;
using System.Globalization;
using Google.Protobuf;
using MessagePack;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Terraform;

/// <summary>Between Terraform's values (snake_case, all attributes present) and neutral ones (the model's names, what is null left out of objects).</summary>
/// <remarks>Entries of maps keep their keys, and their nulls: core wants them back as they were.</remarks>
internal static class TerraformCodec
{
    internal static bool IsNull(DynamicValue? value) => Raw(value).IsNull;

    /// <returns>A map, or <see cref="Value.Null"/> or <see cref="Value.Unknown"/>.</returns>
    /// <exception cref="FormatException">The bytes are broken or do not fit the schema.</exception>
    internal static Value Read(DynamicValue? value, WireObject shape) => Read(Raw(value), shape, lenient: false);

    /// <summary>Reads state as its file holds it. Attributes that are no longer in the schema are dropped.</summary>
    internal static Value ReadState(ReadOnlyMemory<byte> json, WireObject shape) => Read(JsonReader.Read(json), shape, lenient: true);

    /// <summary>Writes a whole object or block.</summary>
    /// <remarks>What is marked secret, and every write-only attribute, goes out as null: neither a plan nor a state may hold it.</remarks>
    internal static DynamicValue Write(Value value, WireObject shape)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        Write(ref writer, value, shape);
        writer.Flush();
        return new DynamicValue { Msgpack = ByteString.CopyFrom(buffer.WrittenSpan) };
    }

    private static Value Raw(DynamicValue? value) =>
        value is null ? Value.Null
        : !value.Msgpack.IsEmpty ? MsgpackReader.Read(value.Msgpack.Memory)
        : !value.Json.IsEmpty ? JsonReader.Read(value.Json.Memory)
        : Value.Null;

    private static Value Read(Value raw, WireType type, bool lenient)
    {
        if (raw is NullValue or UnknownValue)
        {
            return raw;
        }

        return (type, raw) switch
        {
            (WireObject shape, MapValue map) => ReadObject(map, shape, lenient),
            (WireList list, ListValue items) => Value.List(items.Items.Select(item => Read(item, list.Item, lenient))),
            (WireMap map, MapValue entries) => Value.Map(
                entries.Entries.Select(entry => KeyValuePair.Create(entry.Key, Read(entry.Value, map.Item, lenient)))),
            (WireScalar { Json: "string" }, TextValue) => raw,
            (WireScalar { Json: "bool" }, BoolValue) => raw,
            (WireScalar { Json: "number" }, NumberValue) => raw,
            (WireScalar { Json: "number" }, TextValue { Content: var digits })
                when double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => Value.Number(number),
            _ => throw new FormatException($"A {TerraformSchema.TypeJson(type)} was expected, but a {raw.GetType().Name} came."),
        };
    }

    private static MapValue ReadObject(MapValue raw, WireObject shape, bool lenient)
    {
        if (!lenient && raw.Entries.Keys.FirstOrDefault(name => shape.Find(name) is null) is { } stranger)
        {
            throw new FormatException($"There is no attribute \"{stranger}\".");
        }

        var result = Value.EmptyMap;
        foreach (var attribute in shape.Attributes)
        {
            var value = Read(raw[attribute.Name], attribute.Type, lenient);
            if (value is not NullValue)
            {
                result = result.With(attribute.Field.Name, attribute.Field.Secret ? Value.Secret(value) : value);
            }
        }

        return result;
    }

    private static void Write(ref MessagePackWriter writer, Value value, WireType type)
    {
        switch (type, value)
        {
            case (WireObject shape, MapValue map):
                writer.WriteMapHeader(shape.Attributes.Length);
                foreach (var attribute in shape.Attributes)
                {
                    writer.Write(attribute.Name);
                    Write(ref writer, attribute.WriteOnly ? Value.Null : map[attribute.Field.Name], attribute.Type);
                }

                break;
            case (WireMap shape, MapValue map):
                writer.WriteMapHeader(map.Entries.Count);
                foreach (var (key, item) in map.Entries)
                {
                    writer.Write(key);
                    Write(ref writer, item, shape.Item);
                }

                break;
            case (WireList shape, ListValue list):
                writer.WriteArrayHeader(list.Items.Length);
                foreach (var item in list.Items)
                {
                    Write(ref writer, item, shape.Item);
                }

                break;
            case (_, SecretValue):
                writer.WriteNil();
                break;
            case (WireScalar { Json: "string" }, TextValue):
            case (WireScalar { Json: "bool" }, BoolValue):
            case (WireScalar { Json: "number" }, NumberValue):
            case (_, NullValue or UnknownValue):
                MsgpackWriter.Write(ref writer, value);
                break;
            default:
                throw new FormatException($"A {TerraformSchema.TypeJson(type)} is to be sent, but a {value.GetType().Name} was given.");
        }
    }
}
