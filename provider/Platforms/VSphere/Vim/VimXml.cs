using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>vim25's XML: how requests are built and replies are read. Children are found by their local names: servers differ in the prefixes they use.</summary>
internal static class VimXml
{
    internal static readonly XNamespace Vim = "urn:vim25";

    internal static readonly XNamespace Instance = "http://www.w3.org/2001/XMLSchema-instance";

    internal static readonly XNamespace Soap = "http://schemas.xmlsoap.org/soap/envelope/";

    // --- Building ---

    internal static XElement El(string name, params object?[] content) => new(Vim + name, content);

    internal static XElement El(string name, long number) => new(Vim + name, number.ToString(CultureInfo.InvariantCulture));

    internal static XElement El(string name, bool yes) => new(Vim + name, yes ? "true" : "false");

    /// <summary>An element whose type is told, as vim25 wants it wherever the declared type is a base of it.</summary>
    internal static XElement Typed(string name, string type, params object?[] content) =>
        new(Vim + name, new XAttribute(Instance + "type", type), content);

    internal static XElement Ref(string name, MoRef to) => new(Vim + name, new XAttribute("type", to.Type), to.Value);

    internal static XElement Option(string key, string value) =>
        El("extraConfig", El("key", key), new XElement(Vim + "value", new XAttribute(Instance + "type", "xsd:string"), value));

    // --- Reading ---

    internal static XElement? Child(this XElement? element, string name) =>
        element?.Elements().FirstOrDefault(child => child.Name.LocalName == name);

    internal static IEnumerable<XElement> Children(this XElement? element, string name) =>
        element?.Elements().Where(child => child.Name.LocalName == name) ?? [];

    /// <summary>The element at the end of a path of names with slashes.</summary>
    internal static XElement? At(this XElement? element, string path)
    {
        foreach (var name in path.Split('/'))
        {
            element = element.Child(name);
        }

        return element;
    }

    internal static string? Text(this XElement? element, string path) => element.At(path)?.Value;

    internal static long? Number(this XElement? element, string path) =>
        long.TryParse(element.Text(path), CultureInfo.InvariantCulture, out var number) ? number : null;

    internal static bool? Flag(this XElement? element, string path) => element.Text(path) switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };

    internal static MoRef? RefAt(this XElement? element, string path) => element.At(path) is { } found ? MoRef.Of(found) : null;

    /// <summary>The name of the type that an element says it has, without prefix; empty where it says none.</summary>
    internal static string Type(this XElement? element)
    {
        var type = element?.Attribute(Instance + "type")?.Value ?? "";
        return type[(type.LastIndexOf(':') + 1)..];
    }

    // --- Envelopes ---

    internal static string Envelope(XElement call)
    {
        var envelope = new XElement(
            Soap + "Envelope",
            new XAttribute(XNamespace.Xmlns + "soapenv", Soap.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "xsi", Instance.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "xsd", "http://www.w3.org/2001/XMLSchema"),
            new XElement(Soap + "Body", call));
        return envelope.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>What a reply's body holds: the response's element or a fault.</summary>
    /// <exception cref="XmlException">It is no SOAP reply.</exception>
    internal static async Task<XElement> ReadBodyAsync(Stream reply, CancellationToken cancellation)
    {
        var settings = new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, CheckCharacters = false };
        using var reader = XmlReader.Create(reply, settings);
        var envelope = await XElement.LoadAsync(reader, LoadOptions.None, cancellation).ConfigureAwait(false);
        return envelope.Name.LocalName == "Envelope" && envelope.Child("Body")?.Elements().FirstOrDefault() is { } body
            ? body
            : throw new XmlException($"The reply is <{envelope.Name.LocalName}>, no SOAP envelope.");
    }
}
