using System.Xml.Linq;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What a domain's definition says by itself (https://libvirt.org/formatdomain.html). Pure: no call to libvirt.</summary>
internal static class DomainXml
{
    internal static readonly XNamespace QemuNamespace = "http://libvirt.org/schemas/domain/qemu/1.0";

    private const string AgentChannel = "org.qemu.guest_agent.0";

    /// <param name="domain">The definition that the next start takes, without a fence.</param>
    internal static Vm Facts(XElement domain, string id, string name) => new()
    {
        Id = id,
        Name = name,
        Power = PowerState.Other,
        Uuid = Fact.Known(domain.Text("uuid") ?? id),
        Cpus = domain.Element("vcpu") is { } vcpu && int.TryParse(vcpu.Attr("current") ?? vcpu.Value, out var cpus) ? Fact.Known(cpus) : Fact<int>.Unknown("the definition does not say"),
        MemoryBytes = domain.Element("memory").Bytes() is { } memory ? Fact.Known(memory) : Fact<long>.Unknown("the definition does not say"),
        Firmware = Fact.Known(IsUefi(domain) ? FirmwareKind.Uefi : FirmwareKind.Bios),
        SecureBoot = Fact.Known(HasSecureBoot(domain)),
        Tpm = Fact.Known(domain.Devices("tpm").Any()),
        Machine = Known(domain.At("os/type").Attr("machine")),
        Architecture = Known(domain.At("os/type").Attr("arch")),
        Hypervisor = Known(domain.Attr("type")),
        CpuModel = Fact.Known(CpuModel(domain.Element("cpu"))),
        Disks = [.. domain.Devices("disk").Where(HasContent).Select(DiskFacts)],
        Nics = [.. domain.Devices("interface").Select(NicFacts)],
        SpecialDevices = [.. SpecialDevices(domain)],
        Observed = DomainFacts.Of(domain),
        Stamp = StampXml.Read(domain),
    };

    internal static string DiskName(XElement disk) => disk.Element("target").Attr("dev") ?? "";

    /// <summary>Where a disk's content lies; null for an empty drive. For a volume of a pool: <c>pool/volume</c>, until its path is looked up.</summary>
    internal static string? DiskLocation(XElement disk) => disk.Element("source") is not { } source
        ? null
        : disk.Attr("type") switch
        {
            "file" => source.Attr("file"),
            "block" => source.Attr("dev"),
            "volume" => $"{source.Attr("pool")}/{source.Attr("volume")}",
            "dir" => source.Attr("dir"),
            "network" => $"{source.Attr("protocol")}:{source.Attr("name")}",
            var other => $"{other}:{source.Attr("path") ?? source.Attr("type")}",
        };

    /// <summary>Files and devices that the domain names, with those that its disks rest on.</summary>
    internal static IEnumerable<string> AllPaths(XElement domain) =>
        domain.Devices("disk").DescendantsAndSelf("source").SelectMany(source => new[] { source.Attr("file"), source.Attr("dev") }).OfType<string>();

    /// <summary>The state of the agent's channel: null without a channel, else whether the guest has opened it.</summary>
    /// <param name="live">The running definition.</param>
    internal static bool? AgentConnected(XElement live) =>
        live.Devices("channel").Select(channel => channel.Element("target")).FirstOrDefault(target => target.Attr("name") == AgentChannel) is { } agent
            ? agent.Attr("state") == "connected"
            : null;

    /// <summary>The network's name as mappings use it.</summary>
    internal static Fact<string> NetworkOf(XElement nic)
    {
        var source = nic.Element("source");
        var name = nic.Attr("type") switch
        {
            "network" => source.Attr("network"),
            "bridge" => source.Attr("bridge"),
            "direct" => source.Attr("dev"),
            "user" => LibvirtNetworks.User,
            _ => null,
        };
        return name is null ? Fact<string>.Unknown($"an interface of type {nic.Attr("type")} has no network") : Fact.Known(name);
    }

    internal static bool IsUefi(XElement domain) =>
        domain.Element("os").Attr("firmware") == "efi" || domain.At("os/loader").Attr("type") == "pflash" || domain.At("os/nvram") is not null;

    private static bool HasSecureBoot(XElement domain) =>
        domain.At("os/loader").Attr("secure") == "yes"
        || (domain.At("os/firmware")?.Elements("feature").Any(feature => feature.Attr("name") == "secure-boot" && feature.Attr("enabled") == "yes") ?? false);

    private static string CpuModel(XElement? cpu) => cpu.Attr("mode") switch
    {
        null or "custom" => cpu.Text("model") ?? "",
        var mode => mode,
    };

