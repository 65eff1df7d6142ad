using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>A note in a running domain's metadata while its guest's file systems are frozen by us, so that a later run thaws what a killed one left.</summary>
internal static class FreezeMark
{
    internal const string Namespace = "https://vmmigrate.dev/freeze/1";

    internal const string Key = "vmmigrate-freeze";

    internal static string Text(string migrationId) => Xml.Print(new XElement("frozen", new XAttribute("migration", migrationId)));

    /// <param name="live">The running definition.</param>
    internal static bool IsOn(XElement live) => live.Element("metadata")?.Element((XNamespace)Namespace + "frozen") is not null;
}
