using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using VmMigrate.SdkGenerator;

namespace VmMigrate.Sdk.Tests.Schema;

/// <summary>What Pulumi's binder and generators refuse, or users stumble over, although the metaschema lets it pass.</summary>
internal static partial class SchemaLint
{
    /// <summary>Classes that every SDK has besides those of the schema.</summary>
    private static readonly string[] OwnClasses = ["Provider", "ProviderArgs", "Config", "Utilities", "Inputs", "Outputs"];

    internal static IReadOnlyList<string> Findings(JObject schema) =>
    [
        .. Tokens(schema),
        .. References(schema),
        .. Required(schema),
        .. ReservedNames(schema),
        .. EchoedInputs(schema),
        .. ConfigAndProvider(schema),
        .. Defaults(schema),
        .. Descriptions(schema),
        .. CSharpNames(schema),
    ];

    private static IEnumerable<string> Tokens(JObject schema)
    {
        var name = (string)schema["name"]!;
        foreach (var (group, pattern) in new[] { ("types", UpperName()), ("resources", UpperName()), ("functions", LowerName()) })
        {
            foreach (var (token, _) in Members(schema[group]))
            {
                if (token.Split(':') is not [var package, "index", var last] || package != name || !pattern.IsMatch(last))
                {
                    yield return $"token: {token} in {group}";
                }
            }
        }

        var all = Members(schema["types"]).Concat(Members(schema["resources"])).Concat(Members(schema["functions"])).Select(entry => entry.Name);
        foreach (var group in all.GroupBy(token => token, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            yield return $"token twice: {string.Join(", ", group)}";
        }
    }

    private static IEnumerable<string> References(JObject schema)
    {
        foreach (var reference in schema.Descendants().OfType<JProperty>().Where(property => property.Name == "$ref" && property.Value.Type == JTokenType.String))
        {
            var target = (string)reference.Value!;
            var path = target.StartsWith("#/", StringComparison.Ordinal) ? target[2..].Split('/', 2) : [];
            if (path is not [var group, var token] || schema[group]?[Uri.UnescapeDataString(token)] is null)
            {
                yield return $"reference: {target} at {reference.Path}";
            }
        }
    }

    private static IEnumerable<string> Required(JObject schema)
    {
        foreach (var (path, body) in Bodies(schema))
        {
            foreach (var (list, properties) in new[] { ("required", "properties"), ("requiredInputs", "inputProperties") })
            {
                foreach (var name in (body[list] as JArray ?? []).Select(item => (string)item!).Where(name => body[properties]?[name] is null))
                {
                    yield return $"required: {name} is not in {path}.{properties}";
                }
            }
        }
    }

    private static IEnumerable<string> ReservedNames(JObject schema)
    {
        foreach (var (path, body) in Bodies(schema))
        {
            var outputs = Members(body["properties"]).Select(entry => entry.Name);
            var inputs = Members(body["inputProperties"]).Select(entry => entry.Name);
            var reserved = path.StartsWith("resources", StringComparison.Ordinal)
                ? outputs.Where(name => name is "id" or "urn")
                : path == "provider" ? inputs.Where(name => name is "version") : [];
            foreach (var name in reserved.Concat(outputs.Concat(inputs).Where(name => name == "pulumi")))
            {
                yield return $"reserved: {name} in {path}";
            }
        }
    }

    private static IEnumerable<string> EchoedInputs(JObject schema)
    {
        foreach (var (token, resource) in Members(schema["resources"]))
        {
            foreach (var (name, input) in Members(resource["inputProperties"]))
            {
                if (resource["properties"]?[name] is not JObject output)
                {
                    yield return $"input not in the outputs: {name} of {token}";
                }
                else if (!JToken.DeepEquals(TypeOf(input), TypeOf(output)) || (bool?)input["secret"] != (bool?)output["secret"])
                {
                    yield return $"input differs from its output: {name} of {token}";
                }
            }
        }
    }

    private static IEnumerable<string> ConfigAndProvider(JObject schema)
    {
        if (!JToken.DeepEquals(schema["config"]?["variables"], schema["provider"]?["inputProperties"]))
        {
            yield return "config.variables and provider.inputProperties differ";
        }
    }

    private static IEnumerable<string> Defaults(JObject schema)
    {
        foreach (var (path, property) in AllProperties(schema).Where(entry => entry.Body["default"] is not null))
        {
            var value = (JToken)property["default"]!;
            var named = (string?)property["$ref"] is { } reference ? schema["types"]?[reference.Split('/')[^1]] : null;
            var fits = named is not null
                ? (named["enum"] as JArray ?? []).Any(word => JToken.DeepEquals(word["value"], value))
                : ((string?)property["type"], value.Type) is ("string", JTokenType.String) or ("boolean", JTokenType.Boolean)
                    or ("integer", JTokenType.Integer) or ("number", JTokenType.Integer or JTokenType.Float);
            if (!fits)
            {
                yield return $"default: {value} at {path}";
            }
        }
    }

    private static IEnumerable<string> Descriptions(JObject schema)
    {
        var things = Bodies(schema).Where(entry => !entry.Path.EndsWith("puts", StringComparison.Ordinal)).Concat(AllProperties(schema));
        foreach (var (path, body) in things)
        {
            if (string.IsNullOrWhiteSpace((string?)body["description"]))
            {
                yield return $"no description: {path}";
            }
        }
    }

    /// <summary>A member may not be called as its class (CS0542), nor two members or two classes the same.</summary>
    private static IEnumerable<string> CSharpNames(JObject schema)
    {
        foreach (var (path, body) in Bodies(schema))
        {
            var token = path.Split('.')[1..] is [var first, ..] ? first : "Provider";
            foreach (var list in new[] { "properties", "inputProperties" })
            {
                var members = Members(body[list]).Select(entry => CSharpName(entry.Name, entry.Body)).ToList();
                var classes = path.EndsWith(".outputs", StringComparison.Ordinal)
                    ? new[] { Names.Class(token) + "Result" }
                    : [Names.Class(token), Names.Class(token) + "Args"];
                foreach (var member in members.Where(member => classes.Contains(member)))
                {
                    yield return $"C# member called as its class: {member} in {path}";
                }

                foreach (var twice in members.GroupBy(member => member).Where(group => group.Count() > 1))
                {
                    yield return $"C# member twice: {twice.Key} in {path}";
                }
            }
        }

        var enums = Members(schema["types"]).Where(entry => entry.Body["enum"] is not null).Select(entry => Names.Class(entry.Name));
        var resources = Members(schema["resources"]).SelectMany(entry => new[] { Names.Class(entry.Name), Names.Class(entry.Name) + "Args" });
        var functions = Members(schema["functions"]).SelectMany(entry => Suffixes(Names.Class(entry.Name), "", "Args", "InvokeArgs", "Result"));
        foreach (var twice in OwnClasses.Concat(enums).Concat(resources).Concat(functions).GroupBy(name => name).Where(group => group.Count() > 1))
        {
            yield return $"C# class twice: {twice.Key}";
        }

        static IEnumerable<string> Suffixes(string name, params string[] suffixes) => suffixes.Select(suffix => name + suffix);
    }

    /// <summary>Everything that has properties, by its path.</summary>
    private static IEnumerable<(string Path, JObject Body)> Bodies(JObject schema)
    {
        foreach (var group in new[] { "types", "resources" })
        {
            foreach (var (token, body) in Members(schema[group]))
            {
                yield return ($"{group}.{token}", body);
            }
        }

        foreach (var (token, body) in Members(schema["functions"]))
        {
            yield return ($"functions.{token}", body);
            foreach (var side in new[] { "inputs", "outputs" })
            {
                if (body[side] is JObject shape)
                {
                    yield return ($"functions.{token}.{side}", shape);
                }
            }
        }

        if (schema["provider"] is JObject provider)
        {
            yield return ("provider", provider);
        }
    }

    private static IEnumerable<(string Path, JObject Body)> AllProperties(JObject schema) =>
        Bodies(schema).SelectMany(owner => Members(owner.Body["properties"]).Concat(Members(owner.Body["inputProperties"]))
            .Select(property => ($"{owner.Path}.{property.Name}", property.Body)));

    private static JObject TypeOf(JObject property) => new(property.Properties().Where(entry => entry.Name is "type" or "items" or "additionalProperties" or "$ref"));

    private static string CSharpName(string name, JObject property) => (string?)property["language"]?["csharp"]?["name"] ?? Names.Pascal(name);

    private static IEnumerable<(string Name, JObject Body)> Members(JToken? group) =>
        (group as JObject ?? []).Properties().Select(entry => (entry.Name, (JObject)entry.Value));

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*$")]
    private static partial Regex UpperName();

    [GeneratedRegex("^[a-z][A-Za-z0-9]*$")]
    private static partial Regex LowerName();
}
