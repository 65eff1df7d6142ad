using System.Text.Json;
using Google.Protobuf;

namespace VmMigrate.Host.Terraform;

/// <summary>What a planned change is, as we note it for the apply that follows.</summary>
internal enum PlannedChange
{
    /// <summary>No note: state that was written by a run, or a plan by somebody who did not ask us.</summary>
    None,
    Create,
    Update,

    /// <summary>Nothing to do, whatever the words say: "1m" for "60s".</summary>
    Same,

    /// <summary>First half of a plan to replace: core asks a second time, as for a create, and passes this on as the prior note.</summary>
    Replace,

    /// <summary>A destroy that the user asked for, as opposed to one that core puts before a create.</summary>
    Destroy,

    /// <summary>A destroy of what another object of the state holds as well: the object is forgotten, the migration stays.</summary>
    Release,
}

/// <summary>Our private bytes in plans and state. Never a secret: they stand in the state file.</summary>
/// <param name="Id">Of the planned create, where it is known.</param>
/// <param name="Unfinished">The last run or refresh did not find the goal reached.</param>
/// <param name="Continues">The planned create goes on with an unfinished migration that core calls tainted.</param>
internal sealed record PrivateNotes(PlannedChange Change = PlannedChange.None, string? Id = null, bool Unfinished = false, bool Continues = false)
{
    /// <summary>Bytes that are not ours count as no note.</summary>
    internal static PrivateNotes Read(ByteString bytes)
    {
        if (bytes.IsEmpty)
        {
            return new PrivateNotes();
        }

        try
        {
            using var document = JsonDocument.Parse(bytes.Memory);
            var root = document.RootElement;
            return new PrivateNotes(
                Text(root, "change") is { } change && Enum.TryParse<PlannedChange>(change, out var known) ? known : PlannedChange.None,
                Text(root, "id"),
                Flag(root, "unfinished"),
                Flag(root, "continues"));
        }
        catch (JsonException)
        {
            return new PrivateNotes();
        }
    }

    internal ByteString ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            if (Change != PlannedChange.None)
            {
                writer.WriteString("change", Change.ToString());
            }

            if (Id is not null)
            {
                writer.WriteString("id", Id);
            }

            if (Unfinished)
            {
                writer.WriteBoolean("unfinished", true);
            }

            if (Continues)
            {
                writer.WriteBoolean("continues", true);
            }

            writer.WriteEndObject();
        }

        return ByteString.CopyFrom(stream.ToArray());
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Flag(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
