namespace VmMigrate.SdkGenerator;

/// <summary>How a schema type is called in C#, depending on where it stands.</summary>
internal sealed class TypeNames(PackageSpec package)
{
    /// <summary>A value that has come back. An absent list is a default ImmutableArray, so it takes no question mark.</summary>
    /// <param name="qualifier">Where object types lie: <c>Outputs</c>, or <c>Types</c> in the config.</param>
    internal string Output(PropertySpec field, string qualifier = "Outputs") =>
        Value(field.Type, qualifier, "") + (field.Required || field.Type is ListSpec ? "" : "?");

    /// <summary>A field of an args class, without a question mark.</summary>
    internal string Input(TypeSpec type) => type switch
    {
        ListSpec list => $"InputList<{Value(list.Item, "Inputs", "Args")}>",
        MapSpec map => $"InputMap<{Value(map.Item, "Inputs", "Args")}>",
        _ => $"Input<{Value(type, "Inputs", "Args")}>",
    };

    /// <summary>A field of the args of a function's direct call, without a question mark.</summary>
    internal string Plain(TypeSpec type) => type switch
    {
        ListSpec list => $"List<{Value(list.Item, "Inputs", "")}>",
        MapSpec map => $"Dictionary<string, {Value(map.Item, "Inputs", "")}>",
        _ => Value(type, "Inputs", ""),
    };

    internal string Value(TypeSpec type, string qualifier, string suffix) => type switch
    {
        PrimitiveSpec { Name: "boolean" } => "bool",
        PrimitiveSpec { Name: "integer" } => "int",
        PrimitiveSpec { Name: "number" } => "double",
        PrimitiveSpec => "string",
        ListSpec list => $"ImmutableArray<{Value(list.Item, qualifier, suffix)}>",
        MapSpec map => $"ImmutableDictionary<string, {Value(map.Item, qualifier, suffix)}>",
        NamedSpec { Token: var token } when package.Enum(token) is not null => $"{package.Namespace}.{Names.Class(token)}",
        NamedSpec { Token: var token } when package.Objects.ContainsKey(token) => $"{qualifier}.{Names.Class(token)}{suffix}",
        NamedSpec { Token: var token } => throw new FormatException($"The schema refers to {token}, which it does not define."),
        _ => throw new FormatException($"No C# type for {type}."),
    };

    internal bool IsValueType(TypeSpec type) => type switch
    {
        PrimitiveSpec primitive => primitive.Name != "string",
        NamedSpec named => package.Enum(named.Token) is not null,
        _ => false,
    };

    internal string Default(PropertySpec field) => field.Type switch
    {
        NamedSpec named when package.Enum(named.Token) is { } type =>
            $"{package.Namespace}.{Names.Class(named.Token)}."
            + (type.Words.FirstOrDefault(word => word.Value == (string?)field.Default)?.Name
                ?? throw new FormatException($"{field.Name}: the default {field.Default} is no word of {named.Token}.")),
        PrimitiveSpec { Name: "string" } => Names.Literal((string)field.Default!),
        PrimitiveSpec { Name: "boolean" } => (bool)field.Default! ? "true" : "false",
        PrimitiveSpec { Name: "integer" } => ((long)field.Default!).ToString(),
        PrimitiveSpec { Name: "number" } => ((double)field.Default!).ToString("R"),
        _ => throw new FormatException($"{field.Name}: a default on a list, map or object is not known."),
    };
}
