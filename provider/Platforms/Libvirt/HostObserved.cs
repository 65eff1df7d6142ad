using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What capabilities say to preview's checks beyond the properties of <see cref="Hypervisor"/>; and for a host that is this machine, what its kernel says.</summary>
internal static class HostObserved
{
    private const string Vulnerabilities = "/sys/devices/system/cpu/vulnerabilities";

    /// <param name="domain">The capabilities of the best kind of virtual CPU; null where there is none.</param>
    internal static FactSet Of(XElement capabilities, XElement? domain, uint mhz, bool local)
    {
        var cpu = capabilities.At("host/cpu");
        var facts = FactSet.Empty
            .With(HostFact.State, "up")
            .With(HostFact.LiveEnabled, capabilities.At("host/migration_features/live") is not null)
            .With(HostFact.CpuFeatures, [.. cpu?.Elements("feature").Select(feature => feature.Attr("name")).OfType<string>() ?? []])
            .With(HostFact.Iommu, capabilities.At("host/iommu").Attr("support") is { } iommu ? iommu == "yes" : null)
            .With(HostFact.Frequency, mhz > 0 ? mhz * 1e6 : null);
        facts = cpu.Text("vendor") is { } vendor ? facts.With(HostFact.CpuVendor, vendor) : facts;
        facts = cpu?.Element("microcode").Attr("version") is { } microcode ? facts.With(HostFact.Microcode, microcode) : facts;
        if (domain is not null)
        {
            var firmwares = Enum(domain.Element("os"), "firmware");
            facts = facts
                .With(HostFact.MaxVcpus, Number(domain.Element("vcpu").Attr("max")))
                .With(HostFact.Firmwares, firmwares.Contains("efi") ? ["bios", "uefi"] : ["bios"])
                .With(HostFact.SecureBoot, Enum(domain.At("os/loader"), "secure").Contains("yes") && firmwares.Contains("efi"))
                .With(HostFact.Tpm, domain.At("devices/tpm") is { } tpm ? tpm.Attr("supported") == "yes" : null)
                .With(HostFact.Buses, [.. Enum(domain.At("devices/disk"), "bus"), .. ForeignDefinition.Buses])
                // Also those that libvirt calls not usable: qemu64 is one on Intel's CPUs, and starts there all the same.
                .With(HostFact.CpuModels, [.. domain.Element("cpu")?.Elements("mode").Where(mode => mode.Attr("name") == "custom").Elements("model").Select(model => model.Value.Trim()) ?? []]);
        }

        return local ? Kernel(facts) : facts;
    }

    internal static FactSet OfPool(XElement pool) => FactSet.Empty
        .With(PoolFact.Shared, pool.Attr("type") is "netfs" or "rbd" or "iscsi" or "iscsi-direct" or "gluster")
        .With(PoolFact.ThinOnly, pool.Attr("type") is "dir" or "fs" or "netfs" or "rbd")
        .With(PoolFact.SectorSize, 512.0)
        .With(PoolFact.Granularity, 512.0)
        .With(PoolFact.State, "ok");

    internal static FactSet OfNetwork(XElement network)
    {
        ImmutableArray<string> subnets =
            [.. network.Elements("ip").Select(ip => ip.Attr("address") is { } address && Prefix(ip) is { } prefix ? $"{Base(address, prefix)}/{prefix}" : null).OfType<string>()];
        var facts = FactSet.Empty
            .With(NetworkFact.Mtu, Number(network.Element("mtu").Attr("size")) ?? 1500)
            .With(NetworkFact.PodNetwork, false)
            .With(NetworkFact.Vlan, network.Element("vlan")?.Elements("tag").Select(tag => tag.Attr("id")).OfType<string>().FirstOrDefault() ?? "none");
        return subnets.IsEmpty ? facts : facts.With(NetworkFact.Cidrs, subnets);
    }

    private static FactSet Kernel(FactSet facts)
    {
        if (Directory.Exists(Vulnerabilities))
        {
            facts = facts.With(HostFact.Mitigations, [.. Directory.EnumerateFiles(Vulnerabilities)
                .Where(file => Line(file) is { } text && (text.StartsWith("Mitigation", StringComparison.Ordinal) || text.StartsWith("Not affected", StringComparison.Ordinal)))
                .Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)]);
        }

        foreach (var module in (string[])["kvm_intel", "kvm_amd"])
        {
            if (Line($"/sys/module/{module}/parameters/nested") is { } nested)
            {
                facts = facts.With(HostFact.Nested, nested is "Y" or "1");
            }
        }

        return facts;
    }

    private static ImmutableArray<string> Enum(XElement? element, string name) =>
        [.. element?.Elements("enum").Where(one => one.Attr("name") == name).Elements("value").Select(value => value.Value.Trim()) ?? []];

    private static string? Line(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadLines(file).FirstOrDefault()?.Trim() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int? Prefix(XElement ip) =>
        int.TryParse(ip.Attr("prefix"), out var prefix) ? prefix
        : System.Net.IPAddress.TryParse(ip.Attr("netmask"), out var mask) ? mask.GetAddressBytes().Sum(part => System.Numerics.BitOperations.PopCount(part)) : null;

    private static string Base(string address, int prefix)
    {
        var bytes = System.Net.IPAddress.Parse(address).GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new System.Net.IPAddress(bytes).ToString();
    }

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
