using System.Collections.Immutable;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Terraform;

/// <summary>Knows the secrets of a config and takes them out of any text that goes to people or logs, as they are and URI-escaped.</summary>
/// <remarks>Safe for many callers at once. It forgets nothing: a secret of an earlier config stays one.</remarks>
internal sealed class SecretRedactor
{
    private const string Mark = "[secret]";

    // A shorter secret is taken out where it stands as a word: as a part of words it would take the sense out of every text.
    private const int ShortestPart = 4;

    // A line of a key file is a secret of its own; a brace or a word of it is not.
    private const int ShortestLine = 12;

    private ImmutableSortedSet<string> secrets = ImmutableSortedSet.Create<string>(LongestFirst.Instance);

    internal void Learn(Value value)
    {
        switch (value)
        {
            case SecretValue { Content: var content }:
                LearnAll(content);
                break;
            case ListValue list:
                foreach (var item in list.Items)
                {
                    Learn(item);
                }

                break;
            case MapValue map:
                foreach (var item in map.Entries.Values)
                {
                    Learn(item);
                }

                break;
        }
    }

    internal string Redact(string text)
    {
        foreach (var secret in secrets)
        {
            text = secret.Length < ShortestPart ? ReplaceWord(text, secret) : text.Replace(secret, Mark, StringComparison.Ordinal);
        }

        return text;
    }

    private static string ReplaceWord(string text, string secret)
    {
        for (var at = text.IndexOf(secret, StringComparison.Ordinal); at >= 0;)
        {
            var end = at + secret.Length;
            var isWord = (at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end]));
            text = isWord ? $"{text[..at]}{Mark}{text[end..]}" : text;
            at = text.IndexOf(secret, isWord ? at + Mark.Length : end, StringComparison.Ordinal);
        }

        return text;
    }

    private void LearnAll(Value value)
    {
        switch (value.Bare)
        {
            case TextValue { Content: var text }:
                Add(text);
                foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length >= ShortestLine))
                {
                    Add(line);
                }

                break;
            case NumberValue number:
                Add(number.ToString());
                break;
            case ListValue list:
                foreach (var item in list.Items)
                {
                    LearnAll(item);
                }

                break;
            case MapValue map:
                foreach (var item in map.Entries.Values)
                {
                    LearnAll(item);
                }

                break;
        }
    }

    private void Add(string secret)
    {
        if (!string.IsNullOrWhiteSpace(secret))
        {
            ImmutableInterlocked.Update(ref secrets, known => known.Add(secret).Add(Uri.EscapeDataString(secret)));
        }
    }

    /// <summary>A secret that holds another one must go first.</summary>
    private sealed class LongestFirst : IComparer<string>
    {
        internal static LongestFirst Instance { get; } = new();

        public int Compare(string? x, string? y) =>
            (y!.Length, string.CompareOrdinal(x, y)) switch
            {
                var (length, order) when length == x!.Length => order,
                var (length, _) => length - x!.Length,
            };
    }
}
