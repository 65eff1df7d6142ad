using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Libvirt;

// Guests of other hypervisors.
internal sealed partial class LibvirtSite
{
    private static readonly GuestConversion ToKvm = new("virt-v2v-in-place", "Debian: virt-v2v", "virtio drivers, initramfs, boot loader and guest agent for KVM")
    {
        WhyNeeded = WhyConvert,
        Arguments = (folder, images, vm) =>
        {
            var file = Path.Combine(folder, "guest.xml");
            GuestXml(images, vm).Save(file);
            return ["-i", "libvirtxml", file];
        },
        DiskBus = "virtio",
        NicModel = "virtio",
    };

    public override GuestConversion? ConversionFrom(string platform) => Foreign.Contains(platform) ? ToKvm : null;

    private static string? WhyConvert(Vm vm)
    {
        var disks = vm.Disks.Where(disk => disk.Bus.Or("") is "lsilogic" or "buslogic").ToList();
        var cards = vm.Nics.Where(nic => nic.Model.Or("") is "vmxnet" or "vmxnet2").ToList();
        return (disks, cards) switch
        {
            ([var disk, ..], _) => $"disk {disk.Name} hangs on {disk.Bus.Value}, of which QEMU plays another chip",
            (_, [var card, ..]) => $"card {card.Mac} is a {card.Model.Value}, which QEMU does not play",
            _ => vm.Disks.FirstOrDefault(disk => disk.Bus.Or("") == "nvme") is { } nvme ? $"disk {nvme.Name} hangs on NVMe and will hang on virtio" : null,
        };
    }

    /// <summary>What virt-v2v reads of a VM: its memory, processors, firmware and disks.</summary>
    private static XElement GuestXml(ImmutableArray<string> images, Vm vm) => new(
        "domain",
        new XAttribute("type", "vmware"),
        new XElement("name", vm.Name),
        new XElement("memory", new XAttribute("unit", "KiB"), (vm.MemoryBytes.Or(1L << 30) >> 10).ToString(CultureInfo.InvariantCulture)),
        new XElement("vcpu", vm.Cpus.Or(1)),
        new XElement("os", vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi ? new XAttribute("firmware", "efi") : null, new XElement("type", new XAttribute("arch", "x86_64"), "hvm")),
        new XElement(
            "devices",
            images.Select((image, index) => new XElement(
                "disk", new XAttribute("type", "file"), new XAttribute("device", "disk"),
                new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "qcow2")),
                new XElement("source", new XAttribute("file", image)),
                new XElement("target", new XAttribute("dev", $"sd{(char)('a' + (index % 26))}"), new XAttribute("bus", "scsi"))))));
}
