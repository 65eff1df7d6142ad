using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>The virtual hardware of a VM or of one of its snapshots.</summary>
internal sealed class Devices
{
    private Devices(IEnumerable<XElement> devices)
    {
        All = [.. devices];
        Disks = [.. OfType("VirtualDisk").Select(disk => VirtualDisk.Of(disk, this)).OrderBy(disk => disk.Order).ThenBy(disk => disk.Key)];
        Nics = [.. All.Where(device => NicModels.IsNic(device.Type())).OrderBy(nic => nic.Number("key"))];
    }

    internal ImmutableArray<XElement> All { get; }

    internal ImmutableArray<VirtualDisk> Disks { get; }

    internal ImmutableArray<XElement> Nics { get; }

    internal static Devices Of(VimObject vm) => new(vm["config.hardware.device"]?.Elements() ?? []);

    /// <summary>From a <see cref="Engine.Facts.Vm.NativeDefinition"/>.</summary>
    internal static Devices OfNative(XElement native) => new(native.Elements("device").Select(device =>
    {
        var copy = new XElement(device);
        copy.SetAttributeValue(VimXml.Instance + "type", device.Attribute("type")?.Value);
        return copy;
    }));

    internal IEnumerable<XElement> OfType(string type) => All.Where(device => device.Type() == type);

    internal XElement? ByKey(long? key) => All.FirstOrDefault(device => device.Number("key") == key);

    internal VirtualDisk? Disk(string name) => Disks.FirstOrDefault(disk => disk.Name == name);

    internal static string Label(XElement device) => device.Text("deviceInfo/label") ?? device.Type();
}

/// <summary>Why a disk cannot be copied like others.</summary>
internal sealed record DiskBlocker(string Kind, string Words);

/// <summary>One disk of a VM: where it hangs and what is behind it.</summary>
internal sealed record VirtualDisk
{
    internal required string Name { get; init; }

    internal required long Key { get; init; }

    /// <summary>Where it stands among the VM's disks, by controller and unit.</summary>
    internal required int Order { get; init; }

    /// <summary>The controller's model: <c>pvscsi</c>, <c>lsilogic</c>, <c>lsisas1068</c>, <c>buslogic</c>, <c>ide</c>, <c>sata</c>, <c>nvme</c>.</summary>
    internal required string Bus { get; init; }

    internal required XElement Device { get; init; }

    internal XElement? Backing => Device.Child("backing");

    internal string FileName => Backing.Text("fileName") ?? "";

    internal DatastorePath? Path => DatastorePath.Parse(FileName);

    internal long? LengthBytes => Device.Number("capacityInBytes") is { } bytes and > 0 ? bytes : Device.Number("capacityInKB") * 1024;

    internal string? ChangeId => Backing.Text("changeId") is { Length: > 0 } id ? id : null;

    internal bool IsFile => Backing.Type() is "VirtualDiskFlatVer2BackingInfo" or "VirtualDiskSeSparseBackingInfo" or "VirtualDiskSparseVer2BackingInfo" && Path is not null;

    internal bool IsIndependent => Backing.Text("diskMode")?.StartsWith("independent", StringComparison.Ordinal) == true || Backing.Text("diskMode") is "nonpersistent" or "undoable" or "append";

    internal bool IsShared => Backing.Text("sharing") == "sharingMultiWriter" || IsOnSharedBus;

    internal required bool IsOnSharedBus { get; init; }

    internal bool IsEncrypted => Backing.Child("keyId") is not null;

    /// <summary>Its own file and those that it rests on, nearest first.</summary>
    internal IEnumerable<string> Chain
    {
        get
        {
            for (var at = Backing; at is not null; at = at.Child("parent"))
            {
                if (at.Text("fileName") is { } file)
                {
                    yield return file;
                }
            }
        }
    }

