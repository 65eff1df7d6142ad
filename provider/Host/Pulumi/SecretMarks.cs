using System.Collections.Immutable;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Pulumi;

/// <summary>Sees to it that what came in as a secret does not go out as plain text.</summary>
/// <remarks>The engine itself marks only top-level outputs whose whole input was a secret; nested ones are ours to mark.</remarks>
internal static class SecretMarks
{
    /// <summary>Marks in <paramref name="outputs"/> what is marked at the same place in <paramref name="inputs"/>.</summary>
    internal static MapValue Carry(MapValue? inputs, MapValue outputs) => inputs is null ? outputs : (MapValue)CarryInto(inputs, outputs);

    /// <summary>Marks what the resource model calls secret.</summary>
    internal static MapValue BySchema(ImmutableArray<Field> fields, MapValue values)
    {
        foreach (var field in fields)
        {
            if (values.Entries.TryGetValue(field.Name, out var value))
            {
                var marked = ByType(field.Type, value);
                values = values.With(field.Name, field.Secret ? Value.Secret(marked) : marked);
            }
        }

        return values;
    }

    /// <summary>Marks every text that contains a secret which <paramref name="redactor"/> knows: a last net under the rules above.</summary>
    internal static MapValue ByContent(Redactor redactor, MapValue values) => (MapValue)MarkContent(redactor, values);

    /// <summary>True when the model has a secret in this type.</summary>
    internal static bool HoldsSecret(Field field) => field.Secret || HoldsSecret(field.Type);

    private static bool HoldsSecret(FieldType type) => type switch
    {
        ObjectRef { Type: var inner } => inner.Fields.Any(HoldsSecret),
        MapType { Item: var item } => HoldsSecret(item),
        ListType { Item: var item } => HoldsSecret(item),
        _ => false,
    };

    private static Value CarryInto(Value from, Value to)
    {
        if (from.IsSecret)
        {
            return Value.Secret(to);
        }

        return (from, to.Bare) switch
        {
            (MapValue a, MapValue b) => Remark(to, Value.Map(b.Entries.Select(entry =>
                a.Entries.TryGetValue(entry.Key, out var given) ? KeyValuePair.Create(entry.Key, CarryInto(given, entry.Value)) : entry))),

            // The order may have changed on the way: one secret in a list makes the whole list one, as the engine has it too.
            (ListValue a, ListValue) when a.HasSecret => Value.Secret(to),
            _ => to,
        };
    }

    private static Value ByType(FieldType type, Value value) => (type, value.Bare) switch
    {
        (ObjectRef { Type: var inner }, MapValue map) => Remark(value, BySchema(inner.Fields, map)),
        (MapType { Item: var item }, MapValue map) =>
            Remark(value, Value.Map(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, ByType(item, entry.Value))))),
        (ListType { Item: var item }, ListValue list) => Remark(value, Value.List(list.Items.Select(entry => ByType(item, entry)))),
        _ => value,
    };

    private static Value MarkContent(Redactor redactor, Value value) => value switch
    {
        TextValue text when redactor.Knows(text.Content) => Value.Secret(text),
        ListValue list => Value.List(list.Items.Select(item => MarkContent(redactor, item))),
        MapValue map => Value.Map(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, MarkContent(redactor, entry.Value)))),
        _ => value,
    };

    private static Value Remark(Value like, Value value) => like.IsSecret ? Value.Secret(value) : value;
}
