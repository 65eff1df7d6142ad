using System.Text.Json;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using Proto = Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Host.Pulumi;

/// <summary>
/// Reads the provider's config. SDKs send every property of a provider that is no text as JSON in a text, `pulumi config` does so for
/// nested values, and other programs send the values themselves: all three are read.
/// </summary>
internal static class ConfigReader
{
    // They belong to the engine: it wants them back as they are, and they mean nothing to us.
    private static readonly string[] _ofEngine = ["version", "pluginDownloadURL"];

    /// <returns>The config without the engine's own keys, and those keys.</returns>
    internal static (MapValue Config, MapValue OfEngine) Read(ObjectType type, Proto.Struct? source, ICollection<Finding> findings)
    {
        var config = StructReader.Read(source, findings).Without("__internal");
        var ofEngine = Value.EmptyMap;
        foreach (var name in _ofEngine)
        {
            if (type.Find(name) is null && config.Entries.TryGetValue(name, out var value))
            {
                ofEngine = ofEngine.With(name, value);
                config = config.Without(name);
            }
        }

        return ((MapValue)Decode(new ObjectRef(type), config, PropertyPath.Root, findings), ofEngine);
    }

    /// <summary>The deprecated form: texts under keys such as <c>vmmigrate:config:sites</c>.</summary>
    internal static Proto.Struct FromVariables(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var result = new Proto.Struct();
        foreach (var (key, value) in variables)
        {
            result.Fields[key[(key.LastIndexOf(':') + 1)..]] = Proto.Value.ForString(value);
        }

        return result;
    }

    private static Value Decode(FieldType type, Value value, PropertyPath at, ICollection<Finding> findings)
    {
        if (value is SecretValue secret)
        {
            return Value.Secret(Decode(type, secret.Content, at, findings));
        }

        switch (type, value)
        {
            case (ObjectRef { Type: var inner }, MapValue map):
                return Value.Map(map.Entries.Select(entry => KeyValuePair.Create(
                    entry.Key, inner.Find(entry.Key) is { } field ? Decode(field.Type, entry.Value, at.Child(entry.Key), findings) : entry.Value)));
            case (MapType { Item: var item }, MapValue map):
                return Value.Map(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, Decode(item, entry.Value, at.Key(entry.Key), findings))));
            case (ListType { Item: var item }, ListValue list):
                return Value.List(list.Items.Select((entry, index) => Decode(item, entry, at.Item(index), findings)).ToList());
            case (ObjectRef or MapType or ListType, TextValue { Content: var text }):
                return FromJson(text, at, findings) is { } decoded ? Decode(type, decoded, at, findings) : Value.Null;
            case (BoolType, TextValue { Content: "true" or "false" } word):
                return Value.Bool(word.Content == "true");
            case (IntegerType or NumberType, TextValue { Content: var digits })
                when double.TryParse(digits, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number):
                return Value.Number(number);
            default:
                return value;
        }
    }

    /// <returns>Null when it is no JSON object or list; then there is a finding, which does not quote the text: a password may be in it.</returns>
    private static Value? FromJson(string text, PropertyPath at, ICollection<Finding> findings)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true });
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Null => Value.Null,
                JsonValueKind.Object or JsonValueKind.Array => StructReader.Read(ToProto(document.RootElement), at, findings),
                _ => Fail("A text was given here instead of an object or a list."),
            };
        }
        catch (JsonException error)
        {
            return Fail($"A text was given here that is no JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}).");
        }

        Value? Fail(string what)
        {
            findings.Add(Finding.Error(
                "config.malformed", at, $"{what} Set it with `pulumi config set --path`, key by key, or as an object in the program."));
            return null;
        }
    }

    private static Proto.Value ToProto(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var fields = new Proto.Struct();
                foreach (var property in element.EnumerateObject())
                {
                    fields.Fields[property.Name] = ToProto(property.Value);
                }

                return Proto.Value.ForStruct(fields);
            case JsonValueKind.Array:
                return Proto.Value.ForList([.. element.EnumerateArray().Select(ToProto)]);
            case JsonValueKind.String:
                return Proto.Value.ForString(element.GetString());
            case JsonValueKind.Number:
                return Proto.Value.ForNumber(element.GetDouble());
            case JsonValueKind.True:
            case JsonValueKind.False:
                return Proto.Value.ForBool(element.GetBoolean());
            default:
                return Proto.Value.ForNull();
        }
    }
}
