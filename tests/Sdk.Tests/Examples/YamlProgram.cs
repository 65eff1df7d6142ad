using Newtonsoft.Json.Linq;
using VmMigrate.Tests;
using YamlDotNet.RepresentationModel;

namespace VmMigrate.Sdk.Tests.Examples;

/// <summary>Reads Pulumi.yaml: the config's defaults of any project, and the declaration of one whose runtime is yaml.</summary>
internal static class YamlProgram
{
    /// <summary>What begins a value that another resource or a lookup gives, such as <c>another: subnet.id</c>.</summary>
    internal const string Reference = "another: ";

    internal static JObject Read(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Repository.At(file))));
        return (JObject)Tree(stream.Documents[0].RootNode);
    }

    internal static Dictionary<string, string> ConfigDefaults(JObject project) =>
        (project["config"] as JObject ?? []).Properties().ToDictionary(entry => entry.Name, entry => (string?)entry.Value["default"] ?? "");

    internal static Declaration Parse(JObject project)
    {
        var config = ConfigDefaults(project);
        // Other packages' resources are theirs to check.
        var resources = ((JObject)project["resources"]!).Properties().Where(entry => ((string)entry.Value["type"]!).Contains("vmmigrate", StringComparison.Ordinal)).ToDictionary(
            entry => $"{FullToken((string)entry.Value["type"]!)} {entry.Name}",
            entry => Filled(entry.Value["properties"]!, config));
        return new(new(resources, StringComparer.Ordinal), [.. ((JObject)project["outputs"]!).Properties().Select(entry => entry.Name)]);
    }

    /// <summary><c>vmmigrate:Migration</c> is short for <c>vmmigrate:index:Migration</c>.</summary>
    private static string FullToken(string token) => token.Split(':') is [var package, var name] ? $"{package}:index:{name}" : token;

    private static JToken Filled(JToken value, Dictionary<string, string> config) => value switch
    {
        JObject map => new JObject(map.Properties().Select(entry => new JProperty(entry.Name, Filled(entry.Value, config)))),
        JArray list => new JArray(list.Select(item => Filled(item, config))),
        JValue { Value: string text } when text.StartsWith("${", StringComparison.Ordinal) => config.GetValueOrDefault(text[2..^1]) ?? Reference + text[2..^1].Split('.')[^1],
        _ => value,
    };

    private static JToken Tree(YamlNode node) => node switch
    {
        YamlMappingNode map => new JObject(map.Children.Select(entry => new JProperty(((YamlScalarNode)entry.Key).Value!, Tree(entry.Value)))),
        YamlSequenceNode list => new JArray(list.Children.Select(Tree)),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "true" } => true,
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "false" } => false,
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: { } value } when long.TryParse(value, out var number) => number,
        YamlScalarNode scalar => scalar.Value!,
        _ => throw new FormatException($"No value for {node}."),
    };
}
