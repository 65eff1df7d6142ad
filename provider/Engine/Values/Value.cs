using System.Collections.Immutable;

namespace VmMigrate.Engine.Values;

/// <summary>
/// The neutral tree between a wire format (Pulumi's Struct, Terraform's MessagePack, JSON) and the code that gives it a meaning.
/// Unknown and secret are values of their own and may stand at any depth.
/// </summary>
/// <remarks>
/// Equality is by content: maps compare without regard to order, and a secret equals another secret with the same content
/// (never its bare content). <see cref="object.ToString"/> never shows what a secret holds.
/// </remarks>
public abstract class Value : IEquatable<Value>
{
    private protected Value()
    {
    }

    public static Value Null { get; } = new NullValue();

    public static Value Unknown { get; } = new UnknownValue();

    public static MapValue EmptyMap { get; } = new(ImmutableSortedDictionary.Create<string, Value>(StringComparer.Ordinal));

    public static Value Text(string? text) => text is null ? Null : new TextValue(text);

    public static Value Number(double number) => new NumberValue(number);

    public static Value Bool(bool value) => new BoolValue(value);

    public static Value List(IEnumerable<Value> items) => new ListValue([.. items]);

    public static MapValue Map(IEnumerable<KeyValuePair<string, Value>> entries)
    {
        var builder = EmptyMap.Entries.ToBuilder();
        foreach (var (key, value) in entries)
        {
            builder[key] = value;
        }

        return new MapValue(builder.ToImmutable());
    }

    public static MapValue Map(params ReadOnlySpan<(string Key, Value Value)> entries)
    {
        var builder = EmptyMap.Entries.ToBuilder();
        foreach (var (key, value) in entries)
        {
            builder[key] = value;
        }

        return new MapValue(builder.ToImmutable());
    }

    /// <summary>Marks a value as secret; a secret of a secret is one secret.</summary>
    public static Value Secret(Value value) => value is SecretValue ? value : new SecretValue(value);

    public bool IsNull => Bare is NullValue;

    public bool IsUnknown => Bare is UnknownValue;

    public bool IsSecret => this is SecretValue;

    /// <summary>The value without a secret mark around it (marks further in stay).</summary>
    public Value Bare => this is SecretValue secret ? secret.Content : this;

    /// <summary>The text, or null when this is not a text.</summary>
    public string? AsText => (Bare as TextValue)?.Content;

    public double? AsNumber => (Bare as NumberValue)?.Content;

    public bool? AsBool => (Bare as BoolValue)?.Content;

    public MapValue? AsMap => Bare as MapValue;

    public ListValue? AsList => Bare as ListValue;

    /// <summary>The entry of a map, or <see cref="Null"/> where this is no map or has no such key. A map's secret mark goes on to the entry.</summary>
    public Value this[string key] => Bare switch
    {
        MapValue map when map.Entries.TryGetValue(key, out var value) => IsSecret ? Secret(value) : value,
        UnknownValue => Unknown,
        _ => Null,
    };

    /// <summary>True when an unknown stands anywhere in the tree.</summary>
    public bool HasUnknown => Bare switch
    {
        UnknownValue => true,
        ListValue list => list.Items.Any(item => item.HasUnknown),
        MapValue map => map.Entries.Values.Any(item => item.HasUnknown),
        _ => false,
    };

    /// <summary>True when a secret stands anywhere in the tree.</summary>
    public bool HasSecret => this switch
    {
        SecretValue => true,
        ListValue list => list.Items.Any(item => item.HasSecret),
        MapValue map => map.Entries.Values.Any(item => item.HasSecret),
        _ => false,
    };

    /// <summary>The same tree without any secret mark.</summary>
    public Value Reveal() => Bare switch
    {
        ListValue list => List(list.Items.Select(item => item.Reveal())),
        MapValue map => Map(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Reveal()))),
        var other => other,
    };

    public abstract bool Equals(Value? other);

    public override bool Equals(object? obj) => Equals(obj as Value);

    public abstract override int GetHashCode();
}

/// <summary>Absent and null are the same thing to us.</summary>
public sealed class NullValue : Value
{
    internal NullValue()
    {
    }

    public override bool Equals(Value? other) => other is NullValue;

    public override int GetHashCode() => 1;

    public override string ToString() => "null";
}

/// <summary>A value that is not known before apply.</summary>
public sealed class UnknownValue : Value
{
    internal UnknownValue()
    {
    }

    public override bool Equals(Value? other) => other is UnknownValue;

    public override int GetHashCode() => 2;

    public override string ToString() => "(known after apply)";
}

public sealed class BoolValue : Value
{
    internal BoolValue(bool content) => Content = content;

    public bool Content { get; }

    public override bool Equals(Value? other) => other is BoolValue value && value.Content == Content;

    public override int GetHashCode() => Content.GetHashCode();

    public override string ToString() => Content ? "true" : "false";
}

public sealed class NumberValue : Value
{
    internal NumberValue(double content) => Content = content;

    public double Content { get; }

    public override bool Equals(Value? other) => other is NumberValue value && value.Content.Equals(Content);

    public override int GetHashCode() => Content.GetHashCode();

    public override string ToString() => Content.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}

public sealed class TextValue : Value
{
    internal TextValue(string content) => Content = content;

    public string Content { get; }

    public override bool Equals(Value? other) => other is TextValue value && value.Content == Content;

    public override int GetHashCode() => Content.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"\"{Content}\"";
}

public sealed class ListValue : Value
{
    internal ListValue(ImmutableArray<Value> items) => Items = items;

    public ImmutableArray<Value> Items { get; }

    public override bool Equals(Value? other) => other is ListValue list && list.Items.AsSpan().SequenceEqual(Items.AsSpan());

    public override int GetHashCode() => Items.Length;

    public override string ToString() => $"[{string.Join(", ", Items)}]";
}

public sealed class MapValue : Value
{
    internal MapValue(ImmutableSortedDictionary<string, Value> entries) => Entries = entries;

    /// <summary>In ordinal order of the keys.</summary>
    public ImmutableSortedDictionary<string, Value> Entries { get; }

    public MapValue With(string key, Value value) => new(Entries.SetItem(key, value));

    public MapValue Without(string key) => new(Entries.Remove(key));

    public override bool Equals(Value? other) =>
        other is MapValue map && map.Entries.Count == Entries.Count
        && Entries.All(entry => map.Entries.TryGetValue(entry.Key, out var value) && value.Equals(entry.Value));

    public override int GetHashCode() => Entries.Count;

    public override string ToString() => $"{{{string.Join(", ", Entries.Select(entry => $"{entry.Key}: {entry.Value}"))}}}";
}

/// <summary>A value that must never be shown or kept in plain text.</summary>
public sealed class SecretValue : Value
{
    internal SecretValue(Value content) => Content = content;

    public Value Content { get; }

    public override bool Equals(Value? other) => other is SecretValue secret && secret.Content.Equals(Content);

    public override int GetHashCode() => Content.GetHashCode();

    public override string ToString() => "[secret]";
}
