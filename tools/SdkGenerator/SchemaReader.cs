using Newtonsoft.Json.Linq;

namespace VmMigrate.SdkGenerator;

/// <summary>Reads schema.json. What it does not know it refuses, so that nothing is left out of the SDK unseen.</summary>
internal sealed class SchemaReader(JObject root)
{
    private const string TypeReference = "#/types/";

    internal PackageSpec Package()
    {
        var name = Text(root, "name");
        var csharp = root["language"]?["csharp"] as JObject ?? [];
        var rootNamespace = (string?)csharp["rootNamespace"] ?? "Pulumi";
        var shortName = (string?)csharp["namespaces"]?[name] ?? string.Concat(name.Split('-').Select(Names.Pascal));
        var types = Entries(root, "types").ToList();
        return new(
            name,
            Text(root, "version"),
            (string?)root["description"] ?? "",
            (string?)root["license"] ?? "",
            (string?)root["publisher"] ?? "",
            $"{rootNamespace}.{shortName}",
            shortName,
            Properties(root["config"] as JObject, "variables", "required"),
            types.Where(type => type.Body["enum"] is null)
                .ToDictionary(type => type.Key, type => new ObjectSpec(type.Key, Description(type.Body), Properties(type.Body, "properties", "required"))),
            [.. types.Where(type => type.Body["enum"] is not null).Select(type => Enum(type.Key, type.Body))],
            Resource($"pulumi:providers:{name}", true, root["provider"] as JObject ?? []),
            [.. Entries(root, "resources").Select(resource => Resource(resource.Key, false, resource.Body))],
            [.. Entries(root, "functions").Select(Function)]);
    }

    private static IEnumerable<(string Key, JObject Body)> Entries(JObject parent, string name) =>
        (parent[name] as JObject ?? []).Properties()
            .Select(entry => (entry.Name, (JObject)entry.Value))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal);

    private static ResourceSpec Resource(string token, bool isProvider, JObject body)
    {
        Refuse(token, body, "methods", "aliases", "stateInputs", "isComponent", "deprecationMessage", "language");
        return new(
            token,
            isProvider,
            Description(body),
            Properties(body, "inputProperties", "requiredInputs"),
            Properties(body, "properties", "required"));
    }

    private static FunctionSpec Function((string Key, JObject Body) function)
    {
        Refuse(function.Key, function.Body, "multiArgumentInputs", "deprecationMessage", "language");
        return new(
            function.Key,
            Description(function.Body),
            Properties(function.Body["inputs"] as JObject, "properties", "required"),
            Properties(function.Body["outputs"] as JObject, "properties", "required"));
    }

    private static EnumSpec Enum(string token, JObject body)
    {
        if (Text(body, "type") != "string")
        {
            throw new FormatException($"{token}: only enums of texts are known.");
        }

        return new(
            token,
            Description(body),
            [.. ((JArray)body["enum"]!).Select(word => new EnumWordSpec(Text((JObject)word, "name"), Text((JObject)word, "value"), Description((JObject)word)))]);
    }

    /// <summary>In ordinal order of their names, as the official generator has them.</summary>
    private static List<PropertySpec> Properties(JObject? parent, string name, string requiredName)
    {
        var required = (parent?[requiredName] as JArray ?? []).Select(item => (string)item!).ToHashSet();
        return
        [
            .. from entry in parent is null ? [] : Entries(parent, name)
               select Property(entry.Key, entry.Body, required.Contains(entry.Key)),
        ];
    }

    private static PropertySpec Property(string name, JObject body, bool required)
    {
        Refuse(name, body, "const", "defaultInfo", "deprecationMessage", "replaceOnChanges", "plain", "oneOf");
        return new(
            name,
            (string?)body["language"]?["csharp"]?["name"] ?? Names.Pascal(name),
            Type(name, body),
            required,
            (bool?)body["secret"] ?? false,
            Description(body),
            body["default"] as JValue);
    }

    private static TypeSpec Type(string where, JObject body)
    {
        if ((string?)body["$ref"] is { } reference)
        {
            return reference.StartsWith(TypeReference, StringComparison.Ordinal)
                ? new NamedSpec(Uri.UnescapeDataString(reference[TypeReference.Length..]))
                : throw new FormatException($"{where}: the reference {reference} is not known.");
        }

        return (string?)body["type"] switch
        {
            "array" => new ListSpec(Type(where, (JObject)body["items"]!)),
            "object" => new MapSpec(body["additionalProperties"] is JObject item ? Type(where, item) : new PrimitiveSpec("string")),
            "boolean" or "integer" or "number" or "string" => new PrimitiveSpec((string)body["type"]!),
            var other => throw new FormatException($"{where}: the type {other ?? "(none)"} is not known."),
        };
    }

    private static void Refuse(string where, JObject body, params string[] keys)
    {
        if (keys.FirstOrDefault(key => body[key] is not null && !(key == "language" && body[key]?["csharp"] is null)) is { } found)
        {
            throw new FormatException($"{where}: this generator does not know \"{found}\".");
        }
    }

    private static string Description(JObject body) => (string?)body["description"] ?? "";

    private static string Text(JObject body, string name) => (string?)body[name] ?? throw new FormatException($"\"{name}\" is missing at {body.Path}.");
}
