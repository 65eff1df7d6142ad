using Newtonsoft.Json.Linq;

namespace VmMigrate.SdkGenerator;

/// <summary>A Pulumi package schema as far as our own model uses it: one module, no methods, unions, assets or foreign types.</summary>
/// <param name="Namespace">Root namespace and package namespace joined, such as <c>VmMigrate.Sdk</c>.</param>
/// <param name="ShortName">The package's own part of the namespace.</param>
internal sealed record PackageSpec(
    string Name,
    string Version,
    string Description,
    string License,
    string Publisher,
    string Namespace,
    string ShortName,
    IReadOnlyList<PropertySpec> Config,
    IReadOnlyDictionary<string, ObjectSpec> Objects,
    IReadOnlyList<EnumSpec> Enums,
    ResourceSpec Provider,
    IReadOnlyList<ResourceSpec> Resources,
    IReadOnlyList<FunctionSpec> Functions)
{
    /// <exception cref="FormatException">The schema uses something that this generator does not know.</exception>
    internal static PackageSpec Parse(string json) => new SchemaReader(JObject.Parse(json)).Package();

    internal EnumSpec? Enum(string token) => Enums.FirstOrDefault(type => type.Token == token);

    /// <summary>Object types that are used under the fields, at any depth, each once, before those that it uses itself.</summary>
    internal IReadOnlyList<ObjectSpec> ObjectsUnder(IEnumerable<PropertySpec> fields)
    {
        var found = new List<ObjectSpec>();
        foreach (var field in fields)
        {
            Visit(field.Type);
        }

        return found;

        void Visit(TypeSpec type)
        {
            switch (type)
            {
                case ListSpec list:
                    Visit(list.Item);
                    break;
                case MapSpec map:
                    Visit(map.Item);
                    break;
                case NamedSpec named when Objects.TryGetValue(named.Token, out var spec) && !found.Contains(spec):
                    found.Add(spec);
                    foreach (var field in spec.Fields)
                    {
                        Visit(field.Type);
                    }

                    break;
            }
        }
    }
}

internal abstract record TypeSpec;

/// <param name="Name">As in JSON schema: boolean, integer, number or string.</param>
internal sealed record PrimitiveSpec(string Name) : TypeSpec;

internal sealed record ListSpec(TypeSpec Item) : TypeSpec;

internal sealed record MapSpec(TypeSpec Item) : TypeSpec;

internal sealed record NamedSpec(string Token) : TypeSpec;

/// <param name="Name">On the wire.</param>
/// <param name="CSharpName">The member's name.</param>
/// <param name="Default">A text, number or truth value; null for none.</param>
internal sealed record PropertySpec(string Name, string CSharpName, TypeSpec Type, bool Required, bool Secret, string Description, JValue? Default);

internal sealed record ObjectSpec(string Token, string Description, IReadOnlyList<PropertySpec> Fields);

internal sealed record EnumSpec(string Token, string Description, IReadOnlyList<EnumWordSpec> Words);

internal sealed record EnumWordSpec(string Name, string Value, string Description);

/// <param name="Token"><c>pulumi:providers:NAME</c> for the provider itself.</param>
internal sealed record ResourceSpec(string Token, bool IsProvider, string Description, IReadOnlyList<PropertySpec> Inputs, IReadOnlyList<PropertySpec> Outputs);

internal sealed record FunctionSpec(string Token, string Description, IReadOnlyList<PropertySpec> Inputs, IReadOnlyList<PropertySpec> Outputs);
