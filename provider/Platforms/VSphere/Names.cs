namespace VmMigrate.Platforms.VSphere;

/// <summary>vSphere writes slashes, backslashes and per cent signs in names as <c>%2f</c>, <c>%5c</c> and <c>%25</c>.</summary>
internal static class Names
{
    internal static string Decode(string name) => name
        .Replace("%2f", "/", StringComparison.OrdinalIgnoreCase)
        .Replace("%5c", "\\", StringComparison.OrdinalIgnoreCase)
        .Replace("%25", "%", StringComparison.Ordinal);

    internal static string Encode(string name) => name
        .Replace("%", "%25", StringComparison.Ordinal)
        .Replace("/", "%2f", StringComparison.Ordinal)
        .Replace("\\", "%5c", StringComparison.Ordinal);
}
