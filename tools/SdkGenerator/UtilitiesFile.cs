namespace VmMigrate.SdkGenerator;

/// <summary>What the generated classes share: values from the environment, the package's version, options with that version.</summary>
internal static class UtilitiesFile
{
    internal static string Write(PackageSpec package)
    {
        var code = new CodeWriter();
        code.Block($"namespace {package.Namespace}", () =>
        {
            code.Block("static class Utilities", () =>
            {
                Environment(code);
                code.Line();
                code.Line("[global::System.Obsolete(\"WithDefaults does the same.\")]");
                WithVersion(code, "InvokeOptions", "WithVersion");
                code.Line();
                WithVersion(code, "InvokeOptions", "WithDefaults");
                code.Line();
                WithVersion(code, "InvokeOutputOptions", "WithDefaults");
                code.Line();
                code.Line("public static string Version { get; } = ReadVersion();");
                code.Line();
                code.Block("private static string ReadVersion()", () =>
                {
                    code.Line($"const string name = \"{package.Namespace}.version.txt\";");
                    code.Line("using var stream = typeof(Utilities).Assembly.GetManifestResourceStream(name)");
                    code.Continued("?? throw new global::System.InvalidOperationException($\"The assembly holds no {name}.\");");
                    code.Line("using var reader = new global::System.IO.StreamReader(stream);");
                    code.Line("// The last line: one with the package's name may stand before it.");
                    code.Line("return reader.ReadToEnd().Trim().Split('\\n')[^1].Trim();");
                });
            });
            code.Line();
            code.Block($"internal sealed class {package.ShortName}ResourceTypeAttribute : global::Pulumi.ResourceTypeAttribute", () =>
                code.Block($"public {package.ShortName}ResourceTypeAttribute(string type) : base(type, Utilities.Version)", () => { }));
        });
        return code.ToString();
    }

    private static void Environment(CodeWriter code)
    {
        code.Line("/// <summary>The first of these environment variables that is set.</summary>");
        code.Block("public static string? GetEnv(params string[] names)", () =>
        {
            code.Block("foreach (var name in names)", () =>
                code.Block("if (global::System.Environment.GetEnvironmentVariable(name) is { } value)", () => code.Line("return value;")));
            code.Line();
            code.Line("return null;");
        });
        code.Line();
        code.Line("public static bool? GetEnvBoolean(params string[] names) => GetEnv(names) switch");
        Switch(code,
            "\"1\" or \"t\" or \"T\" or \"true\" or \"TRUE\" or \"True\" => true,",
            "\"0\" or \"f\" or \"F\" or \"false\" or \"FALSE\" or \"False\" => false,",
            "_ => null,");
        code.Line();
        code.Line("public static int? GetEnvInt32(params string[] names) => int.TryParse(GetEnv(names), out var value) ? value : null;");
        code.Line();
        code.Line("public static double? GetEnvDouble(params string[] names) => double.TryParse(GetEnv(names), out var value) ? value : null;");
    }

    private static void WithVersion(CodeWriter code, string type, string method) =>
        code.Block($"public static global::Pulumi.{type} {method}(this global::Pulumi.{type}? options)", () => code.Lines(
            $"options ??= new global::Pulumi.{type}();",
            "options.Version ??= Version;",
            "return options;"));

    private static void Switch(CodeWriter code, params string[] arms)
    {
        code.Line("{");
        foreach (var arm in arms)
        {
            code.Continued(arm);
        }

        code.Line("};");
    }
}
