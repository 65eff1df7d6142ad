using System.Collections.Immutable;
using VmMigrate.Engine.Schema;

namespace VmMigrate.Host.Terraform;

/// <summary>A type as Terraform knows it, derived once from the model.</summary>
internal abstract record WireType
{
    private protected WireType()
    {
    }

    internal static WireType Of(FieldType type, FieldRole role) => type switch
    {
        ListType list => new WireList(Of(list.Item, role)),
        MapType map => new WireMap(Of(map.Item, role)),
        ObjectRef named => WireObject.Of(named.Type.Fields, role),
        BoolType => WireScalar.Bool,
        IntegerType or NumberType => WireScalar.Number,
        _ => WireScalar.Text,
    };
}

/// <param name="Json">Its name in type constraints: <c>string</c>, <c>number</c> or <c>bool</c>.</param>
internal sealed record WireScalar(string Json) : WireType
{
    internal static WireScalar Text { get; } = new("string");

    internal static WireScalar Number { get; } = new("number");

    internal static WireScalar Bool { get; } = new("bool");
}

internal sealed record WireList(WireType Item) : WireType;

internal sealed record WireMap(WireType Item) : WireType;

/// <summary>An object or a whole block: on the wire all its attributes are always present.</summary>
internal sealed record WireObject(ImmutableArray<WireAttribute> Attributes) : WireType
{
    internal static WireObject Of(IEnumerable<Field> fields, FieldRole role) => new([.. fields.Select(field => WireAttribute.Of(field, role))]);

    /// <summary>By the name that Terraform uses.</summary>
    internal WireAttribute? Find(string name) => Attributes.FirstOrDefault(attribute => attribute.Name == name);

    /// <summary>By the name that the model uses.</summary>
    internal WireAttribute? FindField(string name) => Attributes.FirstOrDefault(attribute => attribute.Field.Name == name);
}

/// <summary>What a field is for, which decides whether the user may set it and whether it may be kept.</summary>
internal enum FieldRole
{
    /// <summary>Of the provider's config, which is kept nowhere.</summary>
    Config,

    /// <summary>Of a resource, whose inputs end in the state file.</summary>
    Input,

    /// <summary>Of a data source.</summary>
    Argument,

    /// <summary>Set by us only.</summary>
    Output,
}

/// <summary>One attribute.</summary>
/// <param name="Name">In snake_case.</param>
internal sealed record WireAttribute(string Name, Field Field, WireType Type, FieldRole Role)
{
    internal bool IsInput => Role != FieldRole.Output;

    internal bool Required => IsInput && Field.Required;

    internal bool Optional => IsInput && !Field.Required;

    /// <summary>An input with a default is computed too: the plan then shows the default that is taken.</summary>
    internal bool Computed => Role == FieldRole.Output || (Optional && Field.Default is not null && Role != FieldRole.Config && !WriteOnly);

    /// <summary>Sent with every plan and apply, and null in plans and state: the only way for a secret to stay out of the state file.</summary>
    internal bool WriteOnly => Field.Secret && Role == FieldRole.Input;

    internal static WireAttribute Of(Field field, FieldRole role) =>
        new(TerraformNames.Snake(field.Name), field, WireType.Of(field.Type, role), role);
}
