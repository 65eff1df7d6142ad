using Newtonsoft.Json.Linq;

namespace VmMigrate.Sdk.Tests.Examples;

/// <summary>What a program declares, whatever its language: Pulumi's names, values filled in, outputs by name only.</summary>
/// <param name="Resources">Inputs by <c>type name</c>, such as <c>vmmigrate:index:Migration web-01</c>.</param>
internal sealed record Declaration(SortedDictionary<string, JToken> Resources, SortedSet<string> Outputs)
{
    public override string ToString() =>
        new JObject(
            new JProperty("resources", new JObject(Resources.Select(entry => new JProperty(entry.Key, Sorted(entry.Value))))),
            new JProperty("outputs", new JArray(Outputs))).ToString();

    /// <summary>Maps in order of their keys, whole numbers as such; what is not set is left out.</summary>
    private static JToken Sorted(JToken value) => value switch
    {
        JObject map => new JObject(map.Properties().Where(entry => entry.Value.Type != JTokenType.Null)
            .OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => new JProperty(entry.Name, Sorted(entry.Value)))),
        JArray list => new JArray(list.Select(Sorted)),
        _ => value.DeepClone(),
    };
}
