using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>A note in a running domain's metadata while its writes are held back by us: on which disks, so that whoever comes next takes the limits away again.</summary>
internal static class SlowMark
{
    internal const string Namespace = "https://vmmigrate.dev/slow/1";

    internal const string Key = "vmmigrate-slow";

    internal static string Text(string migrationId, IEnumerable<string> disks) =>
        Xml.Print(new XElement("slowed", new XAttribute("migration", migrationId), disks.Select(disk => new XElement("disk", new XAttribute("name", disk)))));

    /// <param name="live">The running definition.</param>
    /// <returns>The disks; null where there is no note.</returns>
    internal static IReadOnlyList<string>? Read(XElement live) =>
        live.Element("metadata")?.Element((XNamespace)Namespace + "slowed") is { } mark ? [.. mark.Elements().Select(disk => disk.Attr("name")!)] : null;
}
