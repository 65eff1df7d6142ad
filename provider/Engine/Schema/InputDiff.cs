using System.Collections.Immutable;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Schema;

public enum ChangeKind
{
    Add,
    Delete,
    Update,
}

/// <summary>One difference between two trees.</summary>
/// <param name="Replaces">The resource cannot take this change as an update.</param>
/// <param name="IsInput">The old value stands in the inputs; otherwise it stands in the state.</param>
public sealed record PropertyChange(PropertyPath Path, ChangeKind Kind, bool Replaces, bool IsInput);

/// <summary>Compares two checked inputs by meaning: "1GiB" equals "1024MiB", and absent equals null.</summary>
public static class InputDiff
{
    public static ImmutableArray<PropertyChange> Compare(ObjectType type, Value old, Value @new)
    {
        var changes = ImmutableArray.CreateBuilder<PropertyChange>();
        CompareObject(type, old, @new, PropertyPath.Root, false, changes);
        return changes.ToImmutable();
    }

    /// <summary>True when two values mean the same for a field of this type.</summary>
    public static bool SameMeaning(FieldType type, Value a, Value b)
    {
        var changes = ImmutableArray.CreateBuilder<PropertyChange>();
        CompareField(type, a, b, PropertyPath.Root, false, changes);
        return changes.Count == 0;
    }

    private static void CompareObject(
        ObjectType type, Value old, Value @new, PropertyPath at, bool replaces, ImmutableArray<PropertyChange>.Builder changes)
    {
        foreach (var field in type.Fields)
        {
            CompareField(
                field.Type, old[field.Name].IsNull ? field.Default ?? Value.Null : old[field.Name],
                @new[field.Name].IsNull ? field.Default ?? Value.Null : @new[field.Name],
                at.Child(field.Name), replaces || field.Replaces, changes);
        }
    }

    private static void CompareField(
        FieldType type, Value old, Value @new, PropertyPath at, bool replaces, ImmutableArray<PropertyChange>.Builder changes)
    {
        if (@new.IsUnknown)
        {
            if (!old.IsUnknown)
            {
                changes.Add(new PropertyChange(at, old.IsNull ? ChangeKind.Add : ChangeKind.Update, replaces, true));
            }

            return;
        }

        // An object that is left out means its defaults, so spelling a default out is no change.
        if (type is ObjectRef { Type: var optional } && optional.Fields.Any(field => field.Default is not null) && !optional.Fields.Any(field => field.Required))
        {
            (old, @new) = (old.IsNull ? Value.EmptyMap : old, @new.IsNull ? Value.EmptyMap : @new);
        }
        else if (IsEmpty(old) || IsEmpty(@new))
        {
            if (!(IsEmpty(old) && IsEmpty(@new)))
            {
                changes.Add(new PropertyChange(at, IsEmpty(old) ? ChangeKind.Add : ChangeKind.Delete, replaces, true));
            }

            return;
        }

        switch (type)
        {
            case ObjectRef { Type: var inner } when old.AsMap is not null && @new.AsMap is not null:
                CompareObject(inner, old, @new, at, replaces, changes);
                break;
            case MapType { Item: var item } when old.AsMap is { } a && @new.AsMap is { } b:
                foreach (var key in a.Entries.Keys.Union(b.Entries.Keys).Order(StringComparer.Ordinal))
                {
                    CompareField(item, a[key], b[key], at.Key(key), replaces, changes);
                }

                break;
            case ListType { Item: var item } when old.AsList is { } a && @new.AsList is { } b:
                for (var i = 0; i < Math.Max(a.Items.Length, b.Items.Length); i++)
                {
                    CompareField(
                        item,
                        i < a.Items.Length ? a.Items[i] : Value.Null,
                        i < b.Items.Length ? b.Items[i] : Value.Null,
                        at.Item(i),
                        replaces,
                        changes);
                }

                break;
            case TextType { Format: not TextFormat.Plain and var format }
                when old.AsText is { } a && @new.AsText is { } b && Quantity.SameMeaning(format, a, b):
                break;
            default:
                if (!old.Bare.Equals(@new.Bare))
                {
                    changes.Add(new PropertyChange(at, ChangeKind.Update, replaces, true));
                }

                break;
        }
    }

    private static bool IsEmpty(Value value) =>
        value.IsNull || (value.AsMap is { } map && map.Entries.Values.All(entry => entry.IsNull)) || value.AsList is { Items.Length: 0 };
}
