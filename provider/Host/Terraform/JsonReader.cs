using System.Text.Json;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Terraform;

/// <summary>JSON as a state file holds it, read into a neutral tree whose keys are still Terraform's.</summary>
internal static class JsonReader
{
    /// <exception cref="FormatException">No JSON.</exception>
    internal static Value Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MsgpackReader.MaxDepth });
            return Read(document.RootElement);
        }
        catch (JsonException fault)
        {
            throw new FormatException("The JSON value is cut short or broken.", fault);
        }
    }

    private static Value Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => Value.Bool(true),
        JsonValueKind.False => Value.Bool(false),
        JsonValueKind.Number => Value.Number(element.GetDouble()),
        JsonValueKind.String => Value.Text(element.GetString()),
        JsonValueKind.Array => Value.List(element.EnumerateArray().Select(Read)),
        JsonValueKind.Object => Value.Map(element.EnumerateObject().Select(one => KeyValuePair.Create(one.Name, Read(one.Value)))),
        _ => Value.Null,
    };
}
