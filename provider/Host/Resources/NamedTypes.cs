using VmMigrate.Engine.Schema;

namespace VmMigrate.Host.Resources;

/// <summary>Every named type that a package uses, each once, in ordinal order of the names.</summary>
internal sealed class NamedTypes
{
    private readonly SortedDictionary<string, ObjectType> objects = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, EnumType> enums = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">Two different types have one name.</exception>
    internal NamedTypes(PackageModel model)
    {
        Visit(model.Config);
        foreach (var resource in model.Resources)
        {
            Visit(resource.Inputs);
            Visit(resource.Outputs);
        }

        foreach (var function in model.Functions)
        {
            Visit(function.Inputs.Fields);
            Visit(function.Outputs.Fields);
        }
    }

    internal IReadOnlyDictionary<string, ObjectType> Objects => objects;

    internal IReadOnlyDictionary<string, EnumType> Enums => enums;

    private void Visit(IEnumerable<Field> fields)
    {
        foreach (var field in fields)
        {
            Visit(field.Type);
        }
    }

    private void Visit(FieldType type)
    {
        switch (type)
        {
            case ListType list:
                Visit(list.Item);
                break;
            case MapType map:
                Visit(map.Item);
                break;
            case EnumRef { Type: var named }:
                Claim(named.Name, named, enums, objects.ContainsKey(named.Name));
                break;
            case ObjectRef { Type: var named }:
                if (Claim(named.Name, named, objects, enums.ContainsKey(named.Name)))
                {
                    Visit(named.Fields);
                }

                break;
        }
    }

    private static bool Claim<T>(string name, T type, SortedDictionary<string, T> known, bool taken)
        where T : class
    {
        if (taken || (known.TryGetValue(name, out var other) && !ReferenceEquals(other, type)))
        {
            throw new InvalidOperationException($"Two types of the model are called {name}.");
        }

        return known.TryAdd(name, type);
    }
}
