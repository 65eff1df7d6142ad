using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// What a hand has changed of a moved VM is put back in its stored definition, which counts from its next start on.
internal sealed partial class LibvirtSite
{
    /// <summary>A host of libvirt's is a site of its own. Moving disks from pool to pool is left to hands.</summary>
    private const VmAspects Changes = VmAspects.Name | VmAspects.Cpus | VmAspects.Memory | VmAspects.Nics;

    public override Task EnsureShapedAsync(string vmId, string migrationId, VmShape shape, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"changing the shape of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var definition = RequireOurs(session, domain, migrationId);
                RequireOff(session, domain, "changed");
                if ((shape.Aspects & ~Changes) != 0)
                {
                    throw Lacks($"put back {shape.Aspects & ~Changes} of a VM");
                }

                var name = session.Name(domain);
                var before = Xml.Print(definition);
                PutCpus(definition, shape.Cpus);
                PutMemory(definition, shape.MemoryBytes, name);
                PutNics(session, definition, shape.Nics, name);
                if (Xml.Print(definition) != before)
                {
                    session.Define(Xml.Print(definition), $"libvirt could not change the shape of VM {name}").Dispose();
                }

                if (shape.Name is { } wanted && wanted != name)
                {
                    Rename(session, domain, wanted);
                }
            },
            cancellation);

    /// <summary>Within the number that it may have at most, where that is enough: then nothing else of its processors changes.</summary>
    private static void PutCpus(XElement definition, int? cpus)
    {
        if (cpus is not { } count || definition.Element("vcpu") is not { } vcpu || (vcpu.Attr("current") ?? vcpu.Value.Trim()) == Text(count))
        {
            return;
        }

        // Which of them are on, one by one, would contradict the number.
        definition.Element("vcpus")?.Remove();
        if (int.TryParse(vcpu.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var most) && most > count)
        {
            vcpu.SetAttributeValue("current", Text(count));
            return;
        }

        vcpu.Value = Text(count);
        vcpu.SetAttributeValue("current", null);

        // It would have to be of just so many.
        definition.Element("cpu")?.Element("topology")?.Remove();
    }

    private void PutMemory(XElement definition, long? bytes, string name)
    {
        if (bytes is not { } wanted || definition.Element("memory").Bytes() == wanted)
        {
            return;
        }

        if (definition.Element("cpu")?.Element("numa") is not null)
        {
            throw No(PlatformErrorKind.Unsupported, $"the memory of VM {name} at site {Name} is divided among NUMA cells, so which of them is to have how much must be said by hand (virsh edit {name})");
        }

        foreach (var element in new[] { "memory", "currentMemory" })
        {
            definition.Element(element)?.ReplaceWith(new XElement(element, new XAttribute("unit", "bytes"), wanted.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private void PutNics(LibvirtSession session, XElement definition, ImmutableArray<NicShape> nics, string name)
    {
        var networks = nics.IsEmpty ? [] : LibvirtNetworks.List(session, _uri.IsLocal);
        foreach (var nic in nics)
        {
            var network = networks.FirstOrDefault(one => one.Name == nic.Network) ?? throw No(
                PlatformErrorKind.NotFound, $"network card {nic.Mac} of VM {name} was on network {nic.Network}, and site {Name} has no network or bridge of that name any more (it has {string.Join(", ", networks.Select(one => one.Name))})");
            var found = definition.Devices("interface").FirstOrDefault(one => string.Equals(one.Element("mac").Attr("address"), nic.Mac, StringComparison.OrdinalIgnoreCase));
            if (found is null)
            {
                found = new XElement(
                    "interface", new XElement("mac", new XAttribute("address", nic.Mac.ToLowerInvariant())), new XElement("model", new XAttribute("type", nic.Model ?? "virtio")));
                definition.Element("devices")!.Add(found);
            }

            LibvirtNetworks.Attach(found, network);
        }
    }

    /// <summary>libvirt renames no domain with checkpoints. Their bitmaps are in the images and stay; what libvirt knows of them is taken away and told again. One that a killed run left untold costs the way back its delta, not its truth.</summary>
    private static void Rename(LibvirtSession session, DomainHandle domain, string name)
    {
        var known = new List<string>();
        foreach (var checkpoint in session.Checkpoints(domain))
        {
            using (checkpoint)
            {
                if (session.Xml(checkpoint, measure: false) is { } text)
                {
                    known.Add(text);
                    session.Delete(checkpoint, metadataOnly: true);
                }
            }
        }

        try
        {
            session.Rename(domain, name);
        }
        finally
        {
            known.ForEach(text => session.RedefineCheckpoint(domain, text));
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
