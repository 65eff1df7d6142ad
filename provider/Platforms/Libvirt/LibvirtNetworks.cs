using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What a VM's interface can be attached to at a host: libvirt's networks, the host's bridges, and QEMU's own user network.</summary>
internal static class LibvirtNetworks
{
    /// <summary>QEMU's user-mode network: outgoing traffic only, no set-up, present on every host.</summary>
    internal const string User = "user";

    /// <summary>A bridge of the host, without a network of libvirt's over it.</summary>
    private const string Bridge = "bridge";

    /// <param name="local">The host is this machine, whose bridges can be seen where libvirt shows none.</param>
    internal static ImmutableArray<Network> List(LibvirtSession session, bool local)
    {
        var found = new SortedDictionary<string, Network>(StringComparer.Ordinal) { [User] = new Network(User, User, true) };
        foreach (var one in session.Interfaces())
        {
            using (one)
            {
                if (session.Xml(one) is { } text && Xml.Parse(text).Attr("type") == "bridge")
                {
                    found[session.Name(one)] = new Network(session.Name(one), Bridge, session.IsActive(one));
                }
            }
        }

        if (local)
        {
            foreach (var name in LocalBridges())
            {
                found.TryAdd(name, new Network(name, Bridge, true));
            }
        }

        // Last, because a mapping's name means a network first and a bridge second.
        foreach (var network in session.Networks())
        {
            using (network)
            {
                var name = session.Name(network);
                if (name != User)
                {
                    var definition = Xml.Parse(session.Xml(network));
                    found[name] = new Network(name, KindOf(definition), session.IsActive(network)) { Observed = HostObserved.OfNetwork(definition) };
                }
            }
        }

        return [.. found.Values];
    }

    /// <summary>The type of an interface that is attached to it.</summary>
    internal static string AttachmentTo(Network network) => network.Kind switch
    {
        User => User,
        Bridge => Bridge,
        _ => "network",
    };

    /// <summary>Puts an interface on a network. A user network with a backend of its own (passt) keeps that; everything else about how it was attached is of where it was before.</summary>
    internal static void Attach(XElement nic, Network network)
    {
        var attachment = AttachmentTo(network);
        var same = nic.Attr("type") == attachment && DomainXml.NetworkOf(nic).TryGet(out var from) && from == network.Name;
        nic.SetAttributeValue("type", attachment);
        nic.Elements("target").Remove();
        nic.Elements("source").Remove();
        nic.Elements("portForward").Remove();
        nic.Elements("actual").Remove();
        if (!same)
        {
            nic.Elements("virtualport").Remove();
            nic.Elements("filterref").Remove();
            nic.Elements("vlan").Remove();
            nic.Elements("backend").Remove();
            nic.Elements("ip").Remove();
        }

        if (attachment != User)
        {
            nic.Add(new XElement("source", new XAttribute(attachment, network.Name)));
        }
    }

    private static string KindOf(XElement network) => network.Element("forward") is not { } forward
        ? "isolated"
        : forward.Attr("mode") switch
        {
            null => "nat",
            // Not to be mixed up with a bare bridge.
            "bridge" => "bridge-network",
            var mode => mode,
        };

    private static IEnumerable<string> LocalBridges()
    {
        const string Interfaces = "/sys/class/net";
        return Directory.Exists(Interfaces)
            ? Directory.EnumerateDirectories(Interfaces).Where(one => Directory.Exists(Path.Combine(one, "bridge"))).Select(one => Path.GetFileName(one))
            : [];
    }
}
