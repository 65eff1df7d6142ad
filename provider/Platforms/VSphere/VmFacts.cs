using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>From a VM's properties to its facts. Pure.</summary>
internal static class VmFacts
{
    internal const string Hypervisor = "vmx";

    /// <summary>All that the facts need, and no more: some 12 KB per VM.</summary>
    internal static readonly string[] Paths =
    [
        "name", "parent", "resourcePool", "recentTask",
        "config.uuid", "config.instanceUuid", "config.template", "config.version", "config.guestId", "config.guestFullName", "config.firmware",
        "config.bootOptions.efiSecureBootEnabled", "config.changeTrackingEnabled", "config.files.vmPathName", "config.keyId", "config.ftInfo",
        "config.hardware.numCPU", "config.hardware.numCoresPerSocket", "config.hardware.memoryMB", "config.hardware.device", "config.extraConfig",
        "runtime.powerState", "runtime.connectionState", "runtime.host", "runtime.consolidationNeeded", "snapshot",
        "guest.toolsRunningStatus", "guest.guestFullName", "guest.ipAddress", "guest.net",
        "layoutEx.file", "layoutEx.disk",
        .. FurtherFacts.Paths,
    ];

    internal static string IdOf(VimObject vm) => vm.Text("config.instanceUuid") is { Length: > 0 } uuid ? uuid : vm.Ref.Value;

    /// <param name="mayTrack">Whether changed-block tracking may be switched on where it is off.</param>
    /// <param name="autostart">Refs of the VMs that start with their hosts; null where that was not read.</param>
    /// <param name="holders">The other VMs by name that have a file as their disk: a backup server that has taken it on, or a cluster's second node.</param>
    internal static Vm Read(VimObject vm, Inventory inventory, ImmutableHashSet<string>? autostart, string? busyWith, bool mayTrack, Func<MoRef, string, IEnumerable<string>> holders)
    {
        var options = ExtraConfig.Read(vm["config.extraConfig"]);
        var fence = Fence.Of(options);
        var devices = Devices.Of(vm);
        var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
        var connection = vm.Text("runtime.connectionState") ?? "connected";
        var configured = vm["config.hardware.device"] is not null;
        var why = connection == "connected" ? "the account may not see it" : $"the VM is {connection}";
        var running = vm.Text("runtime.powerState") == "poweredOn";
        return new Vm
        {
            Id = IdOf(vm),
            Name = fence?.Name ?? Names.Decode(vm.Text("name") ?? vm.Ref.Value),
            Path = inventory.PathOf(vm.RefOf("parent"), vm.Text("name")),
            Power = connection != "connected" ? PowerState.Other : vm.Text("runtime.powerState") switch
            {
                "poweredOff" => PowerState.Off,
                "poweredOn" => PowerState.Running,
                _ => PowerState.Other,
            },
            PowerDetail = connection != "connected" ? connection : vm.Text("runtime.powerState") ?? "unknown",
            Uuid = Known(vm.Text("config.uuid"), why),
            Host = Known(inventory.NameOf(vm.RefOf("runtime.host")), why),
            Cpus = Inventory.Number(vm, "config.hardware.numCPU") is { } cpus ? Fact.Known((int)cpus) : Fact<int>.Unknown(why),
            MemoryBytes = Inventory.Number(vm, "config.hardware.memoryMB") is { } memory ? Fact.Known(memory << 20) : Fact<long>.Unknown(why),
            Firmware = vm.Text("config.firmware") switch
            {
                "bios" => Fact.Known(FirmwareKind.Bios),
                "efi" => Fact.Known(FirmwareKind.Uefi),
                _ => Fact<FirmwareKind>.Unknown(why),
            },
            SecureBoot = configured ? Fact.Known(vm.Flag("config.bootOptions.efiSecureBootEnabled") ?? false) : Fact<bool>.Unknown(why),
            Tpm = configured ? Fact.Known(devices.OfType("VirtualTPM").Any()) : Fact<bool>.Unknown(why),
            Machine = Known(vm.Text("config.version"), why),
            Architecture = Fact.Known("x86_64"),
            Hypervisor = Fact.Known(Hypervisor),
            CpuModel = Fact.Known(""),
            Disks = [.. devices.Disks.Select(disk => Disk(disk, vm, inventory, datacenter, [.. disk.Chain.SelectMany(file => holders(vm.Ref, file)).Distinct(StringComparer.Ordinal)]))],
            Nics = [.. devices.Nics.Select(nic => Nic(nic, inventory, datacenter))],
            SpecialDevices = [.. Special(vm, devices, fence is not null)],
            Snapshots = Fact.Known(Snapshots(vm["snapshot"]).Count),
            Autostart = fence is not null ? Fact.Known(fence.Autostart) : autostart is null ? Fact<bool>.Unknown("not asked for") : Fact.Known(autostart.Contains(vm.Ref.Value)),
            AgentAnswers = running ? Fact.Known(vm.Text("guest.toolsRunningStatus") == "guestToolsRunning") : Fact<bool>.Unknown("the VM is not running"),
            GuestOs = Known(vm.Text("guest.guestFullName") ?? vm.Text("config.guestFullName"), "neither Tools nor the configuration tell"),
            Addresses = [.. Addresses(vm)],
            Stamp = ExtraConfig.StampOf(options),
            BusyWith = busyWith is null ? Fact<string>.Unknown("not asked for") : Fact.Known(busyWith),
            NativeDefinition = Native(vm, devices, options),
            Observed = FurtherFacts.Of(vm, devices, mayTrack),
        };
    }

