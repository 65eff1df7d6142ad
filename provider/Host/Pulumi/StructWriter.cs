using VmMigrate.Engine.Values;
using Proto = Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Host.Pulumi;

/// <summary>What becomes of values that are not known yet.</summary>
internal enum Unknowns
{
    /// <summary>They are written as such, at any depth: Check in a preview.</summary>
    Keep,

    /// <summary>Outputs of a preview: a top-level output that is left out is unknown to the engine, whatever its type.</summary>
    LeaveOutAtTop,

    /// <summary>The engine refuses unknowns outside previews: they are left out, and in a list they are null.</summary>
    LeaveOut,
}

/// <summary>Writes a neutral tree as Pulumi's Struct.</summary>
internal static class StructWriter
{
    internal static Proto.Struct Write(MapValue source, Unknowns unknowns)
    {
        var result = new Proto.Struct();
        foreach (var (name, value) in source.Entries)
        {
            // A secret that is not known yet keeps its place, or the engine would forget that it is one.
            if (value is NullValue || (unknowns == Unknowns.LeaveOutAtTop && value is UnknownValue) || (unknowns == Unknowns.LeaveOut && value.IsUnknown))
            {
                continue;
            }

            result.Fields[name] = Write(value, unknowns);
        }

        return result;
    }

    private static Proto.Value Write(Value source, Unknowns unknowns) => source switch
    {
        SecretValue secret => Proto.Value.ForStruct(new Proto.Struct
        {
            Fields =
            {
                [WireMarks.Signature] = Proto.Value.ForString(WireMarks.Secret),
                ["value"] = Write(secret.Content, unknowns),
            },
        }),
        BoolValue value => Proto.Value.ForBool(value.Content),
        // JSON has no word for these, and the engine keeps its state as JSON.
        NumberValue { Content: var number } => double.IsFinite(number) ? Proto.Value.ForNumber(number) : Proto.Value.ForNull(),
        TextValue value => Proto.Value.ForString(value.Content),
        ListValue list => Proto.Value.ForList([.. list.Items.Select(item => Write(item, unknowns))]),
        MapValue map => Proto.Value.ForStruct(WriteNested(map, unknowns)),
        UnknownValue when unknowns != Unknowns.LeaveOut => Proto.Value.ForString(WireMarks.UnknownText),
        _ => Proto.Value.ForNull(),
    };

    private static Proto.Struct WriteNested(MapValue source, Unknowns unknowns) =>
        Write(source, unknowns == Unknowns.LeaveOutAtTop ? Unknowns.Keep : unknowns);
}