    private static bool HasContent(XElement disk) => DiskLocation(disk) is { Length: > 0 };

    private static Disk DiskFacts(XElement disk)
    {
        var type = disk.Attr("type");
        var encryption = disk.Element("encryption") ?? disk.At("source/encryption");
        return new Disk
        {
            Name = DiskName(disk),
            Location = DiskLocation(disk)!,
            Bus = Known(disk.Element("target").Attr("bus")),
            Format = Fact.Known(disk.Element("driver").Attr("type") ?? "raw"),
            ReadOnly = disk.Element("readonly") is not null,
            Shared = disk.Element("shareable") is not null,
            Device = disk.Attr("device") ?? "disk",
            Encrypted = Fact.Known(encryption is not null),
            BackingChain = [.. Chain(disk)],
            Observed = DomainFacts.OfDisk(disk),
            Readable = type is "file" or "block" or "volume" && (disk.Attr("device") ?? "disk") != "lun",
        };
    }

    /// <summary>The backing images that the definition itself names: those of a running VM.</summary>
    private static IEnumerable<string> Chain(XElement disk)
    {
        for (var below = disk.Element("backingStore"); below is not null; below = below.Element("backingStore"))
        {
            if (DiskLocation(below) is { Length: > 0 } location)
            {
                yield return location;
            }
        }
    }

    private static Nic NicFacts(XElement nic) => new()
    {
        Mac = nic.Element("mac").Attr("address") ?? "",
        Model = Known(nic.Element("model").Attr("type")),
        Network = NetworkOf(nic),
        Attachment = nic.Attr("type") ?? "",
        Observed = DomainFacts.OfNic(nic),
    };

    /// <summary>What cannot move because it belongs to the host. UEFI variables and a TPM's state are facts of their own.</summary>
    private static IEnumerable<SpecialDevice> SpecialDevices(XElement domain)
    {
        foreach (var device in domain.Devices("hostdev"))
        {
            var type = device.Attr("type") ?? device.Attr("mode") ?? "device";
            yield return new SpecialDevice($"hostdev-{type}", $"{type} device {Address(device.At("source/address"))} of the host");
        }

        foreach (var nic in domain.Devices("interface").Where(nic => nic.Attr("type") is "hostdev" or "vhostuser" or "vdpa" or "ethernet"))
        {
            yield return new SpecialDevice(nic.Attr("type") == "hostdev" ? "hostdev-pci" : $"interface-{nic.Attr("type")}", $"network interface {nic.Element("mac").Attr("address")} of type {nic.Attr("type")}");
        }

        foreach (var shared in domain.Devices("filesystem"))
        {
            yield return new SpecialDevice("filesystem", $"folder {shared.Element("source").Attr("dir")} shared with the guest");
        }

        foreach (var memory in domain.Devices("shmem"))
        {
            yield return new SpecialDevice("shmem", $"memory {memory.Attr("name")} shared with the host");
        }

        foreach (var card in domain.Devices("smartcard").Where(card => card.Attr("mode") != "passthrough"))
        {
            yield return new SpecialDevice("smartcard", "smart card of the host");
        }

        foreach (var memory in domain.Devices("memory").Where(memory => memory.Attr("model") is "nvdimm" or "virtio-pmem"))
        {
            yield return new SpecialDevice("nvdimm", $"persistent memory {memory.Text("source/path")}");
        }

        foreach (var input in domain.Devices("input").Where(input => input.Attr("type") is "passthrough" or "evdev"))
        {
            yield return new SpecialDevice("input-passthrough", $"input device {input.Element("source").Attr("evdev") ?? input.Element("source").Attr("dev")} of the host");
        }

        if (domain.Element("os").Text("kernel") is { } kernel)
        {
            yield return new SpecialDevice("direct-kernel", $"kernel {kernel}, a file of the host that the guest boots from");
        }

        if (domain.Element(QemuNamespace + "commandline") is not null)
        {
            yield return new SpecialDevice("qemu-commandline", "QEMU options that libvirt hands on unseen (qemu:commandline)");
        }

        if (domain.Element("launchSecurity") is not null)
        {
            yield return new SpecialDevice("launch-security", "memory encryption bound to the host's CPU (launchSecurity)");
        }
    }

    private static string Address(XElement? address) =>
        address is null ? "" : string.Join(':', address.Attributes().Select(attribute => attribute.Value.Replace("0x", "", StringComparison.Ordinal)));

    private static Fact<string> Known(string? text) => text is null ? Fact<string>.Unknown("the definition does not say") : Fact.Known(text);
}