    /// <summary>Snapshots by their refs, from the oldest.</summary>
    internal static IReadOnlyList<XElement> Snapshots(XElement? info)
    {
        var found = new List<XElement>();
        Walk(info.Children("rootSnapshotList"));
        return found;

        void Walk(IEnumerable<XElement> trees)
        {
            foreach (var tree in trees)
            {
                found.Add(tree);
                Walk(tree.Children("childSnapshotList"));
            }
        }
    }

    private static Disk Disk(VirtualDisk disk, VimObject vm, Inventory inventory, MoRef? datacenter, ImmutableArray<string> holders)
    {
        var store = disk.Path is { } path ? inventory.Datastore(path.Datastore, datacenter) : null;
        return new Disk
        {
            Name = disk.Name,
            Location = disk.FileName,
            Bus = Fact.Known(disk.Bus),
            Format = Fact.Known("vmdk"),
            Pool = Known(store?.UniqueName, "its datastore is not seen"),
            LengthBytes = disk.LengthBytes is { } length ? Fact.Known(length) : Fact<long>.Unknown("the server does not tell"),
            AllocatedBytes = Allocated(vm, disk) is { } allocated ? Fact.Known(allocated) : Fact<long>.Unknown("the server's account of the VM's files lacks it"),
            ReadOnly = false,
            Shared = disk.IsShared || !holders.IsEmpty,
            Encrypted = Fact.Known(disk.IsEncrypted),
            BackingChain = [.. disk.Chain.Skip(1)],
            Readable = disk.IsFile,
            WhyNotWritable = disk.Chain.Count() > 1 ? $"it rests on {string.Join(", ", disk.Chain.Skip(1))} (snapshots or a linked clone)"
                : VSphereSite.IsObjectStore(store?.Facts.Text("summary.type")) ? $"its datastore {store!.UniqueName} keeps objects in place of files" : null,
            Observed = FurtherFacts.Of(disk, store, holders),
        };
    }

    /// <summary>What the files of a disk's chain take, by the server's last account.</summary>
    private static long? Allocated(VimObject vm, VirtualDisk disk)
    {
        var keys = vm["layoutEx.disk"]?.Elements()
            .FirstOrDefault(one => one.Number("key") == disk.Key)
            .Children("chain").SelectMany(unit => unit.Children("fileKey")).Select(key => key.Value).ToHashSet(StringComparer.Ordinal);
        return keys is null ? null : vm["layoutEx.file"]?.Elements().Where(file => keys.Contains(file.Text("key") ?? "")).Sum(file => file.Number("size") ?? 0);
    }

