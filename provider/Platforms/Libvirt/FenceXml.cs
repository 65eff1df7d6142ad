using System.Globalization;
using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// The fence of a domain (docs/design/fence.md): the sources of its disks point at files that cannot exist, so libvirt refuses to start it
/// with a message that names the migration; what they were is kept in the domain's metadata.
/// </summary>
internal static class FenceXml
{
    internal const string Namespace = "https://vmmigrate.dev/fence/1";

    /// <summary><c>/nonexistent</c> is the folder that Debian's policy reserves for never being there (accounts without a home).</summary>
    private const string Nowhere = "/nonexistent/vmmigrate/";

    private static readonly XNamespace Ours = Namespace;

    /// <summary>The part of a disk that says where its content is.</summary>
    private static readonly string[] SourceParts = ["source", "backingStore", "mirror"];

    internal static string PathOf(string migrationId, string disk) => $"{Nowhere}fenced-by-migration-{migrationId}/{disk}";

    internal static XElement? Find(XElement domain) => domain.Element("metadata")?.Element(Ours + "fence");

    internal static string? MigrationOf(XElement domain) => Find(domain).Attr("migration");

    /// <summary>Whether the VM started by itself before the fence.</summary>
    internal static bool HadAutostart(XElement fence) => fence.Attr("autostart") == "yes";

    /// <summary>The length of a fenced disk, which libvirt cannot look up while the fence stands.</summary>
    internal static long? LengthOf(XElement fence, string disk) =>
        long.TryParse(Record(fence, disk).Attr("length"), CultureInfo.InvariantCulture, out var length) ? length : null;

    /// <summary>True when every disk that the fence took over still points nowhere.</summary>
    internal static bool IsWhole(XElement domain, XElement fence)
    {
        var migration = fence.Attr("migration")!;
        return fence.Elements(Ours + "disk").All(record =>
            domain.Devices("disk").FirstOrDefault(disk => DomainXml.DiskName(disk) == record.Attr("name")) is not { } disk
            || disk.Element("source").Attr("file") == PathOf(migration, record.Attr("name")!));
    }

    /// <summary>True when a disk points at a place of ours although the metadata has no fence any more.</summary>
    internal static bool IsOrphaned(XElement domain, string migrationId) =>
        domain.Devices("disk").Any(disk => disk.Element("source").Attr("file")?.StartsWith($"{Nowhere}fenced-by-migration-{migrationId}/", StringComparison.Ordinal) == true);

    /// <summary>Turns a definition into the fenced one, whatever is left of an earlier fence of the same migration.</summary>
    /// <param name="lengthOf">A disk's length by its name.</param>
    /// <exception cref="NotSupportedException">There is no disk that a fence could hold on to.</exception>
    internal static void Put(XElement domain, string migrationId, bool autostart, Func<string, long?> lengthOf, DateTimeOffset now)
    {
        var fence = new XElement(
            Ours + "fence",
            new XAttribute(XNamespace.Xmlns + "vmmigrate-fence", Namespace),
            new XAttribute("migration", migrationId),
            new XAttribute("autostart", autostart ? "yes" : "no"),
            new XAttribute("since", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        foreach (var disk in domain.Devices("disk").Where(IsHeld))
        {
            var name = DomainXml.DiskName(disk);
            var record = new XElement(Ours + "disk", new XAttribute("name", name), new XAttribute("type", disk.Attr("type") ?? "file"));
            if (lengthOf(name) is { } length)
            {
                record.Add(new XAttribute("length", length));
            }

            foreach (var part in SourceParts.SelectMany(part => disk.Elements(part)).ToList())
            {
                if (part.Descendants("cookies").Any())
                {
                    throw new NotSupportedException($"disk {name} is reached with a cookie, which must not be copied into metadata");
                }

                record.Add(new XElement(Ours + "part", Xml.Print(part)));
                part.Remove();
            }

            disk.SetAttributeValue("type", "file");
            disk.Add(new XElement("source", new XAttribute("file", PathOf(migrationId, name))));
            fence.Add(record);
        }

        if (!fence.HasElements)
        {
            throw new NotSupportedException("it has no disk");
        }

        var metadata = StampXml.Metadata(domain);
        metadata.Elements(Ours + "fence").Remove();
        metadata.Add(fence);
    }

    /// <summary>The definition without the fence: as it was before, with what else was changed since.</summary>
    internal static XElement Without(XElement domain)
    {
        var open = new XElement(domain);
        if (Find(open) is not { } fence)
        {
            return open;
        }

        foreach (var record in fence.Elements(Ours + "disk"))
        {
            if (open.Devices("disk").FirstOrDefault(disk => DomainXml.DiskName(disk) == record.Attr("name")) is { } disk)
            {
                disk.SetAttributeValue("type", record.Attr("type"));
                // In the place where the parts stood, so that the text is the same again.
                var before = disk.Element("source")?.PreviousNode;
                foreach (var part in SourceParts)
                {
                    disk.Elements(part).Remove();
                }

                var parts = record.Elements(Ours + "part").Select(part => Xml.Parse(part.Value)).ToList();
                if (before is not null)
                {
                    before.AddAfterSelf(parts);
                }
                else
                {
                    disk.AddFirst(parts);
                }
            }
        }

        fence.Remove();
        StampXml.DropEmptyMetadata(open);
        return open;
    }

    private static XElement? Record(XElement fence, string disk) =>
        fence.Elements(Ours + "disk").FirstOrDefault(record => record.Attr("name") == disk);

    /// <summary>Disks with content. A medium in a drive is left alone: the drive may start without it.</summary>
    private static bool IsHeld(XElement disk) => (disk.Attr("device") ?? "disk") is "disk" or "lun" && disk.Element("source") is not null;
}
