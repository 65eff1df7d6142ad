using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>What becomes of a definition on its way to another host.</summary>
public sealed class TargetDefinitionTests
{
    private const string Migration = "vmm-1f2e3d4c5b6a7988";

    private static readonly TargetHost Kvm = new(
        "x86_64",
        ["kvm", "qemu"],
        ["pc", "pc-q35-7.2", "q35"],
        [new Network("br100", "bridge", true), new Network("lan", "nat", true), new Network("user", "user", true)])
    {
        ConsolePath = "/pool/web-console.log",
    };

    [Fact]
    public void The_guest_sees_the_same_machine()
    {
        var domain = Translate(Source());

        Assert.Equal("web", domain.Element("name")!.Value);
        Assert.Equal("11111111-2222-4333-8444-555555555555", domain.Element("uuid")!.Value);
        Assert.Equal("kvm", domain.Attribute("type")!.Value);
        Assert.Equal("host-passthrough", domain.Element("cpu")!.Attribute("mode")!.Value);
        var nic = domain.Descendants("interface").Single();
        Assert.Equal("52:54:00:aa:bb:cc", nic.Element("mac")!.Attribute("address")!.Value);
        Assert.Equal("0x03", nic.Element("address")!.Attribute("slot")!.Value);
        var disk = domain.Descendants("disk").First();
        Assert.Equal("0x04", disk.Element("address")!.Attribute("slot")!.Value);
        Assert.Equal("serial-1", disk.Element("serial")!.Value);
        Assert.Equal("none", disk.Element("driver")!.Attribute("cache")!.Value);
    }

