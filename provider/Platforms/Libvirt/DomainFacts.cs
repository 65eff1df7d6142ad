using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What a definition says to preview's checks beyond the properties of <see cref="Vm"/>. Pure: no call to libvirt.</summary>
internal static class DomainFacts
{
    internal static FactSet Of(XElement domain)
    {
        var (cpu, features, backing) = (domain.Element("cpu"), domain.Element("features"), domain.Element("memoryBacking"));
        var memory = domain.Element("memory").Bytes() ?? 0;
        return FactSet.Empty
            .With(VmFact.InventoryStatus, "normal")
            .With(VmFact.CpuMode, cpu.Attr("mode") ?? (cpu.Text("model") is null ? "default" : "custom"))
            .With(VmFact.InvariantTsc, Requires(cpu, "invtsc") is true)
            .With(VmFact.TscFrequency, domain.Element("clock")?.Elements("timer").Any(timer => timer.Attr("name") == "tsc" && timer.Attr("frequency") is not null) ?? false)
            .With(VmFact.Vpmu, features?.Element("pmu").Attr("state") == "on")
            .With(VmFact.Nested, cpu.Attr("mode") is "host-passthrough" or "maximum" ? null : Requires(cpu, "vmx") is true || Requires(cpu, "svm") is true)
            .With(VmFact.Sockets, Number(cpu?.Element("topology").Attr("sockets")))
            .With(VmFact.CpuPinning, Words(domain.Element("vcpu").Attr("cpuset"), domain.Element("cputune")?.Elements("vcpupin").Select(pin => $"{pin.Attr("vcpu")} to {pin.Attr("cpuset")}")))
            .With(VmFact.CpuShares, Words(null, domain.Element("cputune")?.Elements().Where(one => one.Name.LocalName is "shares" or "quota" or "period" or "global_quota").Select(one => $"{one.Name.LocalName} {one.Value.Trim()}")))
            .With(VmFact.CpuHotplug, domain.Element("vcpu").Attr("current") is { } now && now != domain.Element("vcpu")!.Value.Trim())
            .With(VmFact.Confidential, domain.Element("launchSecurity").Attr("type") ?? "none")
            .With(VmFact.MemoryReservation, (double)(domain.At("memtune/min_guarantee").Bytes() ?? 0))
            .With(VmFact.Hugepages, backing?.Element("hugepages") is null ? 0 : (double)memory)
            .With(VmFact.Numa, domain.Element("numatune") is not null || cpu.At("numa") is not null ? $"{cpu.At("numa")?.Elements("cell").Count() ?? 1} nodes" : "none")
            .With(VmFact.Balloon, (domain.Element("currentMemory").Bytes() ?? memory) < memory)
            .With(VmFact.MemoryHotplug, domain.Element("maxMemory") is not null)
            .With(VmFact.LooseDimm, domain.Devices("memory").Any(dimm => dimm.Attr("model") == "dimm" && dimm.Element("address").Attr("base") is null))
            .With(VmFact.SharedMemory, domain.Devices("shmem").Select(one => one.Attr("role") ?? "peer").FirstOrDefault() ?? "none")
            .With(VmFact.Pmem, (double)domain.Devices("memory").Where(one => one.Attr("model") is "nvdimm" or "virtio-pmem").Sum(one => one.At("target/size").Bytes() ?? 0))
            .With(VmFact.MemoryLocked, backing?.Element("locked") is not null)
            .With(VmFact.NvramFile, FirmwareXml.PathOf(domain) ?? "none")
            .With(VmFact.BootOrder, [.. domain.Element("os")?.Elements("boot").Select(boot => boot.Attr("dev")).OfType<string>() ?? []])
            .With(VmFact.BootMenu, domain.At("os/bootmenu").Attr("enable") == "yes")
            .With(VmFact.Watchdog, domain.Devices("watchdog").Select(one => one.Attr("model")).FirstOrDefault() ?? "none")
            .With(VmFact.Display, domain.Devices("graphics").Select(one => one.Attr("type")).FirstOrDefault() ?? "none")
            .With(VmFact.Display3d, domain.Devices("video").Any(one => one.At("model/acceleration").Attr("accel3d") == "yes"))
            .With(VmFact.Audio, domain.Devices("sound").Select(one => one.Attr("model")).FirstOrDefault() ?? "none")
            .With(VmFact.NoRng, domain.Devices("rng").Any())
            .With(VmFact.Serial, [.. domain.Devices("serial").Concat(domain.Devices("parallel")).Where(one => one.Attr("type") is not (null or "pty" or "null")).Select(one => $"{one.Name.LocalName} to {one.Attr("type")}")])
            .With(VmFact.IoThreads, Number(domain.Text("iothreads")) ?? 0)
            .With(VmFact.HypervPassthrough, features?.Element("hyperv").Attr("mode") == "passthrough")
            .With(VmFact.GraphicsListen, domain.Devices("graphics").Select(one => one.Attr("listen") ?? one.Element("listen").Attr("address")).OfType<string>().FirstOrDefault() ?? "none")
            .With(VmFact.VmGenId, domain.Element("genid") is not null)
            .With(VmFact.Vhost, [.. domain.Devices("vsock").Select(_ => "vsock"), .. domain.Devices("interface").Select(nic => nic.Attr("type")).Where(type => type is "vhostuser" or "vdpa").OfType<string>()])
            .With(VmFact.Gpu, domain.Devices("hostdev").Any(one => one.Attr("type") == "mdev" && one.Attr("display") == "on") ? "mdev" : "none")
            .With(VmFact.VmEncryption, "none")
            .With(VmFact.TpmStore, domain.Devices("tpm").Any() ? "local" : "none");
    }

