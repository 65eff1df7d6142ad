namespace VmMigrate.SdkGenerator;

/// <summary>The C# SDK of a package, file by file in the shape of Pulumi's own generator, so that either can take the other's place.</summary>
/// <remarks>Left out: the package's picture and source links, since the schema names neither a picture nor a repository.</remarks>
internal static class DotnetSdk
{
    internal static readonly string[] Usings =
    [
        "System",
        "System.Collections.Generic",
        "System.Collections.Immutable",
        "System.Threading.Tasks",
        "Pulumi.Serialization",
        "Pulumi",
    ];

    /// <returns>Texts by their paths in the SDK's folder, with forward slashes.</returns>
    /// <exception cref="FormatException">The schema uses something that this generator does not know.</exception>
    internal static IReadOnlyDictionary<string, string> Generate(PackageSpec package)
    {
        var types = new TypeNames(package);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [".gitattributes"] = "* linguist-generated\n",
            [".gitignore"] = "bin\nobj\n",
            ["README.md"] = package.Description + "\n",
            ["version.txt"] = package.Version,
            ["pulumi-plugin.json"] = $"{{\n  \"resource\": true,\n  \"name\": {Names.Literal(package.Name)},\n  \"version\": {Names.Literal(package.Version)}\n}}\n",
            [$"{package.Namespace}.csproj"] = ProjectFile.Write(package),
            ["Utilities.cs"] = UtilitiesFile.Write(package),
            ["Provider.cs"] = ResourceFile.Write(package, package.Provider),
        };
        if (package.Config.Count > 0)
        {
            files["Config/Config.cs"] = ConfigFile.Write(package);
            files["Config/README.md"] = package.Description + "\n";
        }

        if (package.Enums.Count > 0)
        {
            files["Enums.cs"] = EnumsFile.Write(package);
        }

        foreach (var resource in package.Resources)
        {
            files[$"{Names.Class(resource.Token)}.cs"] = ResourceFile.Write(package, resource);
        }

        foreach (var function in package.Functions)
        {
            files[$"{Names.Class(function.Token)}.cs"] = FunctionFile.Write(package, function);
        }

        var arguments = package.Functions.SelectMany(function => function.Inputs).ToList();
        foreach (var type in package.ObjectsUnder([.. package.Provider.Inputs, .. package.Resources.SelectMany(resource => resource.Inputs), .. arguments]))
        {
            var name = Names.Class(type.Token) + "Args";
            files[$"Inputs/{name}.cs"] = Nested("Inputs", code => new ArgsClass(name, "ResourceArgs", type.Description, type.Fields).Write(code, types));
        }

        // A function's direct call takes bare values at any depth.
        foreach (var type in package.ObjectsUnder(arguments))
        {
            var name = Names.Class(type.Token);
            files[$"Inputs/{name}.cs"] = Nested("Inputs", code => new ArgsClass(name, "InvokeArgs", type.Description, type.Fields, IsPlain: true).Write(code, types));
        }

        foreach (var type in package.ObjectsUnder(
            [.. package.Provider.Outputs, .. package.Resources.SelectMany(resource => resource.Outputs), .. package.Functions.SelectMany(function => function.Outputs)]))
        {
            var name = Names.Class(type.Token);
            files[$"Outputs/{name}.cs"] = Nested("Outputs", code => new OutputClass(name, type.Description, type.Fields).Write(code, types));
        }

        return files;

        string Nested(string folder, Action<CodeWriter> write)
        {
            var code = new CodeWriter(Usings);
            code.Block($"namespace {package.Namespace}.{folder}", () => write(code));
            return code.ToString();
        }
    }
}
