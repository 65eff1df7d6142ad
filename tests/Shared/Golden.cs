namespace VmMigrate.Tests;

/// <summary>Compares what the code makes with the file that is checked in. <c>VMMIGRATE_UPDATE_GOLDEN=1</c> rewrites the file; read the diff.</summary>
internal static class Golden
{
    private static bool Update => Environment.GetEnvironmentVariable("VMMIGRATE_UPDATE_GOLDEN") == "1";

    /// <param name="file">Relative to the repository's root.</param>
    internal static void Matches(string file, string actual)
    {
        var path = Repository.At(file);
        if (Update)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        if (!File.Exists(path))
        {
            Assert.Fail($"{file} is missing. VMMIGRATE_UPDATE_GOLDEN=1 writes it.");
        }

        var expected = File.ReadAllText(path);
        if (expected != actual)
        {
            Assert.Fail($"{file} is stale. VMMIGRATE_UPDATE_GOLDEN=1 rewrites it.\n{FirstDifference(expected, actual)}");
        }
    }

    /// <summary>The folder holds exactly these files, and each of them matches.</summary>
    /// <param name="folder">Relative to the repository's root.</param>
    /// <param name="files">Texts by their paths relative to the folder, with forward slashes.</param>
    /// <param name="ignored">Top folders of other tools' output that may lie there too.</param>
    internal static void MatchesFolder(string folder, IReadOnlyDictionary<string, string> files, params string[] ignored)
    {
        var root = Repository.At(folder);
        var present = Directory.Exists(root)
            ? Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))
                .Where(path => !ignored.Contains(path.Split('/')[0]))
            : [];
        foreach (var stray in present.Where(path => !files.ContainsKey(path)).Order(StringComparer.Ordinal).ToList())
        {
            if (Update)
            {
                File.Delete(Path.Combine(root, stray));
            }
            else
            {
                Assert.Fail($"{folder}/{stray} is made by nothing any more. VMMIGRATE_UPDATE_GOLDEN=1 removes it.");
            }
        }

        foreach (var (name, text) in files)
        {
            Matches($"{folder}/{name}", text);
        }
    }

    private static string FirstDifference(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        var line = Enumerable.Range(0, Math.Max(left.Length, right.Length))
            .First(index => left.ElementAtOrDefault(index) != right.ElementAtOrDefault(index));
        return $"First difference in line {line + 1}:\n- {left.ElementAtOrDefault(line) ?? "(end)"}\n+ {right.ElementAtOrDefault(line) ?? "(end)"}";
    }
}
