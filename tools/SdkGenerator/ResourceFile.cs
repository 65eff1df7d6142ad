namespace VmMigrate.SdkGenerator;

/// <summary>A resource, or the provider, with its args.</summary>
internal static class ResourceFile
{
    internal static string Write(PackageSpec package, ResourceSpec resource)
    {
        var types = new TypeNames(package);
        var code = new CodeWriter(DotnetSdk.Usings);
        var name = resource.IsProvider ? "Provider" : Names.Class(resource.Token);
        var token = resource.IsProvider ? package.Name : resource.Token;
        var optional = resource.Inputs.All(field => !field.Required);

        code.Block($"namespace {package.Namespace}", () =>
        {
            code.Summary(resource.Description);
            code.Line($"[{package.ShortName}ResourceType(\"{resource.Token}\")]");
            code.Block($"public partial class {name} : global::Pulumi.{(resource.IsProvider ? "ProviderResource" : "CustomResource")}", () =>
            {
                Outputs(code, types, resource);
                code.Lines(
                    "/// <summary>",
                    $"/// Declares a {name}.",
                    "/// </summary>",
                    "/// <param name=\"name\">A name that no other resource of its type has in the stack.</param>",
                    "/// <param name=\"args\">What is declared.</param>",
                    "/// <param name=\"options\">How the engine treats it.</param>",
                    $"public {name}(string name, {name}Args{(optional ? "?" : "")} args{(optional ? " = null" : "")}, CustomResourceOptions? options = null)");
                code.Continued($": base(\"{token}\", name, args ?? new {name}Args(), MakeResourceOptions(options, \"\"))");
                code.Lines("{", "}");
                if (!resource.IsProvider)
                {
                    code.Line();
                    code.Line($"private {name}(string name, Input<string> id, CustomResourceOptions? options = null)");
                    code.Continued($": base(\"{token}\", name, null, MakeResourceOptions(options, id))");
                    code.Lines("{", "}");
                }

                code.Line();
                Options(code, resource);
                if (!resource.IsProvider)
                {
                    code.Line();
                    Get(code, name);
                }
            });
            new ArgsClass($"{name}Args", "ResourceArgs", "", resource.Inputs, IsProvider: resource.IsProvider).Write(code, types);
        });
        return code.ToString();
    }

    private static void Outputs(CodeWriter code, TypeNames types, ResourceSpec resource)
    {
        foreach (var field in resource.Outputs)
        {
            // A provider's own values come back as the texts that they travelled as.
            var type = resource.IsProvider && field.Type is not PrimitiveSpec ? field.Required ? "string" : "string?" : types.Output(field);
            code.Summary(field.Description);
            code.Line($"[Output(\"{field.Name}\")]");
            code.Line($"public Output<{type}> {field.CSharpName} {{ get; private set; }} = null!;");
            code.Line();
        }

        if (resource.Outputs.Count > 0)
        {
            code.Line();
        }
    }

    private static void Options(CodeWriter code, ResourceSpec resource) =>
        code.Block("private static CustomResourceOptions MakeResourceOptions(CustomResourceOptions? options, Input<string>? id)", () =>
        {
            code.Block(
                "var defaultOptions = new CustomResourceOptions",
                () =>
                {
                    code.Line("Version = Utilities.Version,");
                    var secrets = resource.Outputs.Where(field => field.Secret).ToList();
                    if (secrets.Count > 0)
                    {
                        code.Block("AdditionalSecretOutputs =", () => code.Lines(secrets.Select(field => $"\"{field.Name}\",")), "},");
                    }
                },
                "};");
            code.Lines(
                "var merged = CustomResourceOptions.Merge(defaultOptions, options);",
                "// An id that is given here wins over one in the options, as in every language.",
                "merged.Id = id ?? merged.Id;",
                "return merged;");
        });

    private static void Get(CodeWriter code, string name)
    {
        code.Lines(
            "/// <summary>",
            $"/// Reads a {name} that is there already, by its id; the stack does not own it.",
            "/// </summary>",
            "/// <param name=\"name\">The name that it has in this program.</param>",
            "/// <param name=\"id\">The id that the provider gave it.</param>",
            "/// <param name=\"options\">How the engine treats it.</param>");
        code.Block(
            $"public static {name} Get(string name, Input<string> id, CustomResourceOptions? options = null)",
            () => code.Line($"return new {name}(name, id, options);"));
    }
}
