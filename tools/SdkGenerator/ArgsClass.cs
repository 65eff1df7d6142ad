namespace VmMigrate.SdkGenerator;

/// <summary>A class of inputs: a resource's or function's args, or a nested object in them.</summary>
/// <param name="IsProvider">The provider's own fields travel as texts, with JSON in those that are none.</param>
/// <param name="IsPlain">Bare values instead of inputs: a function's args for its direct call.</param>
internal sealed record ArgsClass(string Name, string BaseClass, string Description, IReadOnlyList<PropertySpec> Fields, bool IsProvider = false, bool IsPlain = false)
{
    internal void Write(CodeWriter code, TypeNames types)
    {
        code.Line();
        code.Summary(Description);
        code.Block($"public sealed class {Name} : global::Pulumi.{BaseClass}", () =>
        {
            foreach (var field in Fields)
            {
                if (field.Secret || field.Type is ListSpec or MapSpec)
                {
                    Backed(code, types, field);
                }
                else
                {
                    Simple(code, types, field);
                }

                code.Line();
            }

            code.Block($"public {Name}()", () =>
            {
                foreach (var field in Fields.Where(field => field.Default is not null))
                {
                    code.Line($"{field.CSharpName} = {types.Default(field)};");
                }
            });
            code.Line($"public static new {Name} Empty => new {Name}();");
        });
    }

    private void Simple(CodeWriter code, TypeNames types, PropertySpec field)
    {
        var type = IsPlain ? types.Plain(field.Type) : types.Input(field.Type);
        // An Input is a class, whatever it holds.
        var isValue = IsPlain && types.IsValueType(field.Type);
        code.Summary(field.Description);
        code.Line(Attribute(field));
        code.Line($"public {type}{(field.Required ? "" : "?")} {field.CSharpName} {{ get; set; }}{(field.Required && !isValue ? " = null!;" : "")}");
    }

    /// <summary>Lists and maps are there from the start, so that an initializer can add to them; a secret is marked when it is set.</summary>
    private void Backed(CodeWriter code, TypeNames types, PropertySpec field)
    {
        var type = IsPlain ? types.Plain(field.Type) : types.Input(field.Type);
        var backing = $"_{field.Name}";
        var isCollection = field.Type is ListSpec or MapSpec;
        code.Line(Attribute(field));
        code.Line($"private {type}? {backing};");
        if (field.Description.Length > 0)
        {
            code.Line();
        }

        code.Summary(field.Description);
        code.Block($"public {type}{(isCollection ? "" : "?")} {field.CSharpName}", () =>
        {
            code.Line(isCollection ? $"get => {backing} ?? ({backing} = new {type}());" : $"get => {backing};");
            if (!field.Secret || IsPlain)
            {
                code.Line($"set => {backing} = value;");
                return;
            }

            // A secret cannot be assigned itself: joining the value with an empty secret marks the result.
            code.Block("set", () => code.Lines(field.Type switch
            {
                ListSpec list =>
                [
                    $"var emptySecret = Output.CreateSecret(ImmutableArray.Create<{types.Value(list.Item, "Inputs", "Args")}>());",
                    $"{backing} = Output.All(value, emptySecret).Apply(v => v[0]);",
                ],
                MapSpec map =>
                [
                    $"var emptySecret = Output.CreateSecret(ImmutableDictionary.Create<string, {types.Value(map.Item, "Inputs", "Args")}>());",
                    $"{backing} = Output.All(value, emptySecret).Apply(v => v[0]);",
                ],
                _ => new[]
                {
                    "var emptySecret = Output.CreateSecret(0);",
                    $"{backing} = Output.Tuple<{type}?, int>(value, emptySecret).Apply(t => t.Item1);",
                },
            }));
        });
    }

    private string Attribute(PropertySpec field) =>
        $"[Input(\"{field.Name}\"{(field.Required ? ", required: true" : "")}{(IsProvider && field.Type is not PrimitiveSpec { Name: "string" } ? ", json: true" : "")})]";
}
