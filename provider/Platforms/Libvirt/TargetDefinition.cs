using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>What the target's host offers, as far as a definition depends on it.</summary>
internal sealed record TargetHost(
    string Architecture,
    ImmutableArray<string> Accelerations,
    ImmutableArray<string> Machines,
    ImmutableArray<Network> Networks)
{
    /// <summary>The path of the file that takes the console's output; null where the pool cannot hold one.</summary>
    public string? ConsolePath { get; init; }

    /// <summary>Firmware images that QEMU may be given there.</summary>
    public ImmutableArray<string> Firmwares { get; init; } = [];

    /// <summary>The path of the file for a VM's UEFI variables; null where the pool cannot hold one.</summary>
    public string? FirmwarePath { get; init; }

    /// <summary>Paths of disks that are block devices rather than files.</summary>
    public ImmutableHashSet<string> BlockDevices { get; init; } = [];
}

/// <summary>
/// From the source's definition to the target's: the guest sees the same machine (UUID, MACs, bus addresses, CPU, firmware), and everything that
/// belongs to the source's host is mapped, made anew or left out. Pure: no call to libvirt.
/// </summary>
internal static class TargetDefinition
{
    internal const string MarkNamespace = "https://vmmigrate.dev/definition/1";

    private static readonly XNamespace Mark = MarkNamespace;

    /// <summary>Settings of the source's host: how it confines, pins and finds things.</summary>
    private static readonly string[] HostParts = ["seclabel", "resource", "idmap", "numatune", "keywrap"];

    private static readonly string[] PinnedParts = ["vcpupin", "emulatorpin", "iothreadpin", "vcpusched", "iothreadsched", "emulatorsched", "cachetune", "memorytune"];

    /// <summary>Parts of a disk that say where its content was.</summary>
    private static readonly string[] DiskSourceParts = ["source", "backingStore", "mirror", "auth", "encryption"];

    /// <exception cref="PlatformException">The VM needs something that the target does not have.</exception>
    internal static XElement Translate(string site, VmRequest request, TargetHost host)
    {
        var vm = request.Source.Name;
        var own = request.SourcePlatform == LibvirtSite.Key;
        if ((own && request.Source.NativeDefinition is null) || (!own && !LibvirtSite.Foreign.Contains(request.SourcePlatform)))
        {
            throw No(site, $"VM {vm} comes from platform {request.SourcePlatform}; libvirt sites take VMs of libvirt and {string.Join(", ", LibvirtSite.Foreign)}");
        }

        if (request.Source.SpecialDevices is [var device, ..])
        {
            throw No(site, $"VM {vm} has what belongs to its host: {device.Description}; it cannot be defined at site {site}");
        }

        if (request.Source.Tpm.Or(false))
        {
            throw No(site, $"VM {vm} has a TPM, whose state lies outside its disks and is not copied yet");
        }

        var domain = own ? Xml.Parse(request.Source.NativeDefinition!) : ForeignDefinition.Write(request.Source);
        domain.SetElementValue("name", request.Name);
        domain.Elements().Where(part => HostParts.Contains(part.Name.LocalName)).Remove();
        domain.Element("cputune")?.Elements().Where(part => PinnedParts.Contains(part.Name.LocalName)).Remove();
        domain.Element("vcpu")?.SetAttributeValue("cpuset", null);
        domain.Element("devices")?.Elements("emulator").Remove();
        domain.Descendants("alias").Where(alias => alias.Attr("name")?.StartsWith("ua-", StringComparison.Ordinal) != true).Remove();
        FitCpu(site, vm, domain, host);
        FitMachine(site, vm, domain, host);
        FitFirmware(site, vm, domain, request.Source, host);
        FitDisks(site, vm, domain, request, host);
        FitNetworks(site, vm, domain, request, host);
        FitCharacterDevices(domain, host);
        PutMark(domain, Digest(domain));
        StampXml.Put(domain, request.Stamp);
        return domain;
    }

