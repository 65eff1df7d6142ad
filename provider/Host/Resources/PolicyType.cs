using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources;

/// <summary>The thresholds of preview as inputs: one field for each key.</summary>
internal static class PolicyType
{
    private const string UnknownFacts = "unknownFacts";

    internal static EnumType Severity { get; } = new(
        "FindingSeverity",
        "How bad a finding is.",
        [
            new("Note", "Worth knowing."),
            new("Warning", "The run goes on."),
            new("Error", "Nothing is started."),
        ]);

    internal static ObjectType Type { get; } = new(
        "Policy",
        "Thresholds of preview's checks. docs/checks/policy.md says which check uses which.",
        [
            .. PolicyKeys.All.Select(key => new Field(key.Name, TypeOf(key.Unit), $"{key.About} Default: {key.DefaultText}.")),
            new(UnknownFacts, FieldType.Of(Severity), "How bad it is that checks could not be judged for want of facts. Default: Note."),
        ]);

    internal static Field Field(string about) => new("policy", FieldType.Of(Type), about);

    internal static Policy Read(Value inputs)
    {
        var policy = PolicyKeys.All.Aggregate(Policy.Default, (policy, key) => Number(inputs[key.Name], key.Unit) is { } number ? policy.With(key, number) : policy);
        return Enum.TryParse<Engine.Checks.Severity>(inputs[UnknownFacts].AsText, out var severity) ? policy.WithUnknownFacts(severity) : policy;
    }

    private static FieldType TypeOf(FactUnit unit) => unit switch
    {
        FactUnit.Bytes => FieldType.Size,
        FactUnit.BytesPerSecond => FieldType.Rate,
        FactUnit.Seconds => FieldType.Duration,
        _ => FieldType.Number,
    };

    private static double? Number(Value value, FactUnit unit) => value.AsText is not { } text ? value.AsNumber : unit switch
    {
        FactUnit.Bytes => Quantity.Size(text),
        FactUnit.BytesPerSecond => Quantity.Rate(text),
        _ => Quantity.Duration(text)?.TotalSeconds,
    };
}
