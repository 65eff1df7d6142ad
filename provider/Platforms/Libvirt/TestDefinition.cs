using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>Takes out of a target's definition all that would make a test clone the same machine as its original, and everything that links it to the world. Pure.</summary>
internal static class TestDefinition
{
    internal static void Isolate(XElement domain)
    {
        // libvirt makes a new UUID and new hardware addresses where there are none.
        domain.Elements("uuid").Remove();
        domain.Elements("genid").Remove();
        domain.Elements("title").Remove();
        domain.Descendants("sysinfo").Descendants("entry").Where(entry => entry.Attr("name") is "uuid" or "serial").Remove();
        foreach (var nic in domain.Devices("interface"))
        {
            nic.Elements("mac").Remove();
            nic.Elements("link").Remove();
            nic.Elements("portForward").Remove();
            nic.Add(new XElement("link", new XAttribute("state", "down")));
        }

        // A port of the host can be taken once only.
        foreach (var graphics in domain.Devices("graphics"))
        {
            graphics.Elements("listen").Where(listen => listen.Attr("type") == "socket").Remove();
            graphics.SetAttributeValue("port", null);
            graphics.SetAttributeValue("tlsPort", null);
            graphics.SetAttributeValue("websocket", null);
            graphics.SetAttributeValue("socket", null);
            graphics.SetAttributeValue("autoport", "yes");
        }
    }
}