    internal DiskBlocker? WhyNotMovable => this switch
    {
        { Backing: var backing } when backing.Type().Contains("RawDiskMapping", StringComparison.Ordinal) => new DiskBlocker(
            "rdm", $"is a raw device mapping ({backing.Text("compatibilityMode") ?? "mode unknown"}) of LUN {backing.Text("lunUuid") ?? backing.Text("deviceName")}; move the LUN by its own means, or convert the disk (Storage vMotion of a virtual-mode one)"),
        { IsFile: false } => new DiskBlocker("disk-backing", $"has a backing that cannot be read ({Backing.Type()})"),
        { IsIndependent: true } => new DiskBlocker(
            "independent-disk", $"is of mode {Backing.Text("diskMode")}: snapshots leave it out, so no moment of the whole VM can be read; set it to persistent (dependent)"),
        _ => null,
    };

    internal static VirtualDisk Of(XElement disk, Devices devices)
    {
        var controller = devices.ByKey(disk.Number("controllerKey"));
        var bus = (int)(controller.Number("busNumber") ?? 0);
        var unit = (int)(disk.Number("unitNumber") ?? 0);
        var (model, prefix, index) = controller.Type() switch
        {
            "ParaVirtualSCSIController" => ("pvscsi", "sd", (bus * 16) + unit),
            "VirtualLsiLogicSASController" => ("lsisas1068", "sd", (bus * 16) + unit),
            "VirtualLsiLogicController" => ("lsilogic", "sd", (bus * 16) + unit),
            "VirtualBusLogicController" => ("buslogic", "sd", (bus * 16) + unit),
            "VirtualNVMEController" => ("nvme", "vd", (bus * 16) + unit),
            // Behind the four places of the two IDE channels.
            "VirtualAHCIController" => ("sata", "hd", 4 + (bus * 30) + unit),
            "VirtualIDEController" => ("ide", "hd", (bus * 2) + unit),
            _ => ("other", "xvd", (bus * 16) + unit),
        };
        // Below any snapshots: their files have names of their own.
        var lowest = disk.Child("backing");
        while (lowest.Child("parent") is { } parent)
        {
            lowest = parent;
        }

        var file = DatastorePath.Parse(lowest.Text("fileName"));
        return new VirtualDisk
        {
            // A disk that we made carries the name that it had at its source.
            Name = file is not null && DiskFolder.Parse(file.Folder) is not null && file.FileName.EndsWith(".vmdk", StringComparison.Ordinal)
                ? DiskFolder.DiskNameOf(file.FileName)
                : prefix + Letters(index),
            Key = disk.Number("key") ?? 0,
            Order = (prefix == "sd" ? 0 : prefix == "vd" ? 1000 : 2000) + index,
            Bus = model,
            Device = disk,
            IsOnSharedBus = controller.Text("sharedBus") is "virtualSharing" or "physicalSharing",
        };
    }

    /// <summary>As Linux letters its disks: a, b, ..., z, aa, ab, ...</summary>
    internal static string Letters(int index)
    {
        var letters = "";
        for (; index >= 0; index = (index / 26) - 1)
        {
            letters = (char)('a' + (index % 26)) + letters;
        }

        return letters;
    }
}

/// <summary>vSphere's network cards by the names that mappings and other platforms use.</summary>
internal static class NicModels
{
    private static readonly (string Type, string Name)[] All =
    [
        ("VirtualVmxnet3", "vmxnet3"),
        ("VirtualVmxnet3Vrdma", "vmxnet3"),
        ("VirtualVmxnet2", "vmxnet2"),
        ("VirtualVmxnet", "vmxnet"),
        ("VirtualE1000e", "e1000e"),
        ("VirtualE1000", "e1000"),
        ("VirtualPCNet32", "pcnet"),
        ("VirtualSriovEthernetCard", "sriov"),
    ];

    internal static bool IsNic(string type) => All.Any(one => one.Type == type);

    internal static string NameOf(string type) => All.First(one => one.Type == type).Name;

    /// <summary>The card that is closest to another platform's model.</summary>
    internal static string TypeFor(string model) => model switch
    {
        "e1000e" => "VirtualE1000e",
        "e1000" or "e1000-82540em" or "e1000-82544gc" or "e1000-82545em" or "rtl8139" or "ne2k_pci" or "i82551" or "i82557b" or "i82559er" => "VirtualE1000",
        "pcnet" => "VirtualPCNet32",
        _ => "VirtualVmxnet3",
    };
}
