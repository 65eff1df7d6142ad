using System.Text.RegularExpressions;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// Where the disks of a copy lie: a folder of its own on the datastore, whose name tells the VM and the migration, so that the disks are found
/// again with nothing but the datastore: <c>[ds1] web-01.vmm-0123456789abcdef/sda.vmdk</c>.
/// </summary>
internal sealed partial record DiskFolder(string Vm, string MigrationId)
{
    /// <summary>What the datastore's search takes to find the folders of a migration.</summary>
    internal static string Pattern(string migrationId) => $"*.{migrationId}";

    internal const string PatternOfAll = "*.vmm-*";

    internal DatastorePath In(string datastore) => new(datastore, Name);

    internal DatastorePath Disk(string datastore, string diskName) => new(datastore, $"{Name}/{diskName}.vmdk");

    /// <summary>The file that a copy's serial port writes to.</summary>
    internal DatastorePath Console(string datastore) => new(datastore, $"{Name}/console.log");

    internal string Name => $"{Plain(Vm)}.{MigrationId}";

    internal static DiskFolder? Parse(DatastorePath folder) =>
        Form().Match(folder.Path) is { Success: true } match ? new DiskFolder(match.Groups[1].Value, match.Groups[2].Value) : null;

    internal static string DiskNameOf(string fileName) => fileName[..^".vmdk".Length];

    /// <summary>Letters that every datastore and URL takes.</summary>
    private static string Plain(string name)
    {
        var plain = NotPlain().Replace(name, "_");
        return plain.Length <= 60 ? plain : plain[..60];
    }

    [GeneratedRegex("^([A-Za-z0-9_-][A-Za-z0-9_.-]*)\\.(vmm-[0-9a-f]{16})$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex("[^A-Za-z0-9_-]", RegexOptions.CultureInvariant)]
    private static partial Regex NotPlain();
}
