using System.Collections.Immutable;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Schema;

/// <summary>A named object, such as <c>VmReference</c>.</summary>
/// <param name="Name">In PascalCase, unique in the package.</param>
/// <param name="Description">In Markdown, one paragraph.</param>
/// <param name="Fields">In the order in which docs show them.</param>
public sealed record ObjectType(string Name, string Description, ImmutableArray<Field> Fields)
{
    /// <summary>Groups of field names of which exactly one must be set (a site's platform blocks; a VM's name or id).</summary>
    public ImmutableArray<ImmutableArray<string>> ExactlyOne { get; init; } = [];

    public Field? Find(string name) => Fields.FirstOrDefault(field => field.Name == name);
}

/// <summary>One property of an object, resource or function.</summary>
/// <param name="Name">The wire name in lowerCamelCase; Terraform's snake_case follows from it.</param>
public sealed record Field(string Name, FieldType Type, string Description)
{
    public bool Required { get; init; }

    /// <summary>Never shown and never kept in plain text.</summary>
    public bool Secret { get; init; }

    /// <summary>A change replaces the resource.</summary>
    public bool Replaces { get; init; }

    /// <summary>Taken when the user gives nothing: a text, number or truth value; for an enum its word.</summary>
    public Value? Default { get; init; }

    /// <summary>In an output: set at every time, even before anything has been done.</summary>
    public bool AlwaysSet { get; init; }
}
