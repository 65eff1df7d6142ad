using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>The file of a domain's UEFI variables (https://libvirt.org/formatdomain.html#bios-bootloader). Pure.</summary>
internal static class FirmwareXml
{
    /// <summary>Null where the definition names none: a guest without UEFI, or one that an older libvirt chooses a file for at its first start.</summary>
    internal static string? PathOf(XElement domain) =>
        domain.At("os/nvram") is not { } nvram ? null
        : nvram.Element("source") is { } source ? source.Attr("file")
        : nvram.Value.Trim() is { Length: > 0 } path ? path : null;

    /// <summary>The variables lie in this file, which libvirt fills from its template where it is not there at the first start.</summary>
    internal static void Put(XElement domain, string path)
    {
        var os = domain.Element("os")!;
        if (os.Element("nvram") is not { } nvram)
        {
            nvram = new XElement("nvram");
            if (os.Element("loader") is { } loader)
            {
                loader.AddAfterSelf(nvram);
            }
            else
            {
                os.Element("type")!.AddAfterSelf(nvram);
            }
        }

        nvram.Elements().Remove();
        nvram.SetAttributeValue("type", null);
        nvram.Value = path;
    }
}
