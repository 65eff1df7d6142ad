using System.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Values;

/// <summary>Takes known secrets out of every text that leaves us: errors, log lines, our own log file.</summary>
internal sealed class Redactor
{
    private const string Mark = "[secret]";

    // A secret of three characters or fewer stands in many harmless words; it is taken out only where a message quotes it.
    private const int ShortestBare = 4;

    private readonly string[] _secrets;

    private Redactor(IEnumerable<string> secrets) =>
        _secrets = [.. secrets.Distinct(StringComparer.Ordinal).OrderByDescending(secret => secret.Length).ThenBy(secret => secret, StringComparer.Ordinal)];

    internal static Redactor None { get; } = new([]);

    /// <summary>Knows all that this one knows, and every text under a secret mark in <paramref name="trees"/>.</summary>
    internal Redactor With(params ReadOnlySpan<Value?> trees)
    {
        var found = new List<string>();
        foreach (var tree in trees)
        {
            if (tree is not null)
            {
                Collect(tree, false, found);
            }
        }

        return found.Count == 0 ? this : new Redactor(_secrets.Concat(found));
    }

    /// <summary>The text without secrets and without control characters (a platform's words could hold a terminal's commands).</summary>
    internal string Clean(string text)
    {
        foreach (var secret in _secrets)
        {
            text = secret.Length >= ShortestBare
                ? text.Replace(secret, Mark, StringComparison.Ordinal)
                : text.Replace($"\"{secret}\"", $"\"{Mark}\"", StringComparison.Ordinal);
        }

        return text.Any(IsUnwanted) ? Strip(text) : text;
    }

    /// <summary>True when the text holds a secret.</summary>
    internal bool Knows(string text) =>
        _secrets.Any(secret => secret.Length >= ShortestBare ? text.Contains(secret, StringComparison.Ordinal) : text == secret);

    private static void Collect(Value value, bool secret, List<string> found)
    {
        secret |= value.IsSecret;
        switch (value.Bare)
        {
            case TextValue { Content: var text } when secret:
                Add(text, found);
                break;
            case NumberValue number when secret && number.ToString().Length > ShortestBare:
                found.Add(number.ToString());
                break;
            case ListValue list:
                foreach (var item in list.Items)
                {
                    Collect(item, secret, found);
                }

                break;
            case MapValue map:
                foreach (var item in map.Entries.Values)
                {
                    Collect(item, secret, found);
                }

                break;
        }
    }

    private static void Add(string text, List<string> found)
    {
        if (text.Trim().Length == 0)
        {
            return;
        }

        found.Add(text);
        if (text.Trim() is { Length: >= ShortestBare } trimmed && trimmed != text)
        {
            found.Add(trimmed);
        }

        // As it stands in a URI, which is where a platform's client likes to show it.
        if (text.Length >= ShortestBare && Uri.EscapeDataString(text) is var escaped && escaped != text)
        {
            found.Add(escaped);
        }

        // A key of many lines may be quoted by one of them.
        if (text.Contains('\n', StringComparison.Ordinal))
        {
            found.AddRange(text.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.Length >= 2 * ShortestBare));
        }
    }

    private static bool IsUnwanted(char c) => char.IsControl(c) && c is not ('\n' or '\t');

    private static string Strip(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!IsUnwanted(c))
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }
}
