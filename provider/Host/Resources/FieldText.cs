using System.Collections.Immutable;
using VmMigrate.Engine.Schema;

namespace VmMigrate.Host.Resources;

/// <summary>Descriptions as users read them: what the model says in structure (units, groups) is added in words.</summary>
/// <remarks>schema.json and the reference page take their texts from here, so that they cannot differ.</remarks>
internal static class FieldText
{
    internal static string Of(Field field) => Unit(field.Type) is { } unit ? $"{field.Description} {unit}" : field.Description;

    internal static string Of(ObjectType type) =>
        string.Join(' ', [type.Description, .. type.ExactlyOne.Select(ExactlyOne)]);

    private static string? Unit(FieldType type) => type switch
    {
        TextType { Format: TextFormat.Duration } => "A duration with its unit, such as `30s` or `2m`.",
        TextType { Format: TextFormat.Size } => "A size with its unit, such as `40GiB`.",
        TextType { Format: TextFormat.Rate } => "A rate with its unit, such as `200 Mbit/s`.",
        ListType list => Unit(list.Item),
        MapType map => Unit(map.Item),
        _ => null,
    };

    private static string ExactlyOne(ImmutableArray<string> group) => group switch
    {
        [var only] => $"`{only}` must be set.",
        [.. var rest, var last] => $"Exactly one of {string.Join(", ", rest.Select(name => $"`{name}`"))} and `{last}` must be set.",
        _ => throw new ArgumentException("A group needs a name.", nameof(group)),
    };
}
