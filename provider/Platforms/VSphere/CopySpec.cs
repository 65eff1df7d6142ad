using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// From a VM's shape to the configuration of its copy: from a vSphere VM the same virtual hardware, from another platform's VM the closest. Pure.
/// </summary>
/// <remarks>Elements stand in the order of the schema's sequence, on which servers insist.</remarks>
internal static class CopySpec
{
    private const int FirstScsiKey = 1000;
    private const int FirstSataKey = 15000;
    private const int FirstNvmeKey = 31000;
    private const int FirstIdeKey = 200;
    private const int FirstDiskKey = 2000;
    private const int FirstNicKey = 4000;
    private const int SerialKey = 9000;

    /// <summary>Where a disk hangs in the copy.</summary>
    private sealed record Place(string Controller, int Bus, int Unit);

    /// <param name="instanceUuid">The copy's own, which stays when it is defined anew.</param>
    /// <param name="networks">The target's networks by their names.</param>
    internal static XElement Build(string site, VmRequest request, string instanceUuid, DatastorePath vmx, Func<string, XElement> networks)
    {
        var source = request.Source;
        var native = request.SourcePlatform == VSphereSite.Key && source.NativeDefinition is { } text ? XElement.Parse(text) : null;
        Refuse(site, source);
        var disks = Places(site, source, native);
        var devices = new List<XElement>();
        devices.AddRange(disks.Values.Select(place => (place.Controller, place.Bus)).Distinct().Where(one => one.Controller != "VirtualIDEController").Select(one => Controller(one.Controller, one.Bus)));
        devices.AddRange(request.Disks.Select((disk, index) => Disk(disk, disks[disk.DiskName], index)));
        devices.AddRange(source.Nics.Select((nic, index) => Nic(site, source, nic, index, native, request, networks)));
        if (native is null || Devices.OfNative(native).All.Any(IsFileSerial))
        {
            devices.Add(Serial(vmx.Beside("console.log")));
        }

        var memory = (source.MemoryBytes.Value + (1 << 20) - 1) >> 20;
        var spec = El(
            "config",
            El("name", Names.Encode(request.Name)),
            Set(native, "config.version") is { } version ? El("version", version) : null,
            El("uuid", source.Uuid.Or(source.Id)),
            El("instanceUuid", instanceUuid),
            El("guestId", Set(native, "config.guestId") ?? GuestIds.For(source.GuestOs.Or(""))),
            El("files", El("vmPathName", vmx)),
            El("numCPUs", source.Cpus.Value),
            Set(native, "config.hardware.numCoresPerSocket") is { } cores ? El("numCoresPerSocket", cores) : null,
            // Workstations and old hosts want a multiple of 4 MiB.
            El("memoryMB", (memory + 3) / 4 * 4),
            devices.Select(Add),
            Options(request, native).Select(option => Option(option.Key, option.Value)),
            source.SecureBoot.Or(false) ? El("bootOptions", El("efiSecureBootEnabled", true)) : null,
            El("firmware", source.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi ? "efi" : "bios"));
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(spec.ToString(SaveOptions.DisableFormatting))));
        spec.Children("extraConfig").Last().AddAfterSelf(Option(ExtraConfig.Definition, mark), ExtraConfig.Options(ExtraConfig.ChangesTo(request.Stamp, ImmutableSortedDictionary<string, string>.Empty)));
        return spec;
    }

    /// <summary>What names the request in a specification that <see cref="Build"/> made.</summary>
    internal static string MarkOf(XElement spec) => spec.Children("extraConfig").First(option => option.Text("key") == ExtraConfig.Definition).Text("value")!;

    private static void Refuse(string site, Vm source)
    {
        if (source.SpecialDevices is [var device, ..])
        {
            throw No(site, $"VM {source.Name} has what belongs to its host or platform: {device.Description}; it cannot be defined at site {site}");
        }

        if (source.Tpm.Or(false))
        {
            throw No(site, $"VM {source.Name} has a TPM, whose state is not copied");
        }
    }

    private static Dictionary<string, Place> Places(string site, Vm source, XElement? native) => native is null ? Closest(site, source) : Same(native);

    private static Dictionary<string, Place> Same(XElement native)
    {
        var devices = Devices.OfNative(native);
        return devices.Disks.ToDictionary(
            disk => disk.Name,
            disk =>
            {
                var controller = devices.ByKey(disk.Device.Number("controllerKey"));
                return new Place(controller.Type(), (int)(controller.Number("busNumber") ?? 0), (int)(disk.Device.Number("unitNumber") ?? 0));
            },
            StringComparer.Ordinal);
    }

    /// <summary>A controller that the guest's own drivers may know: SATA and IDE stay what they are, and what is paravirtual there is paravirtual here.</summary>
    private static Dictionary<string, Place> Closest(string site, Vm source)
    {
        var places = new Dictionary<string, Place>(StringComparer.Ordinal);
        var used = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var disk in source.Disks)
        {
            var (controller, perBus, most) = disk.Bus.Or("") switch
            {
                "sata" => ("VirtualAHCIController", 30, 120),
                "ide" => ("VirtualIDEController", 2, 4),
                "lsisas1068" or "lsisas1078" => ("VirtualLsiLogicSASController", 15, 60),
                "nvme" => ("VirtualNVMEController", 15, 60),
                _ => ("ParaVirtualSCSIController", 15, 60),
            };
            var index = used.GetValueOrDefault(controller);
            used[controller] = index + 1;
            if (index >= most)
            {
                throw No(site, $"VM {source.Name} has more than {most} disks for {controller}, which is all that vSphere takes");
            }

            var unit = index % perBus;
            // The controller itself is unit 7 of a SCSI bus.
            places[disk.Name] = new Place(controller, index / perBus, perBus == 15 && controller != "VirtualNVMEController" && unit >= 7 ? unit + 1 : unit);
        }

        return places;
    }

    private static int KeyOf(string controller, int bus) => bus + controller switch
    {
        "VirtualIDEController" => FirstIdeKey,
        "VirtualAHCIController" => FirstSataKey,
        "VirtualNVMEController" => FirstNvmeKey,
        _ => FirstScsiKey,
    };

    private static XElement Controller(string type, int bus) => Typed(
        "device", type, El("key", KeyOf(type, bus)), El("busNumber", bus), type.Contains("SCSI", StringComparison.OrdinalIgnoreCase) || type.Contains("Logic", StringComparison.Ordinal) ? El("sharedBus", "noSharing") : null);

    private static XElement Disk(TargetDisk disk, Place place, int index) => Typed(
        "device",
        "VirtualDisk",
        El("key", FirstDiskKey + index),
        Typed("backing", "VirtualDiskFlatVer2BackingInfo", El("fileName", disk.Location), El("diskMode", "persistent"), El("thinProvisioned", true)),
        El("controllerKey", KeyOf(place.Controller, place.Bus)),
        El("unitNumber", place.Unit),
        El("capacityInKB", disk.LengthBytes / 1024),
        El("capacityInBytes", disk.LengthBytes));

    private static XElement Nic(string site, Vm source, Nic nic, int index, XElement? native, VmRequest request, Func<string, XElement> networks)
    {
        if (!nic.Network.TryGet(out var from))
        {
            throw No(site, $"card {nic.Mac} of VM {source.Name} is on a network that cannot be named ({nic.Network.WhyUnknown}), so it cannot be mapped to one of site {site}");
        }

        var type = native is null
            ? NicModels.TypeFor(nic.Model.Or(""))
            : Devices.OfNative(native).Nics.First(one => one.Text("macAddress") == nic.Mac).Type();
        return Typed(
            "device",
            type,
            El("key", FirstNicKey + index),
            networks(request.Networks.GetValueOrDefault(from, from)),
            El("connectable", El("startConnected", true), El("allowGuestControl", true), El("connected", false)),
            El("addressType", "manual"),
            El("macAddress", nic.Mac.ToLowerInvariant()));
    }

    private static XElement Serial(DatastorePath file) => Typed(
        "device", "VirtualSerialPort", El("key", SerialKey), Typed("backing", "VirtualSerialPortFileBackingInfo", El("fileName", file)), El("yieldOnPoll", true));

    internal static bool IsFileSerial(XElement device) => device.Type() == "VirtualSerialPort" && device.Child("backing").Type() == "VirtualSerialPortFileBackingInfo";

    private static SortedDictionary<string, string> Options(VmRequest request, XElement? native)
    {
        // What the source's options say about its guest; what they say about its place (swap files, ports, addresses of cards) is made anew.
        string[] carried = ["disk.EnableUUID", "monitor_control.", "isolation.tools.", "guestinfo.", "tools.", "devices.hotplug", "svga.", "mks.", "sched.cpu.latency", "vhv.enable", "hypervisor.cpuid.v0", "numa."];
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in native?.Elements("option") ?? [])
        {
            var key = option.Attribute("key")!.Value;
            if (carried.Any(start => key.StartsWith(start, StringComparison.OrdinalIgnoreCase)))
            {
                options[key] = option.Value;
            }
        }

        // It was moved, not copied: the identity stays, and nobody need be asked at the first start.
        options["uuid.action"] = "keep";
        options["answer.msg.uuid.altered"] = "I _moved it";
        options["answer.msg.serial.file.open"] = "Replace";
        for (var i = 0; i < request.Source.Nics.Length; i++)
        {
            // vSphere refuses to start a VM with an address outside its own ranges, unless it is told not to look.
            options[string.Create(CultureInfo.InvariantCulture, $"ethernet{i}.checkMACAddress")] = "FALSE";
        }

        return options;
    }

    private static XElement Add(XElement device) => El("deviceChange", El("operation", "add"), device);

    private static string? Set(XElement? native, string path) => native?.Elements("set").FirstOrDefault(one => one.Attribute("path")!.Value == path)?.Value;

    private static PlatformException No(string site, string message) => new(PlatformErrorKind.Unsupported, site, message);
}
