namespace VmMigrate.SdkGenerator;

/// <summary>All enums: a text each, with its known words as static members.</summary>
internal static class EnumsFile
{
    internal static string Write(PackageSpec package)
    {
        var code = new CodeWriter("System", "System.ComponentModel", "Pulumi");
        code.Block($"namespace {package.Namespace}", () =>
        {
            for (var index = 0; index < package.Enums.Count; index++)
            {
                if (index > 0)
                {
                    code.Line();
                }

                Write(code, package.Enums[index]);
            }
        });
        return code.ToString();
    }

    private static void Write(CodeWriter code, EnumSpec type)
    {
        var name = Names.Class(type.Token);
        code.Summary(type.Description);
        code.Line("[EnumType]");
        code.Block($"public readonly struct {name} : IEquatable<{name}>", () =>
        {
            code.Line("private readonly string _value;");
            code.Line();
            code.Block($"private {name}(string value)", () => code.Line("_value = value ?? throw new ArgumentNullException(nameof(value));"));
            code.Line();
            foreach (var word in type.Words)
            {
                code.Summary(word.Description);
                code.Line($"public static {name} {word.Name} {{ get; }} = new {name}({Names.Literal(word.Value)});");
            }

            code.Line();
            code.Line($"public static bool operator ==({name} left, {name} right) => left.Equals(right);");
            code.Line($"public static bool operator !=({name} left, {name} right) => !left.Equals(right);");
            code.Line();
            code.Line($"public static explicit operator string({name} value) => value._value;");
            code.Line();
            code.Line("[EditorBrowsable(EditorBrowsableState.Never)]");
            code.Line($"public override bool Equals(object? obj) => obj is {name} other && Equals(other);");
            code.Line($"public bool Equals({name} other) => string.Equals(_value, other._value, StringComparison.Ordinal);");
            code.Line();
            code.Line("[EditorBrowsable(EditorBrowsableState.Never)]");
            code.Line("public override int GetHashCode() => _value?.GetHashCode() ?? 0;");
            code.Line();
            code.Line("public override string ToString() => _value;");
        });
    }
}