    private static Nic Nic(XElement nic, Inventory inventory, MoRef? datacenter)
    {
        var backing = nic.Child("backing");
        // A port group's key says nothing to people; a device's name does, also where its network is not seen.
        var network = inventory.NetworkBehind(backing, datacenter)?.UniqueName ?? (backing.Text("port/portgroupKey") is null ? backing.Text("deviceName") : null);
        return new Nic
        {
            Mac = nic.Text("macAddress") ?? "",
            Model = Fact.Known(NicModels.NameOf(nic.Type())),
            Network = Known(network, "its network is not seen"),
            Attachment = backing.Child("port") is null ? "network" : "distributed",
        };
    }

    private static IEnumerable<SpecialDevice> Special(VimObject vm, Devices devices, bool fenced)
    {
        // The fence makes the VM a template; before it, it was none.
        if (vm.Flag("config.template") == true && !fenced)
        {
            yield return new SpecialDevice("template", "it is a template, which cannot run: convert it to a VM first, or clone it");
        }

        foreach (var device in devices.All)
        {
            switch (device.Type())
            {
                case "VirtualPCIPassthrough":
                    yield return new SpecialDevice("hostdev-pci", $"{Devices.Label(device)}: a PCI device of the host (DirectPath or vGPU)");
                    break;
                case "VirtualSriovEthernetCard":
                    yield return new SpecialDevice("hostdev-pci", $"{Devices.Label(device)}: a virtual function of the host's network card (SR-IOV)");
                    break;
                case "VirtualUSB":
                    yield return new SpecialDevice("hostdev-usb", $"{Devices.Label(device)}: a USB device of the host");
                    break;
                case "VirtualSCSIPassthrough":
                    yield return new SpecialDevice("hostdev-scsi", $"{Devices.Label(device)}: a SCSI device of the host");
                    break;
                case "VirtualNVDIMM":
                    yield return new SpecialDevice("nvdimm", $"{Devices.Label(device)}: persistent memory of the host");
                    break;
                case "VirtualSerialPort" or "VirtualParallelPort" when device.Child("backing").Type().Contains("DeviceBacking", StringComparison.Ordinal):
                    yield return new SpecialDevice("hostdev-port", $"{Devices.Label(device)}: a port of the host");
                    break;
                default:
                    break;
            }
        }
    }

    private static IEnumerable<string> Addresses(VimObject vm) =>
        (vm["guest.net"]?.Elements().SelectMany(nic => nic.Children("ipAddress")).Select(address => address.Value) ?? [])
        .Append(vm.Text("guest.ipAddress") ?? "")
        .Where(address => address.Length > 0 && !address.StartsWith("fe80:", StringComparison.OrdinalIgnoreCase))
        .Distinct();

    /// <summary>The VM's shape without what we write on it and without what running changes, so that it reads the same at every step of a migration.</summary>
    private static string? Native(VimObject vm, Devices devices, ImmutableSortedDictionary<string, string> options)
    {
        if (vm["config.hardware.device"] is null)
        {
            return null;
        }

        var kept = devices.All.OrderBy(device => device.Number("key")).Select(device =>
        {
            // Labels are the server's own text, made anew at each edit.
            var copy = new XElement("device", new XAttribute("type", device.Type()), device.Elements().Where(part => part.Name.LocalName != "deviceInfo"));
            // Each snapshot changes these.
            copy.Child("backing").Children("changeId").Remove();
            copy.Child("connectable").Children("connected").Concat(copy.Child("connectable").Children("status")).Remove();
            return copy;
        });
        string[] scalars = ["config.uuid", "config.version", "config.guestId", "config.firmware", "config.bootOptions.efiSecureBootEnabled", "config.hardware.numCPU", "config.hardware.numCoresPerSocket", "config.hardware.memoryMB"];
        return new XElement(
            "vm",
            scalars.Where(path => vm[path] is not null).Select(path => new XElement("set", new XAttribute("path", path), vm.Text(path))),
            kept,
            options.Where(option => !option.Key.StartsWith(ExtraConfig.Ours, StringComparison.Ordinal))
                .Select(option => new XElement("option", new XAttribute("key", option.Key), option.Value))).ToString(SaveOptions.DisableFormatting);
    }

    private static Fact<string> Known(string? value, string why) => string.IsNullOrEmpty(value) ? Fact<string>.Unknown(why) : Fact.Known(value);
}
