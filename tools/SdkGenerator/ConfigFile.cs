namespace VmMigrate.SdkGenerator;

/// <summary>The stack's config of the provider that Pulumi makes by itself.</summary>
internal static class ConfigFile
{
    internal static string Write(PackageSpec package)
    {
        var types = new TypeNames(package);
        var code = new CodeWriter("System", "System.Collections.Immutable");
        code.Block($"namespace {package.Namespace}", () => code.Block("public static class Config", () =>
        {
            LazyValue(code);
            code.Line();
            code.Line($"private static readonly global::Pulumi.Config __config = new global::Pulumi.Config(\"{package.Name}\");");
            code.Line();
            foreach (var field in package.Config)
            {
                var (type, getter) = Getter(types, field);
                code.Line($"private static readonly __Value<{type}> _{field.Name} = new __Value<{type}>(() => __config.{getter}(\"{field.Name}\"){(field.Default is null ? "" : $" ?? {types.Default(field)}")});");
                code.Summary(field.Description);
                code.Block($"public static {type} {field.CSharpName}", () => code.Lines($"get => _{field.Name}.Get();", $"set => _{field.Name}.Set(value);"));
                code.Line();
            }

            var objects = package.ObjectsUnder(package.Config);
            if (objects.Count > 0)
            {
                code.Block("public static class Types", () =>
                {
                    foreach (var type in objects)
                    {
                        code.Line();
                        code.Block($"public class {Names.Class(type.Token)}", () => Fields(code, types, type));
                    }
                });
            }
        }));
        return code.ToString();
    }

    private static void Fields(CodeWriter code, TypeNames types, ObjectSpec type)
    {
        foreach (var field in type.Fields)
        {
            // Filled by the config's JSON reader, which a constructor would stand in the way of.
            var initializer = types.IsValueType(field.Type) || field.Type is ListSpec ? "" : " = null!;";
            code.Summary(field.Description);
            code.Line($"public {types.Output(field, "Types")} {field.CSharpName} {{ get; set; }}{initializer}");
        }
    }

    private static (string Type, string Getter) Getter(TypeNames types, PropertySpec field)
    {
        var type = types.Value(field.Type, "Types", "");
        return field.Type switch
        {
            PrimitiveSpec { Name: "string" } => (type + "?", "Get"),
            PrimitiveSpec { Name: "boolean" } => (type + "?", "GetBoolean"),
            PrimitiveSpec { Name: "integer" } => (type + "?", "GetInt32"),
            PrimitiveSpec => (type + "?", "GetDouble"),
            ListSpec => (type, $"GetObject<{type}>"),
            _ => (type + "?", $"GetObject<{type}>"),
        };
    }

    /// <summary>A value that is read from the config until the program sets another one.</summary>
    private static void LazyValue(CodeWriter code)
    {
        code.Line("// Two underscores keep these names apart from those of config variables.");
        code.Block("private sealed class __Value<T>", () =>
        {
            code.Lines("private readonly Func<T> _getter;", "private T _value = default!;", "private bool _set;", "");
            code.Block("public __Value(Func<T> getter)", () => code.Line("_getter = getter;"));
            code.Line();
            code.Line("public T Get() => _set ? _value : _getter();");
            code.Line();
            code.Block("public void Set(T value)", () => code.Lines("_value = value;", "_set = true;"));
        });
    }
}
