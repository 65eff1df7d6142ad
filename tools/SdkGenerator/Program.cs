namespace VmMigrate.SdkGenerator;

/// <summary>Writes the C# SDK from a Pulumi package schema: <c>SdkGenerator schema.json sdk/dotnet</c>.</summary>
internal static class Program
{
    /// <summary>What a build leaves in the SDK's folder; everything else there is ours.</summary>
    private static readonly string[] BuildOutput = ["bin", "obj"];

    internal static int Main(string[] args)
    {
        if (args is not [var schema, var folder])
        {
            Console.Error.WriteLine("Usage: SdkGenerator <schema.json> <output folder>");
            return 2;
        }

        var files = DotnetSdk.Generate(PackageSpec.Parse(File.ReadAllText(schema)));
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToList())
        {
            var name = Path.GetRelativePath(folder, path).Replace('\\', '/');
            if (!files.ContainsKey(name) && !BuildOutput.Contains(name.Split('/')[0]))
            {
                File.Delete(path);
            }
        }

        foreach (var (name, text) in files)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Console.Error.WriteLine($"{files.Count} files in {folder}");
        return 0;
    }
}
