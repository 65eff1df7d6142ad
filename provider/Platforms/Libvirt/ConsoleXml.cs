using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>The file that takes a serial console's output.</summary>
/// <param name="Append">True when a new start of the VM goes on behind what earlier ones left, false when it begins anew.</param>
internal sealed record ConsoleFile(string Path, bool Append);

internal static class ConsoleXml
{
    /// <summary>The first serial port or console that goes to a file, by itself or by its log; null when none does.</summary>
    internal static ConsoleFile? Find(XElement domain)
    {
        foreach (var port in domain.Devices("serial").Concat(domain.Devices("console")))
        {
            if (port.Attr("type") == "file" && port.Element("source").Attr("path") is { } path)
            {
                return new ConsoleFile(path, port.Element("source").Attr("append") != "off");
            }

            if (port.Element("log").Attr("file") is { } log)
            {
                return new ConsoleFile(log, port.Element("log").Attr("append") != "off");
            }
        }

        return null;
    }
}
