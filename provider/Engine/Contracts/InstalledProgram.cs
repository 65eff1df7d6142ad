namespace VmMigrate.Engine.Contracts;

/// <summary>Programs of the machine that the provider runs on.</summary>
public static class InstalledProgram
{
    /// <summary>Where a program lies: in the path, or in one of these further folders; null where it is not installed. Only whole paths count, whatever the path of the environment says.</summary>
    public static string? Find(string program, params IEnumerable<string> further) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(further)
            .Where(folder => folder.StartsWith('/'))
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
