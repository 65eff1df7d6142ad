using System.Collections.Immutable;

namespace VmMigrate.Engine.Schema;

/// <summary>A resource: its token's name, what goes in and what comes out. Inputs are echoed in the outputs under the same names.</summary>
/// <param name="Name">PascalCase, as in <c>vmmigrate:index:Migration</c>; Terraform: <c>vmmigrate_migration</c>.</param>
public sealed record ResourceType(string Name, string Description, ImmutableArray<Field> Inputs, ImmutableArray<Field> Outputs)
{
    /// <summary>The inputs as one object, for checking.</summary>
    public ObjectType InputObject { get; } = new(Name, Description, Inputs);

    /// <summary>State version for Terraform; grows when the shape of a released state changes.</summary>
    public int StateVersion { get; init; }
}

/// <summary>A function (data source): its token's name in lowerCamelCase, such as <c>getVirtualMachine</c>; Terraform: <c>vmmigrate_virtual_machine</c>.</summary>
public sealed record FunctionType(string Name, string Description, ObjectType Inputs, ObjectType Outputs);

/// <summary>The whole product surface: everything that schema.json, the SDKs and the Terraform schema are derived from.</summary>
public sealed record PackageModel(
    string Name,
    string Version,
    string DisplayName,
    string Description,
    ImmutableArray<Field> Config,
    ImmutableArray<ResourceType> Resources,
    ImmutableArray<FunctionType> Functions)
{
    /// <summary>The provider's config as one object, for checking.</summary>
    public ObjectType ConfigObject { get; } = new("Provider", Description, Config);
}