    [Fact]
    public void What_belongs_to_the_sources_host_stays_there()
    {
        var domain = Translate(Source());

        Assert.Empty(domain.Descendants("emulator"));
        Assert.Empty(domain.Descendants("seclabel"));
        Assert.Empty(domain.Descendants("resource"));
        Assert.Empty(domain.Descendants("vcpupin"));
        Assert.Equal("2048", domain.Element("cputune")!.Element("shares")!.Value);
        Assert.Null(domain.Element("vcpu")!.Attribute("cpuset"));
        Assert.Empty(domain.Descendants("interface").Elements("target"));
        Assert.Empty(domain.Descendants("channel").Elements("source"));
        Assert.DoesNotContain("/srchost/", domain.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Disks_point_at_their_copies_and_drives_come_over_empty()
    {
        var domain = Translate(Source());

        var disks = domain.Descendants("disk").ToList();
        Assert.Equal("file", disks[0].Attribute("type")!.Value);
        Assert.Equal("/pool/web-vda.1f2e3d4c.qcow2", disks[0].Element("source")!.Attribute("file")!.Value);
        Assert.Equal("qcow2", disks[0].Element("driver")!.Attribute("type")!.Value);
        Assert.Empty(disks[0].Elements("backingStore"));
        Assert.Equal("cdrom", disks[1].Attribute("device")!.Value);
        Assert.Empty(disks[1].Elements("source"));
    }

    [Fact]
    public void A_copy_on_a_volume_that_is_a_device_becomes_a_block_disk()
    {
        var domain = Translate(Source(), Kvm with { BlockDevices = ["/pool/web-vda.1f2e3d4c.qcow2"] });

        var disk = domain.Descendants("disk").First();
        Assert.Equal("block", disk.Attribute("type")!.Value);
        Assert.Equal("/pool/web-vda.1f2e3d4c.qcow2", disk.Element("source")!.Attribute("dev")!.Value);
    }

    [Fact]
    public void A_disk_without_a_copy_is_refused_by_name()
    {
        var request = Request(Source()) with { Disks = [] };

        var failure = Assert.Throws<PlatformException>(() => TargetDefinition.Translate("dc2", request, Kvm));

        Assert.Equal(PlatformErrorKind.Refused, failure.Kind);
        Assert.Contains("vda", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br100", "bridge", "bridge")]
    [InlineData("lan", "network", "network")]
    public void A_network_becomes_what_the_target_has_under_that_name(string name, string type, string attribute)
    {
        var domain = TargetDefinition.Translate("dc2", Request(Source()) with { Networks = ImmutableDictionary<string, string>.Empty.Add("vlan7", name) }, Kvm);

        var nic = domain.Descendants("interface").Single();
        Assert.Equal(type, nic.Attribute("type")!.Value);
        Assert.Equal(name, nic.Element("source")!.Attribute(attribute)!.Value);
        Assert.Empty(nic.Elements("virtualport"));
    }

    [Fact]
    public void A_user_network_has_no_source()
    {
        var domain = TargetDefinition.Translate("dc2", Request(Source()) with { Networks = ImmutableDictionary<string, string>.Empty.Add("vlan7", "user") }, Kvm);

        var nic = domain.Descendants("interface").Single();
        Assert.Equal("user", nic.Attribute("type")!.Value);
        Assert.Empty(nic.Elements("source"));
    }

    [Fact]
    public void A_network_that_is_not_there_is_named_with_those_that_are()
    {
        var failure = Assert.Throws<PlatformException>(() => TargetDefinition.Translate("dc2", Request(Source()) with { Networks = ImmutableDictionary<string, string>.Empty }, Kvm));

        Assert.Equal(PlatformErrorKind.NotFound, failure.Kind);
        Assert.Contains("vlan7", failure.Message, StringComparison.Ordinal);
        Assert.Contains("br100, lan, user", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_kvm_the_guest_is_emulated_with_a_cpu_that_exists_there()
    {
        var domain = Translate(Source(), Kvm with { Accelerations = ["qemu"] });

        Assert.Equal("qemu", domain.Attribute("type")!.Value);
        Assert.Equal("maximum", domain.Element("cpu")!.Attribute("mode")!.Value);
    }

    [Fact]
    public void A_machine_that_the_target_does_not_know_is_refused()
    {
        var failure = Assert.Throws<PlatformException>(() => Translate(Source(), Kvm with { Machines = ["pc-q35-6.2"] }));

        Assert.Equal(PlatformErrorKind.Unsupported, failure.Kind);
        Assert.Contains("pc-q35-7.2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_logged_console_gets_a_file_of_the_target_that_starts_anew()
    {
        var domain = Translate(Source());

        Assert.Equal(new ConsoleFile("/pool/web-console.log", false), ConsoleXml.Find(domain));
        Assert.DoesNotContain(domain.Descendants("console"), console => console.Element("target")?.Attribute("type")?.Value == "serial");
        var second = domain.Descendants("serial").Last();
        Assert.Equal("pty", second.Attribute("type")!.Value);
    }

    [Fact]
    public void A_console_that_went_nowhere_stays_so()
    {
        var source = Source();
        source.Descendants("serial").Remove();
        source.Element("devices")!.Add(XElement.Parse("<serial type='pty'><target port='0'/></serial>"));

        Assert.Null(ConsoleXml.Find(Translate(source)));
    }

    [Fact]
    public void The_same_request_has_the_same_mark_and_another_another()
    {
        var mark = TargetDefinition.MarkOf(Translate(Source()));

        Assert.NotNull(mark);
        Assert.Equal(mark, TargetDefinition.MarkOf(Translate(Source())));
        var noted = Request(Source()) with { Stamp = new Stamp(Migration, StampRole.Target).With("held-until", "tomorrow") };
        Assert.Equal(mark, TargetDefinition.MarkOf(TargetDefinition.Translate("dc2", noted, Kvm)));
        Assert.NotEqual(mark, TargetDefinition.MarkOf(TargetDefinition.Translate("dc2", Request(Source()) with { Name = "web2" }, Kvm)));
    }

    [Fact]
    public void The_stamp_and_the_metadata_of_others_are_on_it()
    {
        var domain = Translate(Source());

        Assert.Equal(Migration, StampXml.Read(domain)?.MigrationId);
        Assert.Equal("kept", domain.Element("metadata")!.Element(XName.Get("note", "urn:their"))!.Value);
    }

    [Theory]
    [InlineData("<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source></hostdev>", "pci")]
    [InlineData("<filesystem type='mount'><source dir='/srv/share'/><target dir='share'/></filesystem>", "/srv/share")]
    [InlineData("<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>", "TPM")]
    public void What_cannot_come_along_is_refused_by_name(string device, string named)
    {
        var source = Source();
        source.Element("devices")!.Add(XElement.Parse(device));

        var failure = Assert.Throws<PlatformException>(() => Translate(source));

        Assert.Equal(PlatformErrorKind.Unsupported, failure.Kind);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Firmware_variables_are_refused_where_they_have_no_place()
    {
        var source = Source();
        source.Element("os")!.Add(XElement.Parse("<nvram>/srchost/web_VARS.fd</nvram>"));

        var failure = Assert.Throws<PlatformException>(() => Translate(source));

        Assert.Contains("UEFI", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Firmware_variables_lie_in_the_target_s_own_file_and_its_firmware_has_to_be_there()
    {
        const string Loader = "/usr/share/OVMF/OVMF_CODE_4M.fd";
        var source = Source();
        source.Element("os")!.Add(XElement.Parse($"<loader readonly='yes' type='pflash'>{Loader}</loader>"), XElement.Parse("<nvram template='/t.fd' type='file'><source file='/srchost/web_VARS.fd'/></nvram>"));
        var host = Kvm with { FirmwarePath = "/pool/web-nvram.0123abcd.fd", Firmwares = [Loader] };

        var nvram = Translate(source, host).Element("os")!.Element("nvram")!;

        Assert.Equal("/pool/web-nvram.0123abcd.fd", nvram.Value);
        Assert.Equal(["template"], nvram.Attributes().Select(attribute => attribute.Name.LocalName));
        Assert.Contains(Loader, Assert.Throws<PlatformException>(() => Translate(source, host with { Firmwares = [] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vm_of_another_platform_is_refused()
    {
        var failure = Assert.Throws<PlatformException>(() => TargetDefinition.Translate("dc2", Request(Source()) with { SourcePlatform = "xen" }, Kvm));

        Assert.Equal(PlatformErrorKind.Unsupported, failure.Kind);
    }

    private static XElement Translate(XElement source, TargetHost? host = null) => TargetDefinition.Translate("dc2", Request(source), host ?? Kvm);

    private static VmRequest Request(XElement source)
    {
        var vm = DomainXml.Facts(source, "11111111-2222-4333-8444-555555555555", "web") with { NativeDefinition = source.ToString(SaveOptions.DisableFormatting) };
        return new VmRequest(
            new Stamp(Migration, StampRole.Target),
            vm,
            "libvirt",
            "web",
            null,
            [new TargetDisk(Migration, "vda", "pool", "/pool/web-vda.1f2e3d4c.qcow2", 1 << 30, "qcow2", null)],
            ImmutableDictionary<string, string>.Empty.Add("vlan7", "br100"));
    }

    private static XElement Source() => Xml.Parse(
        """
        <domain type='kvm'>
          <name>web</name>
          <uuid>11111111-2222-4333-8444-555555555555</uuid>
          <metadata><their:note xmlns:their='urn:their'>kept</their:note></metadata>
          <memory unit='GiB'>2</memory>
          <vcpu placement='static' cpuset='4-7' current='2'>4</vcpu>
          <cputune><shares>2048</shares><vcpupin vcpu='0' cpuset='4'/></cputune>
          <resource><partition>/srchost/machine</partition></resource>
          <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><boot dev='hd'/></os>
          <cpu mode='host-passthrough' check='none'/>
          <devices>
            <emulator>/srchost/qemu</emulator>
            <disk type='block' device='disk'>
              <driver name='qemu' type='raw' cache='none' io='native'/>
              <source dev='/srchost/vg/web'/>
              <backingStore/>
              <target dev='vda' bus='virtio'/>
              <serial>serial-1</serial>
              <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>
            </disk>
            <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/srchost/medium.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
            <interface type='network'>
              <mac address='52:54:00:aa:bb:cc'/>
              <source network='vlan7' portgroup='blue'/>
              <virtualport type='openvswitch'/>
              <target dev='vnet5'/>
              <model type='virtio'/>
              <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
            </interface>
            <serial type='pty'><source path='/srchost/dev/pts/1'/><log file='/srchost/web.log' append='on'/><target port='0'/></serial>
            <serial type='tcp'><source mode='bind' host='/srchost/' service='4555'/><protocol type='raw'/><target port='1'/></serial>
            <console type='pty'><log file='/srchost/web.log' append='on'/><target type='serial' port='0'/></console>
            <channel type='unix'><source mode='bind' path='/srchost/agent'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
          </devices>
          <seclabel type='dynamic' model='apparmor'/>
        </domain>
        """);
}
