using System.Xml;
using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>Short ways through libvirt's documents.</summary>
internal static class Xml
{
    private static readonly XmlReaderSettings Safe = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreWhitespace = true };

    internal static XElement Parse(string text)
    {
        using var reader = XmlReader.Create(new StringReader(text), Safe);
        return XElement.Load(reader);
    }

    /// <summary>The text as libvirt takes it: without a declaration or reformatting.</summary>
    internal static string Print(XElement element) => element.ToString(SaveOptions.DisableFormatting);

    /// <summary>The first element down a path such as <c>os/type</c>.</summary>
    internal static XElement? At(this XElement? element, string path)
    {
        foreach (var name in path.Split('/'))
        {
            element = element?.Element(name);
        }

        return element;
    }

    /// <summary>The trimmed text down a path; null when it is not there or empty.</summary>
    internal static string? Text(this XElement? element, string path) => element.At(path)?.Value.Trim() is { Length: > 0 } text ? text : null;

    internal static string? Attr(this XElement? element, string name) => element?.Attribute(name)?.Value;

    internal static IEnumerable<XElement> Devices(this XElement domain, string kind) => domain.Element("devices")?.Elements(kind) ?? [];

    /// <summary>A size with libvirt's unit words; KiB where there is none.</summary>
    internal static long? Bytes(this XElement? element, string defaultUnit = "KiB")
    {
        if (element is null || !long.TryParse(element.Value.Trim(), out var number))
        {
            return null;
        }

        return number * (element.Attr("unit") ?? defaultUnit) switch
        {
            "b" or "bytes" => 1L,
            "KB" => 1000L,
            "k" or "KiB" => 1L << 10,
            "MB" => 1_000_000L,
            "M" or "MiB" => 1L << 20,
            "GB" => 1_000_000_000L,
            "G" or "GiB" => 1L << 30,
            "TB" => 1_000_000_000_000L,
            "T" or "TiB" => 1L << 40,
            _ => 1L << 10,
        };
    }
}
