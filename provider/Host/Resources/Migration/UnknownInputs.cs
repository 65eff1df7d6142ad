using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>Inputs that another resource still has to make, such as the id of a subnet: what does not depend on them is checked at preview all the same.</summary>
internal static class UnknownInputs
{
    /// <summary>Where nothing is known yet, in the order of the declaration.</summary>
    internal static ImmutableArray<PropertyPath> Find(Value value, PropertyPath at) => value switch
    {
        { IsUnknown: true } => [at],
        { AsMap: { } map } => [.. map.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => Find(entry.Value, at.Child(entry.Key)))],
        { AsList: { } list } => [.. list.Items.SelectMany((item, index) => Find(item, at.Item(index)))],
        _ => [],
    };

    /// <summary>Whether the rest says enough to look at both sites: only networks and the target platform's own words are missing.</summary>
    internal static bool AreLeftOut(IEnumerable<PropertyPath> unknown) =>
        unknown.All(path => path.Steps is [{ Name: "target" }, { Name: { } name }, ..] && (name == "networks" || PlatformTable.TargetFields.Any(field => field.Name == name)));

    /// <summary>The same without them.</summary>
    internal static Value Without(Value value) => value switch
    {
        { AsMap: { } map } => Value.Map(map.Entries.Where(entry => !entry.Value.IsUnknown).Select(entry => KeyValuePair.Create(entry.Key, Without(entry.Value)))),
        { AsList: { } list } => Value.List(list.Items.Where(item => !item.IsUnknown).Select(Without)),
        _ => value,
    };

    /// <summary>What was found without them, but for what is said of them or of the list that they belong to; and what waits.</summary>
    internal static ImmutableArray<Finding> Judge(ImmutableArray<Finding> findings, ImmutableArray<PropertyPath> unknown) =>
    [
        .. findings.Where(finding => finding.At.Steps.Length < 2 || !unknown.Any(path => AreInLine(path, finding.At))),
        Waits(unknown, "What depends on them is checked at apply, before anything is changed; everything else was checked now."),
    ];

    internal static Finding Waits(ImmutableArray<PropertyPath> unknown, string then) =>
        Finding.Note("plan.waits", PropertyPath.Root, $"Not known before apply: {string.Join(", ", unknown)}. {then}");

    private static bool AreInLine(PropertyPath one, PropertyPath other) => one.Steps.Zip(other.Steps).All(pair => pair.First.Name == pair.Second.Name && pair.First.Index == pair.Second.Index);
}
