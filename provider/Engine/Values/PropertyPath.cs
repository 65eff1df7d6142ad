using System.Collections.Immutable;
using System.Text;

namespace VmMigrate.Engine.Values;

/// <summary>Where in the input something stands, such as <c>target.networks["vlan 7"]</c> or <c>waive[0].until</c>.</summary>
public sealed class PropertyPath : IEquatable<PropertyPath>
{
    private PropertyPath(ImmutableArray<Step> steps) => Steps = steps;

    public static PropertyPath Root { get; } = new([]);

    public ImmutableArray<Step> Steps { get; }

    public bool IsRoot => Steps.IsEmpty;

    /// <summary>Reads a dotted path of property names, for use with literals: <c>PropertyPath.Of("target.site")</c>.</summary>
    public static PropertyPath Of(string dotted) =>
        new([.. dotted.Split('.', StringSplitOptions.RemoveEmptyEntries).Select(name => new Step(name, null, false))]);

    /// <summary>A named property of an object type.</summary>
    public PropertyPath Child(string name) => new(Steps.Add(new Step(name, null, false)));

    /// <summary>An entry of a map, whose keys the user chose.</summary>
    public PropertyPath Key(string key) => new(Steps.Add(new Step(key, null, true)));

    /// <summary>An item of a list, counted from 0.</summary>
    public PropertyPath Item(int index) => new(Steps.Add(new Step(null, index, false)));

    public bool Equals(PropertyPath? other) => other is not null && other.Steps.AsSpan().SequenceEqual(Steps.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as PropertyPath);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>Pulumi's notation: dots for names, brackets for indexes and for keys that are no plain names.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var step in Steps)
        {
            if (step.Index is { } index)
            {
                text.Append('[').Append(index).Append(']');
            }
            else if (IsPlain(step.Name!))
            {
                if (text.Length > 0)
                {
                    text.Append('.');
                }

                text.Append(step.Name);
            }
            else
            {
                text.Append("[\"").Append(step.Name!.Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\"]");
            }
        }

        return text.ToString();
    }

    private static bool IsPlain(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && !char.IsAsciiDigit(name[0]);

    /// <summary>One step: a name (a property's, or a map's key when <see cref="IsKey"/>) or an index.</summary>
    public readonly record struct Step(string? Name, int? Index, bool IsKey);
}
