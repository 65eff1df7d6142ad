using System.Collections.Immutable;
using System.Text;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// The stamp as an element of a domain's metadata:
/// <c>&lt;vmmigrate:stamp migration="vmm-…" role="source"&gt;&lt;note name="epoch"&gt;…&lt;/note&gt;&lt;/vmmigrate:stamp&gt;</c>.
/// </summary>
internal static class StampXml
{
    internal const string Namespace = "https://vmmigrate.dev/stamp/1";

    /// <summary>The prefix that libvirt writes before the element's name.</summary>
    internal const string Key = "vmmigrate";

    private static readonly XNamespace Ours = Namespace;

    internal static Stamp? Read(XElement domain)
    {
        if (domain.Element("metadata")?.Element(Ours + "stamp") is not { } element || element.Attr("migration") is not { Length: > 0 } migration)
        {
            return null;
        }

        var notes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        // libvirt puts the prefix on the children or leaves it off, by the way they came in.
        foreach (var note in element.Elements().Where(child => child.Name.LocalName == "note"))
        {
            if (note.Attr("name") is { } name)
            {
                notes[name] = note.Attr("encoding") == "base64" ? FromBase64(note.Value) : note.Value;
            }
        }

        return new Stamp(migration, element.Attr("role") switch { "target" => StampRole.Target, "test" => StampRole.Test, _ => StampRole.Source }, notes.ToImmutable());
    }

    /// <summary>As virDomainSetMetadata takes it, which puts the namespace on the element by itself.</summary>
    internal static XElement Write(Stamp stamp) => Write(stamp, "stamp");

    private static XElement Write(Stamp stamp, XName name) =>
        new(
            name,
            new XAttribute("migration", stamp.MigrationId),
            new XAttribute("role", stamp.Role switch { StampRole.Target => "target", StampRole.Test => "test", _ => "source" }),
            stamp.Notes.Select(note => IsPlain(note.Value)
                ? new XElement("note", new XAttribute("name", note.Key), note.Value)
                : new XElement("note", new XAttribute("name", note.Key), new XAttribute("encoding", "base64"), Convert.ToBase64String(Encoding.UTF8.GetBytes(note.Value)))));

    /// <summary>Puts the stamp into a definition in place of an earlier one.</summary>
    internal static void Put(XElement domain, Stamp? stamp)
    {
        Metadata(domain).Elements(Ours + "stamp").Remove();
        if (stamp is not null)
        {
            var element = Write(stamp, Ours + "stamp");
            element.SetAttributeValue(XNamespace.Xmlns + Key, Namespace);
            Metadata(domain).Add(element);
        }

        DropEmptyMetadata(domain);
    }

    internal static XElement Metadata(XElement domain)
    {
        if (domain.Element("metadata") is { } metadata)
        {
            return metadata;
        }

        metadata = new XElement("metadata");
        domain.Add(metadata);
        return metadata;
    }

    internal static void DropEmptyMetadata(XElement domain)
    {
        if (domain.Element("metadata") is { HasElements: false } empty)
        {
            empty.Remove();
        }
    }

    /// <summary>What comes back from libvirt exactly as it went in: no blanks at the ends, no line breaks, no characters that XML forbids.</summary>
    private static bool IsPlain(string text) =>
        text.Length > 0 && text[0] != ' ' && text[^1] != ' ' && text.All(letter => letter is >= ' ' and < (char)0x7f);

    private static string FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var count) ? Encoding.UTF8.GetString(bytes, 0, count) : text;
    }
}