    internal static FactSet OfDisk(XElement disk)
    {
        var (driver, lun, network) = (disk.Element("driver"), disk.Attr("device") == "lun", disk.Attr("type") == "network");
        return FactSet.Empty
            .With(DiskFact.Cache, driver.Attr("cache") ?? "default")
            .With(DiskFact.Transient, disk.Element("transient") is not null)
            .With(DiskFact.Serial, disk.Text("serial") ?? disk.Text("wwn") ?? "none")
            .With(DiskFact.Rdm, lun ? $"block LUN {DomainXml.DiskLocation(disk)}" : "none")
            .With(DiskFact.Lun, network && disk.Element("source").Attr("protocol") == "iscsi" ? disk.Element("source").Attr("name") ?? "iscsi" : "none")
            .With(DiskFact.Passthrough, lun)
            .With(DiskFact.Local, !network)
            .With(DiskFact.StoreKind, network ? disk.Element("source").Attr("protocol") ?? "network" : disk.Attr("type") ?? "file")
            .With(DiskFact.NeedsStoreTool, network)
            .With(DiskFact.Qos, disk.Element("iotune") is { } tune ? string.Join(", ", tune.Elements().Select(one => $"{one.Name.LocalName} {one.Value.Trim()}")) : "none")
            .With(DiskFact.SectorSize, Number(disk.Element("blockio").Attr("logical_block_size")) ?? 512)
            .With(DiskFact.Reservations, disk.At("source/reservations").Attr("managed") is not null)
            .With(DiskFact.Thin, driver.Attr("type") == "qcow2" ? true : null)
            .With(DiskFact.KeyHidden, "none");
    }

    internal static FactSet OfNic(XElement nic) => FactSet.Empty
        .With(NicFact.Unplugged, nic.Element("link").Attr("state") == "down")
        .With(NicFact.Vlan, Words(null, nic.Element("vlan")?.Elements("tag").Select(tag => tag.Attr("id")).OfType<string>()))
        .With(NicFact.Sriov, nic.Attr("type") == "hostdev")
        .With(NicFact.Teaming, nic.Element("teaming") is not null)
        .With(NicFact.Mtu, Number(nic.Element("mtu").Attr("size")))
        .With(NicFact.Qos, nic.Element("bandwidth") is { } limit ? string.Join(", ", limit.Elements().Select(one => $"{one.Name.LocalName} {one.Attr("average")} KiB/s")) : "none")
        .With(NicFact.Filter, nic.Element("filterref").Attr("filter") ?? "none")
        .With(NicFact.Mirroring, "none")
        .With(NicFact.StaticMac, true);

    private static bool? Requires(XElement? cpu, string feature) =>
        cpu?.Elements("feature").FirstOrDefault(one => one.Attr("name") == feature).Attr("policy") is { } policy ? policy is "require" or "force" : null;

    private static string Words(string? first, IEnumerable<string>? more) =>
        string.Join(", ", new[] { first }.OfType<string>().Concat(more ?? [])) is { Length: > 0 } words ? words : "none";

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
