using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Values;
using Proto = Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Host.Pulumi;

/// <summary>Reads Pulumi's Struct as a neutral tree.</summary>
/// <remarks>
/// A member that is null is left out, since absent and null mean the same to us. What we have no use for (assets, archives, byte
/// strings, marks of a later protocol) is read as <see cref="Value.Null"/> with a finding at its place, so that Check can say where it stands.
/// </remarks>
internal static class StructReader
{
    // Protobuf's own limit stops a message at about 33 nested values; JSON-encoded config does not pass through it.
    private const int DeepestNesting = 64;

    /// <summary>Null (the field was not sent) reads as the empty map.</summary>
    /// <exception cref="UnreadablePropertyException">Something stands there that has no meaning in any of our properties.</exception>
    internal static MapValue Read(Proto.Struct? source)
    {
        var findings = new List<Finding>();
        var result = Read(source, findings);
        return findings.Count == 0 ? result : throw new UnreadablePropertyException(findings);
    }

    /// <param name="source">Null reads as the empty map.</param>
    /// <param name="findings">Gets an error for each thing that cannot be read.</param>
    internal static MapValue Read(Proto.Struct? source, ICollection<Finding> findings) =>
        source is null ? Value.EmptyMap : ReadMap(source, PropertyPath.Root, 0, findings);

    internal static Value Read(Proto.Value source, PropertyPath at, ICollection<Finding> findings) => ReadValue(source, at, 0, findings);

    private static Value ReadValue(Proto.Value source, PropertyPath at, int depth, ICollection<Finding> findings)
    {
        if (depth > DeepestNesting)
        {
            findings.Add(Finding.Error("input.too-deep", at, $"Values are nested more than {DeepestNesting} deep here. No property of ours is."));
            return Value.Null;
        }

        return source.KindCase switch
        {
            Proto.Value.KindOneofCase.BoolValue => Value.Bool(source.BoolValue),
            Proto.Value.KindOneofCase.NumberValue => Value.Number(source.NumberValue),
            Proto.Value.KindOneofCase.StringValue when WireMarks.Unknowns.Contains(source.StringValue) => Value.Unknown,
            Proto.Value.KindOneofCase.StringValue => Value.Text(source.StringValue),
            Proto.Value.KindOneofCase.ListValue =>
                Value.List(source.ListValue.Values.Select((item, index) => ReadValue(item, at.Item(index), depth + 1, findings)).ToList()),
            Proto.Value.KindOneofCase.StructValue => ReadObject(source.StructValue, at, depth, findings),
            _ => Value.Null,
        };
    }

    private static Value ReadObject(Proto.Struct source, PropertyPath at, int depth, ICollection<Finding> findings)
    {
        if (!source.Fields.TryGetValue(WireMarks.Signature, out var signature))
        {
            return ReadMap(source, at, depth, findings);
        }

        switch (signature.StringValue)
        {
            case WireMarks.Secret:
                return Value.Secret(Member("value") ?? Value.Null);

            case WireMarks.OutputValue:
                var content = Member("value") ?? Value.Unknown;
                return source.Fields.TryGetValue("secret", out var secret) && secret.BoolValue ? Value.Secret(content) : content;

            case WireMarks.ResourceReference:
                // A resource stands for its id; a component has none and stands for its URN.
                return Member("id") switch
                {
                    null => Member("urn") ?? Value.Unknown,
                    { AsText: "" } => Value.Unknown,
                    var id => id,
                };

            case WireMarks.Asset:
                return Refuse("an asset", "Give the text itself.");
            case WireMarks.Archive:
                return Refuse("an archive", "Remove it.");
            case WireMarks.ByteString:
                return Refuse("a string of bytes", "Give a text.");
            default:
                return Refuse("a value of a kind that this version does not know", "Check whether a newer version of the provider does.");
        }

        Value? Member(string name) =>
            source.Fields.TryGetValue(name, out var member) ? ReadValue(member, at, depth + 1, findings) : null;

        Value Refuse(string what, string advice)
        {
            findings.Add(Finding.Error("input.not-supported", at, $"{char.ToUpperInvariant(what[0])}{what[1..]} was given here, which no property of ours takes. {advice}"));
            return Value.Null;
        }
    }

    private static MapValue ReadMap(Proto.Struct source, PropertyPath at, int depth, ICollection<Finding> findings) =>
        Value.Map(source.Fields
            .Where(field => field.Value.KindCase is not (Proto.Value.KindOneofCase.NullValue or Proto.Value.KindOneofCase.None))
            .Select(field => KeyValuePair.Create(field.Key, ReadValue(field.Value, at.Child(field.Key), depth + 1, findings)))
            .Where(entry => entry.Value is not NullValue)
            .ToList());
}
