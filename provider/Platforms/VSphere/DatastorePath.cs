using System.Text.RegularExpressions;

namespace VmMigrate.Platforms.VSphere;

/// <summary>A file on a datastore as vSphere writes it: <c>[datastore1] web-01/web-01.vmdk</c>.</summary>
internal sealed partial record DatastorePath(string Datastore, string Path)
{
    /// <summary>The file that holds a flat disk's content, beside its descriptor.</summary>
    internal DatastorePath Flat => this with { Path = Path.EndsWith(".vmdk", StringComparison.Ordinal) ? Path[..^".vmdk".Length] + "-flat.vmdk" : Path };

    internal DatastorePath Folder => this with { Path = Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "" };

    internal string FileName => Path[(Path.LastIndexOf('/') + 1)..];

    internal DatastorePath Beside(string fileName) => this with { Path = Folder.Path.Length == 0 ? fileName : $"{Folder.Path}/{fileName}" };

    internal static DatastorePath? Parse(string? text) =>
        text is not null && Form().Match(text) is { Success: true } match ? new DatastorePath(match.Groups[1].Value, match.Groups[2].Value) : null;

    public override string ToString() => $"[{Datastore}] {Path}";

    [GeneratedRegex(@"^\[([^\]]+)\] ?(.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