    /// <summary>What names the request that a domain was defined by; null for one that we did not define.</summary>
    internal static string? MarkOf(XElement domain) => domain.Element("metadata")?.Element(Mark + "definition").Attr("digest");

    internal static void DropMark(XElement domain)
    {
        domain.Element("metadata")?.Elements(Mark + "definition").Remove();
        StampXml.DropEmptyMetadata(domain);
    }

    private static void PutMark(XElement domain, string digest) =>
        StampXml.Metadata(domain).Add(new XElement(
            Mark + "definition",
            new XAttribute(XNamespace.Xmlns + "vmmigrate-definition", MarkNamespace),
            new XAttribute("digest", digest)));

    /// <remarks>Everybody who may read the definition may read the digest: a password in it could be guessed against it.</remarks>
    private static string Digest(XElement domain)
    {
        var open = new XElement(domain);
        open.Descendants().Attributes("passwd").Remove();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Xml.Print(open))));
    }

    /// <summary>A host without KVM emulates; a CPU that is passed through does not exist there.</summary>
    private static void FitCpu(string site, string vm, XElement domain, TargetHost host)
    {
        var arch = domain.At("os/type").Attr("arch");
        if (arch is not null && arch != host.Architecture)
        {
            throw No(site, $"VM {vm} is a {arch} guest, but the host of site {site} is {host.Architecture}");
        }

        var type = domain.Attr("type") ?? "kvm";
        if (host.Accelerations.Contains(type))
        {
            return;
        }

        if (type != "kvm" || !host.Accelerations.Contains("qemu"))
        {
            throw No(site, $"VM {vm} is of type {type}, but the host of site {site} offers: {string.Join(", ", host.Accelerations)}");
        }

        domain.SetAttributeValue("type", "qemu");
        if (domain.Element("cpu") is { } cpu && cpu.Attr("mode") is "host-passthrough" or "host-model")
        {
            domain.Element("cpu")!.ReplaceWith(new XElement("cpu", new XAttribute("mode", "maximum")));
        }
    }

    private static void FitMachine(string site, string vm, XElement domain, TargetHost host)
    {
        if (domain.At("os/type").Attr("machine") is { } machine && !host.Machines.IsEmpty && !host.Machines.Contains(machine))
        {
            throw No(site, $"VM {vm} has the machine type {machine}, which the host of site {site} does not know (it knows {string.Join(", ", host.Machines.Take(8))}{(host.Machines.Length > 8 ? ", ..." : "")})");
        }
    }

    /// <summary>A UEFI guest keeps its variables in a file beside its disks; the program of its firmware has to be one that the host has.</summary>
    private static void FitFirmware(string site, string vm, XElement domain, Vm source, TargetHost host)
    {
        if (source.Firmware.Or(FirmwareKind.Bios) != FirmwareKind.Uefi)
        {
            return;
        }

        if (domain.Element("os").Text("loader") is { } loader && !host.Firmwares.Contains(loader))
        {
            throw No(site, $"VM {vm} boots by the firmware {loader}, which the host of site {site} does not have (it has {(host.Firmwares.IsEmpty ? "none" : string.Join(", ", host.Firmwares))}); install the same package there");
        }

        FirmwareXml.Put(domain, host.FirmwarePath ?? throw No(site, $"VM {vm} boots by UEFI, and the storage pool of its first disk at site {site} is no folder that its variables could lie in"));
    }

    private static void FitDisks(string site, string vm, XElement domain, VmRequest request, TargetHost host)
    {
        foreach (var disk in domain.Devices("disk").ToList())
        {
            var name = DomainXml.DiskName(disk);
            var copy = request.Disks.FirstOrDefault(one => one.DiskName == name);
            var hadContent = disk.Element("source") is not null;
            disk.Elements().Where(part => DiskSourceParts.Contains(part.Name.LocalName)).Remove();
            if (copy is not null)
            {
                var device = host.BlockDevices.Contains(copy.Location);
                disk.SetAttributeValue("type", device ? "block" : "file");
                disk.Add(new XElement("source", new XAttribute(device ? "dev" : "file", copy.Location)));
                if (disk.Element("driver") is not { } driver)
                {
                    disk.AddFirst(driver = new XElement("driver", new XAttribute("name", "qemu")));
                }

                driver.SetAttributeValue("type", copy.Format);
            }
            else if (disk.Attr("device") is "cdrom" or "floppy")
            {
                // The medium lies on the source's host: the drive comes over empty.
                disk.SetAttributeValue("type", "file");
            }
            else if (hadContent)
            {
                throw new PlatformException(PlatformErrorKind.Refused, site, $"disk {name} of VM {vm} has no copy at site {site}, so the VM cannot be defined there");
            }
        }
    }

    private static void FitNetworks(string site, string vm, XElement domain, VmRequest request, TargetHost host)
    {
        foreach (var nic in domain.Devices("interface"))
        {
            var mac = nic.Element("mac").Attr("address");
            if (!DomainXml.NetworkOf(nic).TryGet(out var from))
            {
                throw No(site, $"interface {mac} of VM {vm} is of type {nic.Attr("type")}, which cannot be mapped to a network of site {site}");
            }

            var to = request.Networks.GetValueOrDefault(from, from);
            if (host.Networks.FirstOrDefault(network => network.Name == to) is not { } network)
            {
                throw new PlatformException(
                    PlatformErrorKind.NotFound,
                    site,
                    $"interface {mac} of VM {vm} is on network {from}, to be {to} at site {site}, which has no network or bridge of that name (it has {string.Join(", ", host.Networks.Select(one => one.Name))})");
            }

            LibvirtNetworks.Attach(nic, network);
        }
    }

    /// <summary>
    /// Consoles, serial and parallel ports. A log on the source's host becomes a file beside the target's first disk, started anew with each
    /// start of the VM; sockets and devices of the host become pseudo-terminals, channels get libvirt's own path.
    /// </summary>
    private static void FitCharacterDevices(XElement domain, TargetHost host)
    {
        // libvirt adds the console that mirrors the first serial port by itself.
        domain.Devices("console").Where(console => console.Element("target").Attr("type") is null or "serial").Remove();
        var logged = false;
        foreach (var port in domain.Devices("serial").Concat(domain.Devices("console")).Concat(domain.Devices("parallel")))
        {
            var type = port.Attr("type");
            var wasLogged = type == "file" || port.Element("log") is not null;
            port.Elements("source").Remove();
            port.Elements("protocol").Remove();
            port.Elements("log").Remove();
            if (type is not ("pty" or "null" or "vc" or "spicevmc" or "stdio"))
            {
                port.SetAttributeValue("type", "pty");
            }

            // One file takes one port's output: the first that had any.
            if (wasLogged && !logged && host.ConsolePath is { } path && port.Name.LocalName != "parallel")
            {
                logged = true;
                if (type == "file")
                {
                    port.SetAttributeValue("type", "file");
                    port.AddFirst(new XElement("source", new XAttribute("path", path), new XAttribute("append", "off")));
                }
                else
                {
                    port.Add(new XElement("log", new XAttribute("file", path), new XAttribute("append", "off")));
                }
            }
        }

        foreach (var channel in domain.Devices("channel").Where(channel => channel.Attr("type") == "unix"))
        {
            channel.Elements("source").Remove();
        }

        // A file or socket of the host that feeds the guest's entropy.
        foreach (var backend in domain.Devices("rng").Elements("backend").Where(backend => backend.Attr("model") == "egd").ToList())
        {
            backend.ReplaceWith(new XElement("backend", new XAttribute("model", "random"), "/dev/urandom"));
        }
    }

    private static PlatformException No(string site, string message) => new(PlatformErrorKind.Unsupported, site, message);
}
