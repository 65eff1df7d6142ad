using System.Globalization;
using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>The mark of a domain that was archived at commit: an element of its metadata that says when and by which migration. Its fence stays (<see cref="FenceXml"/>), with what its disks were.</summary>
internal static class ArchiveXml
{
    private const string Namespace = "https://vmmigrate.dev/archive/1";

    private static readonly XNamespace Ours = Namespace;

    internal static bool IsArchived(XElement domain, string migrationId) => domain.Element("metadata")?.Element(Ours + "archive").Attr("migration") == migrationId;

    internal static void Put(XElement domain, string migrationId, DateTimeOffset now)
    {
        var metadata = StampXml.Metadata(domain);
        metadata.Elements(Ours + "archive").Remove();
        metadata.Add(new XElement(
            Ours + "archive",
            new XAttribute(XNamespace.Xmlns + "vmmigrate-archive", Namespace),
            new XAttribute("migration", migrationId),
            new XAttribute("since", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))));
    }
}
