using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// The domain that is closest to a VM of another platform, from its neutral facts: the same devices wherever QEMU can play them (VMware's paravirtual
/// SCSI and network card among them), so that the guest boots with the drivers that it has. Fitted to the host afterwards like any other.
/// </summary>
internal static class ForeignDefinition
{
    /// <summary>Disks of one controller in QEMU: the SCSI bus has 16 places, one of them the controller's own; an AHCI controller has 6.</summary>
    private const int ScsiUnits = 16;
    private const int SataUnits = 6;

    /// <summary>Other platforms' disk buses that QEMU plays; of the rest the guest gets the nearest, for which it may lack the driver.</summary>
    internal static readonly ImmutableArray<string> Buses = ["pvscsi", "lsisas1068"];

    /// <summary>Cards that QEMU plays.</summary>
    internal static readonly ImmutableArray<string> Cards =
        ["virtio", "virtio-transitional", "virtio-non-transitional", "e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "rtl8139", "pcnet", "ne2k_pci", "vmxnet3", "i82551", "i82557b", "i82559er", "igb"];

    internal static XElement Write(Vm vm)
    {
        var windows = vm.GuestOs.Or("").Contains("Windows", StringComparison.OrdinalIgnoreCase);
        var domain = new XElement(
            "domain",
            new XAttribute("type", "kvm"),
            new XElement("name", vm.Name),
            new XElement("uuid", Uuid(vm)),
            new XElement("memory", new XAttribute("unit", "bytes"), vm.MemoryBytes.Value.ToString(CultureInfo.InvariantCulture)),
            new XElement("vcpu", vm.Cpus.Value),
            new XElement("os", vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi ? new XAttribute("firmware", "efi") : null, new XElement("type", new XAttribute("arch", vm.Architecture.Or("x86_64")), new XAttribute("machine", "pc"), "hvm"), new XElement("boot", new XAttribute("dev", "hd"))),
            new XElement("features", new XElement("acpi"), new XElement("apic")),
            new XElement("cpu", new XAttribute("mode", "host-model")),
            // Windows keeps local time in the hardware's clock.
            new XElement("clock", new XAttribute("offset", windows ? "localtime" : "utc")),
            new XElement("on_poweroff", "destroy"),
            new XElement("on_reboot", "restart"),
            new XElement("on_crash", "destroy"));
        var devices = new XElement("devices");
        domain.Add(devices);
        var controllers = new SortedSet<(string Bus, int Index, string? Model)>();
        var sata = 0;
        foreach (var disk in vm.Disks)
        {
            var (bus, model) = BusOf(disk.Bus.Or(""));
            var target = new XElement("target", new XAttribute("dev", disk.Name), new XAttribute("bus", bus));
            XElement? address = null;
            switch (bus)
            {
                case "scsi":
                    var place = IndexOf(disk.Name);
                    controllers.Add(("scsi", place / ScsiUnits, model));
                    // sym53c895a takes its disks as units of one target, the others as targets.
                    address = model == "lsilogic" ? Address(place / ScsiUnits, 0, place % ScsiUnits) : Address(place / ScsiUnits, place % ScsiUnits, 0);
                    break;
                case "sata":
                    controllers.Add(("sata", sata / SataUnits, null));
                    address = Address(sata / SataUnits, 0, sata % SataUnits);
                    sata++;
                    break;
                default:
                    break;
            }

            devices.Add(new XElement(
                "disk", new XAttribute("type", "file"), new XAttribute("device", "disk"),
                new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "raw"), new XAttribute("discard", "unmap")),
                new XElement("source", new XAttribute("file", "/")),
                target,
                address));
        }

        devices.Add(controllers.Select(one => new XElement(
            "controller", new XAttribute("type", one.Bus), new XAttribute("index", one.Index), one.Model is { } model ? new XAttribute("model", model) : null)));
        devices.Add(vm.Nics.Select(nic => new XElement(
            "interface", new XAttribute("type", "network"),
            new XElement("mac", new XAttribute("address", nic.Mac.ToLowerInvariant())),
            new XElement("source", new XAttribute("network", nic.Network.Or(""))),
            new XElement("model", new XAttribute("type", ModelOf(nic.Model.Or("")))))));
        devices.Add(
            // A console that is kept, so that a start can be seen.
            new XElement("serial", new XAttribute("type", "file"), new XElement("target", new XAttribute("port", "0"))),
            new XElement("channel", new XAttribute("type", "unix"), new XElement("target", new XAttribute("type", "virtio"), new XAttribute("name", "org.qemu.guest_agent.0"))),
            new XElement("graphics", new XAttribute("type", "vnc"), new XAttribute("autoport", "yes"), new XAttribute("listen", "127.0.0.1")),
            new XElement("video", new XElement("model", new XAttribute("type", "vga"))));
        return domain;
    }

    /// <summary>The VM's own where its platform tells; else one made of its id, so that a repeat gives the same.</summary>
    private static string Uuid(Vm vm) => Guid.TryParse(vm.Uuid.Or(vm.Id), out var own)
        ? own.ToString()
        : new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(vm.Id)).AsSpan(0, 16)).ToString();

    /// <summary>QEMU's bus, and for SCSI its controller's model: the ones that play VMware's devices where there are such.</summary>
    internal static (string Bus, string? Model) BusOf(string foreign) => foreign switch
    {
        "pvscsi" => ("scsi", "vmpvscsi"),
        "lsisas1068" => ("scsi", "lsisas1068"),
        "lsilogic" or "buslogic" => ("scsi", "lsilogic"),
        "sata" => ("sata", null),
        "ide" => ("ide", null),
        _ => ("virtio", null),
    };

    internal static string ModelOf(string foreign) => foreign switch
    {
        "vmxnet3" or "e1000" or "e1000e" or "pcnet" or "rtl8139" => foreign,
        "vmxnet" or "vmxnet2" => "e1000",
        _ => "virtio",
    };

    /// <summary>From a disk's letters to its place: sda is 0, sdz 25, sdaa 26.</summary>
    internal static int IndexOf(string diskName) => diskName.Skip(2).Aggregate(0, (index, letter) => (index * 26) + (letter - 'a' + 1)) - 1;

    private static XElement Address(int controller, int target, int unit) => new(
        "address", new XAttribute("type", "drive"), new XAttribute("controller", controller), new XAttribute("bus", "0"), new XAttribute("target", target), new XAttribute("unit", unit));
}
