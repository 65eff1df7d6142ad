using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.VSphere;

// Guests of other hypervisors.
internal sealed partial class VSphereSite
{
    /// <summary>Run inside the guest's own system, by its own tools: whatever kernel it has gets an initramfs with the drivers of the devices that it will find.</summary>
    private const string PutDrivers = """
        set -e
        drivers="vmw_pvscsi vmxnet3 mptspi mptsas ahci e1000 e1000e nvme"
        if command -v dracut >/dev/null; then
            mkdir -p /etc/dracut.conf.d
            echo "add_drivers+=\" $drivers \"" > /etc/dracut.conf.d/vmmigrate.conf
            dracut --force --regenerate-all
        elif command -v update-initramfs >/dev/null; then
            mkdir -p /etc/initramfs-tools
            for driver in $drivers; do grep -qx "$driver" /etc/initramfs-tools/modules 2>/dev/null || echo "$driver" >> /etc/initramfs-tools/modules; done
            update-initramfs -u -k all
        else
            echo "neither dracut nor update-initramfs is in this guest" >&2
            exit 1
        fi
        """;

    private static readonly GuestConversion ToVSphere = new("virt-customize", "Debian: guestfs-tools", "drivers of VMware's disk controllers and cards in the initramfs")
    {
        WhyNeeded = vm => vm.Disks.FirstOrDefault(disk => disk.Bus.Or("").StartsWith("virtio", StringComparison.Ordinal)) is { } disk
            ? $"disk {disk.Name} hangs on {disk.Bus.Value} and will hang on pvscsi, whose driver its initramfs may lack"
            : vm.Disks.FirstOrDefault(one => one.Bus.Or("") == "scsi") is { } scsi ? $"disk {scsi.Name} will hang on pvscsi, whose driver its initramfs may lack" : null,
        Arguments = (folder, images, _) =>
        {
            var script = Path.Combine(folder, "drivers.sh");
            File.WriteAllText(script, "#!/bin/sh\n" + PutDrivers);
            return [.. images.SelectMany(image => new[] { "--format", "qcow2", "-a", image }), "--no-network", "--run", script];
        },
    };

    public override GuestConversion? ConversionFrom(string platform) => platform == "libvirt" ? ToVSphere : null;
}
