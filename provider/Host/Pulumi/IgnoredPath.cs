using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Pulumi;

/// <summary>The user's option <c>ignoreChanges</c>: paths such as <c>target.networks["vlan 7"]</c>, <c>waive[*].until</c> or <c>*</c>.</summary>
internal static class IgnoredPath
{
    /// <summary>True when the pattern names the path or something that contains it.</summary>
    internal static bool Covers(string pattern, PropertyPath path)
    {
        var wanted = Split(pattern);
        return wanted.Count <= path.Steps.Length
            && wanted.Count > 0
            && wanted.Zip(path.Steps).All(pair => pair.First == "*" || pair.First == (pair.Second.Name ?? $"{pair.Second.Index}"));
    }

    private static List<string> Split(string pattern)
    {
        var steps = new List<string>();
        var at = 0;
        while (at < pattern.Length)
        {
            if (pattern[at] == '.')
            {
                at++;
            }
            else if (pattern.AsSpan(at).StartsWith("[\"") && pattern.IndexOf("\"]", at, StringComparison.Ordinal) is var quote and > 0)
            {
                steps.Add(pattern[(at + 2)..quote].Replace("\\\"", "\"", StringComparison.Ordinal));
                at = quote + 2;
            }
            else if (pattern[at] == '[' && pattern.IndexOf(']', at) is var bracket and > 0)
            {
                steps.Add(pattern[(at + 1)..bracket]);
                at = bracket + 1;
            }
            else
            {
                var end = pattern.IndexOfAny(['.', '['], at + 1);
                end = end < 0 ? pattern.Length : end;
                steps.Add(pattern[at..end]);
                at = end;
            }
        }

        return steps;
    }
}
