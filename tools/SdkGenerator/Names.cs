namespace VmMigrate.SdkGenerator;

internal static class Names
{
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal",
        "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for",
        "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte",
        "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof",
        "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];

    internal static string Pascal(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];

    /// <summary>The last part of a token, as a class is called.</summary>
    internal static string Class(string token) => Pascal(token[(token.LastIndexOf(':') + 1)..]);

    /// <summary>A parameter's name: the wire's own, since that is how an output constructor finds its values.</summary>
    internal static string Parameter(string name) => Keywords.Contains(name) ? "@" + name : name;

    /// <summary>A C# string literal.</summary>
    internal static string Literal(string text) => Newtonsoft.Json.JsonConvert.ToString(text);
}
