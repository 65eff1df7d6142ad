using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What a host has to put VMs on.</summary>
internal static class HostFacts
{
    /// <param name="local">The host is this machine.</param>
    internal static SiteFacts Read(LibvirtSession session, bool local)
    {
        var capabilities = Xml.Parse(session.Capabilities());
        var (vms, macs) = Vms(session);
        return new SiteFacts
        {
            Site = session.Site,
            Platform = LibvirtSite.Key,
            Identity = capabilities.Text("host/uuid") ?? session.HostName(),
            Version = session.HypervisorVersion() is { } qemu ? Fact.Known($"QEMU {qemu}, libvirt {session.LibraryVersion()}") : Fact<string>.Unknown("libvirt could not tell"),
            Hosts = [Host(session, capabilities, local)],
            Pools = [.. session.Pools().Select(pool => Pool(session, pool, local)).OrderBy(pool => pool.Name, StringComparer.Ordinal)],
            Networks = LibvirtNetworks.List(session, local),
            Vms = vms,
            MacsInUse = Fact.Known(macs),
            Observed = FactSet.Empty.With(SiteFact.TransferEncrypted, true).With(SiteFact.MoverRoute, true).With(SiteFact.FactAge, 0.0),
        };
    }

    /// <summary>The kinds of virtual CPU that the host can really use: the capabilities may name KVM where its device does not work.</summary>
    internal static ImmutableArray<string> Accelerations(LibvirtSession session, XElement capabilities, string arch) =>
        [.. (Guest(capabilities, arch)?.Elements("domain") ?? []).Select(domain => domain.Attr("type")).OfType<string>()
            .Distinct().Where(type => session.DomainCapabilities(arch, type) is not null).Order(StringComparer.Ordinal)];

    /// <summary>Names and aliases of virtual hardware versions.</summary>
    internal static ImmutableArray<string> Machines(XElement capabilities, string arch) =>
        [.. (Guest(capabilities, arch)?.Descendants("machine") ?? [])
            .SelectMany(machine => new[] { machine.Value.Trim(), machine.Attr("canonical") }).OfType<string>()
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Firmware images that a definition may name, by the host's own descriptions.</summary>
    internal static ImmutableArray<string> Firmwares(LibvirtSession session, string arch) =>
        (session.DomainCapabilities(arch, "kvm") ?? session.DomainCapabilities(arch, "qemu")) is { } text
            ? [.. Xml.Parse(text).At("os/loader")?.Elements("value").Select(value => value.Value.Trim()) ?? []]
            : [];

    private static XElement? Guest(XElement capabilities, string arch) =>
        capabilities.Elements("guest").FirstOrDefault(guest => guest.Text("os_type") == "hvm" && guest.Element("arch").Attr("name") == arch)?.Element("arch");

    private static Hypervisor Host(LibvirtSession session, XElement capabilities, bool local)
    {
        var node = session.Node();
        var arch = capabilities.Text("host/cpu/arch") ?? "x86_64";
        var accelerations = Accelerations(session, capabilities, arch);
        var best = accelerations.Contains("kvm") ? "kvm" : accelerations.FirstOrDefault();
        return new Hypervisor
        {
            Observed = HostObserved.Of(capabilities, best is not null && session.DomainCapabilities(arch, best) is { } text ? Xml.Parse(text) : null, node.Mhz, local)
                .With(HostFact.NicModels, ForeignDefinition.Cards),
            Name = session.HostName(),
            Architecture = Fact.Known(arch),
            Cpus = Fact.Known((int)node.Cpus),
            MemoryBytes = Fact.Known(checked((long)node.MemoryKiB << 10)),
            FreeMemoryBytes = session.FreeMemory() is { } free ? Fact.Known(free) : Fact<long>.Unknown("libvirt could not tell"),
            Accelerations = accelerations,
            Machines = Machines(capabilities, arch),
            CpuModel = capabilities.Text("host/cpu/model") is { } model ? Fact.Known(model) : Fact<string>.Unknown("libvirt could not tell"),
        };
    }

    private static StoragePool Pool(LibvirtSession session, PoolHandle handle, bool local)
    {
        using (handle)
        {
            var pool = Xml.Parse(session.Xml(handle));
            var active = session.IsActive(handle);
            var info = active ? session.Info(handle) : null;
            var kind = pool.Attr("type") ?? "";
            var location = pool.Text("target/path") ?? pool.Text("source/name") ?? "";
            var unknown = active ? "libvirt could not tell" : "the pool is not active";
            return new StoragePool
            {
                Name = session.Name(handle),
                Kind = kind,
                Active = active,
                Location = location,
                Observed = HostObserved.OfPool(pool),
                CapacityBytes = info is { } size ? Fact.Known((long)size.Capacity) : Fact<long>.Unknown(unknown),
                FreeBytes = active && local && FreeNow(kind, location) is { } now
                    ? Fact.Known(now)
                    : info is { } room ? Fact.Known((long)room.Available) : Fact<long>.Unknown(unknown),
            };
        }
    }

    /// <summary>
    /// The free bytes of a folder on this machine. libvirt's own figure is as old as the pool's last refresh, and to refresh a pool is no
    /// harmless reading: one file that the daemon may not open makes it inactive.
    /// </summary>
    private static long? FreeNow(string kind, string folder)
    {
        if (kind is not ("dir" or "fs" or "netfs") || !Directory.Exists(folder))
        {
            return null;
        }

        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static (ImmutableArray<VmName> Vms, ImmutableDictionary<string, string> Macs) Vms(LibvirtSession session)
    {
        var names = new List<VmName>();
        var macs = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var domain in session.Domains())
        {
            using (domain)
            {
                var id = session.Uuid(domain);
                var definition = Xml.Parse(session.Xml(domain, XmlFlags.Inactive));
                names.Add(new VmName(id, session.Name(domain), StampXml.Read(definition)?.MigrationId));
                foreach (var mac in definition.Devices("interface").Select(nic => nic.Element("mac").Attr("address")).OfType<string>())
                {
                    macs.TryAdd(mac.ToUpperInvariant(), id);
                }
            }
        }

        return ([.. names.OrderBy(vm => vm.Name, StringComparer.Ordinal)], macs.ToImmutable());
    }
}
