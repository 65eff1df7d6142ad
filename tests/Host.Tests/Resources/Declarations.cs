using System.Globalization;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Tests.Resources;

/// <summary>Random declarations by the schema itself, and the same declaration said in other words.</summary>
internal sealed class Declarations(int seed)
{
    private static readonly (string Unit, long Seconds)[] Times = [("d", 86400), ("h", 3600), ("min", 60), ("m", 60), ("s", 1)];
    private static readonly (string Unit, long Bytes)[] Sizes = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("B", 1)];
    private static readonly (string Unit, long Bits)[] Rates = [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1000), ("GB/s", 8_000_000_000), ("MB/s", 8_000_000), ("kB/s", 8000), ("KiB/s", 8192), ("B/s", 8), ("bit/s", 1)];

    private readonly Random _random = new(seed);

    internal MapValue Make(ObjectType type) => Value.Map(type.Fields.Where(field => field.Required || _random.Next(3) > 0).Select(field => KeyValuePair.Create(field.Name, Make(field.Type))));

    /// <summary>Other units, defaults spelled out or left out, nothing for an empty map or list.</summary>
    internal MapValue Restate(ObjectType type, Value value) => Value.Map(type.Fields
        .Select(field => (field, said: value[field.Name].IsNull && field.Default is { } own && _random.Next(2) == 0 ? own : value[field.Name]))
        .Where(entry => !(entry.field.Default is { } own && entry.said.Bare.Equals(own.Bare) && _random.Next(2) == 0))
        .Select(entry => KeyValuePair.Create(entry.field.Name, Restate(entry.field.Type, entry.said))));

    /// <summary>Every place in it that holds a text, a number or a truth value, with its path.</summary>
    internal static IEnumerable<(PropertyPath At, FieldType Type)> Leaves(FieldType type, Value value, PropertyPath at) => type switch
    {
        _ when value.IsNull => [],
        ObjectRef { Type: var inner } => inner.Fields.SelectMany(field => Leaves(field.Type, value[field.Name], at.Child(field.Name))),
        MapType { Item: var item } => value.AsMap!.Entries.SelectMany(entry => Leaves(item, entry.Value, at.Key(entry.Key))),
        ListType { Item: var item } => value.AsList!.Items.SelectMany((entry, index) => Leaves(item, entry, at.Item(index))),
        _ => [(at, type)],
    };

    /// <summary>The same with another meaning at one place.</summary>
    internal static Value ChangeAt(FieldType type, Value value, PropertyPath at, PropertyPath here) => type switch
    {
        ObjectRef { Type: var inner } => Value.Map(inner.Fields.Where(field => !value[field.Name].IsNull)
            .Select(field => KeyValuePair.Create(field.Name, ChangeAt(field.Type, value[field.Name], at, here.Child(field.Name))))),
        MapType { Item: var item } => Value.Map(value.AsMap!.Entries.Select(entry => KeyValuePair.Create(entry.Key, ChangeAt(item, entry.Value, at, here.Key(entry.Key))))),
        ListType { Item: var item } => Value.List(value.AsList!.Items.Select((entry, index) => ChangeAt(item, entry, at, here.Item(index)))),
        _ when !here.Equals(at) => value,
        EnumRef { Type: var words } => Value.Text(words.Words.First(word => word.Name != value.AsText).Name),
        BoolType => Value.Bool(value.AsBool != true),
        IntegerType or NumberType => Value.Number(value.AsNumber!.Value + 1),
        TextType { Format: TextFormat.Duration } => Value.Text("4711ms"),
        TextType { Format: TextFormat.Size } => Value.Text("4711B"),
        TextType { Format: TextFormat.Rate } => Value.Text("4711 bit/s"),
        _ => Value.Text(value.AsText + "-other"),
    };

    private Value Make(FieldType type) => type switch
    {
        ObjectRef { Type: var inner } => Make(inner),
        MapType { Item: var item } => Value.Map(Enumerable.Range(0, _random.Next(4)).Select(index => KeyValuePair.Create($"key{index}", Make(item)))),
        ListType { Item: var item } => Value.List(Enumerable.Range(0, _random.Next(3)).Select(_ => Make(item))),
        EnumRef { Type: var words } => Value.Text(words.Words[_random.Next(words.Words.Length)].Name),
        BoolType => Value.Bool(_random.Next(2) == 0),
        IntegerType or NumberType => Value.Number(_random.Next(1000)),
        TextType { Format: TextFormat.Duration } => Value.Text(Say(_random.Next(1, 3) * 3600L * _random.Next(1, 50), Times, "")),
        TextType { Format: TextFormat.Size } => Value.Text(Say((1L << 20) * _random.Next(1, 5000), Sizes, "")),
        TextType { Format: TextFormat.Rate } => Value.Text(Say(8_000_000L * _random.Next(1, 500), Rates, " ")),
        _ => Value.Text($"text {_random.Next(100)}"),
    };

    private Value Restate(FieldType type, Value value) => (type, value) switch
    {
        (_, { IsNull: true }) => value,
        (ObjectRef { Type: var inner }, _) => Restate(inner, value),
        (MapType { Item: var item }, _) => Value.Map(value.AsMap!.Entries.Reverse().Select(entry => KeyValuePair.Create(entry.Key, Restate(item, entry.Value)))),
        (ListType { Item: var item }, _) => value.AsList!.Items.IsEmpty && _random.Next(2) == 0 ? Value.Null : Value.List(value.AsList.Items.Select(entry => Restate(item, entry))),
        (TextType { Format: TextFormat.Duration }, _) => Value.Text(Say((long)Engine.Spec.Quantity.Duration(value.AsText!)!.Value.TotalSeconds, Times, "")),
        (TextType { Format: TextFormat.Size }, _) => Value.Text(Say(Engine.Spec.Quantity.Size(value.AsText!)!.Value, Sizes, "")),
        (TextType { Format: TextFormat.Rate }, _) => Value.Text(Say((long)Math.Round(Engine.Spec.Quantity.Rate(value.AsText!)!.Value * 8), Rates, " ")),
        _ => value,
    };

    /// <summary>In any unit that comes out even, or in tenths of it.</summary>
    private string Say(long amount, (string Unit, long Worth)[] units, string between)
    {
        var even = units.Where(unit => amount * 10 % unit.Worth == 0).ToList();
        var (name, worth) = even[_random.Next(even.Count)];
        return ((decimal)amount / worth).ToString(CultureInfo.InvariantCulture) + between + name;
    }
}
