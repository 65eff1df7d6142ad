namespace VmMigrate.Tests;

/// <summary>Where the sources of these tests lie.</summary>
internal static class Repository
{
    /// <summary>The folder that holds Provider.sln: the first one above the test's own binary.</summary>
    internal static string Root { get; } = Find(AppContext.BaseDirectory);

    internal static string At(string relative) => Path.Combine(Root, relative);

    private static string Find(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Provider.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Provider.sln above {from}.");
    }
}
