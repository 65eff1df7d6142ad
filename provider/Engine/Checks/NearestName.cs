namespace VmMigrate.Engine.Checks;

/// <summary>Finds the name that the user most likely meant.</summary>
public static class NearestName
{
    /// <summary>Up to <paramref name="most"/> candidates near <paramref name="name"/>, nearest first; empty where nothing is near.</summary>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> candidates, int most = 3)
    {
        var limit = Math.Max(2, name.Length / 3);
        return
        [
            .. candidates.Distinct(StringComparer.Ordinal)
                .Select(candidate => (candidate, distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
                .Where(pair => pair.distance <= limit
                    || (name.Length >= 3 && pair.candidate.Contains(name, StringComparison.OrdinalIgnoreCase)))
                .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
                .Take(most)
                .Select(pair => pair.candidate),
        ];
    }

    /// <summary>A sentence such as <c> Did you mean "web-01"?</c>, with a leading space; empty where nothing is near.</summary>
    public static string Question(string name, IEnumerable<string> candidates) => Find(name, candidates) switch
    {
        [] => "",
        [var one] => $" Did you mean \"{one}\"?",
        var several => $" Did you mean one of {string.Join(", ", several.Select(near => $"\"{near}\""))}?",
    };

    // Levenshtein's distance with the swap of two neighbours as one edit.
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
