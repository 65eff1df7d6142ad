using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Schema;

/// <summary>Checks a tree against an object type: shapes, names, required fields, enums, units; fills in defaults.</summary>
/// <remarks>Pure and idempotent: checking a checked tree returns it unchanged. Unknown members pass.</remarks>
public static class InputCheck
{
    /// <param name="subject">What is being checked, for messages, such as <c>Migration</c>.</param>
    /// <returns>The tree with defaults and without nulls, and all that is wrong with it (not only the first).</returns>
    public static (MapValue Inputs, ImmutableArray<Finding> Findings) Run(ObjectType type, Value inputs, string subject)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var value = CheckObject(type, inputs, PropertyPath.Root, subject, findings);
        return (value.AsMap ?? Value.EmptyMap, findings.ToImmutable());
    }

    /// <summary>All that is wrong, by the shapes and by the rules of whoever takes the tree: who mends one fault is to see the others at the same time.</summary>
    /// <param name="found">What <see cref="Run"/> has found.</param>
    /// <param name="rules">What further rules say of the same tree, faults and all. Of a place that has an error already they say nothing new.</param>
    public static ImmutableArray<Finding> With(ImmutableArray<Finding> found, IEnumerable<Finding> rules) =>
        [.. found, .. rules.Where(rule => !found.Any(one => one.Severity == Severity.Error && one.At.Equals(rule.At)))];

    private static Value CheckObject(ObjectType type, Value value, PropertyPath at, string subject, ImmutableArray<Finding>.Builder findings)
    {
        if (value.IsUnknown)
        {
            return value;
        }

        if (value.Bare is not (MapValue or NullValue))
        {
            findings.Add(WrongType(at, "an object", value));
            return value;
        }

        var result = Value.EmptyMap;
        foreach (var (name, given) in value.AsMap?.Entries ?? Value.EmptyMap.Entries)
        {
            if (given.IsNull)
            {
                continue;
            }

            if (type.Find(name) is null)
            {
                findings.Add(Finding.Error(
                    "input.unknown-property",
                    at.Child(name),
                    $"{subject} has no property \"{name}\".{NearestName.Question(name, type.Fields.Select(field => field.Name))}"
                    + $" It has: {string.Join(", ", type.Fields.Select(field => field.Name))}."));
                result = result.With(name, given);
            }
        }

        foreach (var field in type.Fields)
        {
            var given = value[field.Name];
            if (given.IsNull)
            {
                if (field.Default is { } standard)
                {
                    given = standard;
                }
                else
                {
                    if (field.Required)
                    {
                        findings.Add(Finding.Error(
                            "input.missing", at.Child(field.Name), $"{subject} needs \"{field.Name}\": {field.Description}"));
                    }

                    continue;
                }
            }

            var checkedValue = CheckField(field.Type, given, at.Child(field.Name), findings);
            if (field.Secret && !checkedValue.IsSecret)
            {
                checkedValue = Value.Secret(checkedValue);
            }

            result = result.With(field.Name, checkedValue);
        }

        foreach (var group in type.ExactlyOne)
        {
            var set = group.Where(name => !result[name].IsNull).ToList();
            if (set.Count == 0)
            {
                findings.Add(Finding.Error("input.missing", at, $"{subject} needs one of: {string.Join(", ", group)}."));
            }
            else if (set.Count > 1)
            {
                findings.Add(Finding.Error(
                    "input.more-than-one",
                    at,
                    $"{subject} has {string.Join(" and ", set)}, but takes exactly one of: {string.Join(", ", group)}. Remove all but one."));
            }
        }

        return value.IsSecret ? Value.Secret(result) : result;
    }

    private static Value CheckField(FieldType type, Value value, PropertyPath at, ImmutableArray<Finding>.Builder findings)
    {
        if (value.IsUnknown)
        {
            return value;
        }

        var mark = value.IsSecret;
        var bare = value.Bare;
        Value result;
        switch (type)
        {
            case ObjectRef { Type: var inner }:
                result = CheckObject(inner, bare, at, $"\"{at}\"", findings);
                break;
            case MapType { Item: var item } when bare is MapValue map:
                result = Value.Map(map.Entries.Where(entry => !entry.Value.IsNull)
                    .Select(entry => KeyValuePair.Create(entry.Key, CheckField(item, entry.Value, at.Key(entry.Key), findings))));
                break;
            case ListType { Item: var item } when bare is ListValue list:
                result = Value.List(list.Items.Select((entry, index) => CheckField(item, entry, at.Item(index), findings)));
                break;
            case TextType { Format: var format } when bare is TextValue { Content: var text }:
                if (!Quantity.IsWellFormed(format, text))
                {
                    var what = format switch { TextFormat.Duration => "duration", TextFormat.Size => "size", _ => "rate" };
                    findings.Add(Finding.Error(
                        "input.malformed-" + what,
                        at,
                        $"{(mark ? "this" : $"\"{text}\"")} is no {what}. Write a number and a unit, such as {Quantity.Example(format)}."));
                }

                result = bare;
                break;
            case EnumRef { Type: var words } when bare is TextValue { Content: var text }:
                if (!words.Words.Any(word => word.Name == text))
                {
                    findings.Add(Finding.Error(
                        "input.not-one-of",
                        at,
                        $"\"{text}\" is no {words.Name}.{NearestName.Question(text, words.Words.Select(word => word.Name))}"
                        + $" Choose one of: {string.Join(", ", words.Words.Select(word => word.Name))}."));
                }

                result = bare;
                break;
            case BoolType when bare is BoolValue:
            case NumberType when bare is NumberValue:
            case IntegerType when bare is NumberValue { Content: var number } && Math.Abs(number) <= 1L << 53 && number == Math.Floor(number):
                result = bare;
                break;
            default:
                findings.Add(WrongType(at, Describe(type), value));
                result = bare;
                break;
        }

        return mark ? Value.Secret(result) : result;
    }

    private static Finding WrongType(PropertyPath at, string wanted, Value value) =>
        Finding.Error("input.wrong-type", at, $"{wanted} is needed here, but {Describe(value)} was given.");

    private static string Describe(FieldType type) => type switch
    {
        TextType { Format: TextFormat.Plain } => "a text",
        TextType { Format: var format } => $"a text such as {Quantity.Example(format)}",
        EnumRef { Type: var words } => $"one of {string.Join(", ", words.Words.Select(word => word.Name))}",
        BoolType => "true or false",
        IntegerType => "a whole number",
        NumberType => "a number",
        ListType => "a list",
        MapType => "a map",
        _ => "an object",
    };

    private static string Describe(Value value) => value switch
    {
        SecretValue => "a secret of another type",
        TextValue => $"the text {value}",
        NumberValue => $"the number {value}",
        BoolValue => $"{value}",
        ListValue => "a list",
        MapValue => "an object",
        _ => "nothing",
    };
}
