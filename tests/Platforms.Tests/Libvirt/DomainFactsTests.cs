using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Platforms.Libvirt;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>What definitions and capabilities tell preview's checks.</summary>
public sealed class DomainFactsTests
{
    private const string Rich = """
        <domain type='kvm'>
          <name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid>
          <memory unit='GiB'>8</memory><currentMemory unit='GiB'>4</currentMemory><maxMemory slots='4' unit='GiB'>16</maxMemory>
          <vcpu placement='static' cpuset='0-3' current='2'>4</vcpu>
          <cputune><shares>2048</shares><vcpupin vcpu='0' cpuset='1'/></cputune>
          <memoryBacking><hugepages/><locked/></memoryBacking>
          <numatune><memory mode='strict' nodeset='0'/></numatune>
          <os><type arch='x86_64' machine='pc-q35-8.0'>hvm</type><boot dev='hd'/><boot dev='network'/><bootmenu enable='yes'/></os>
          <features><pmu state='on'/><hyperv mode='passthrough'/></features>
          <cpu mode='custom'><model>Skylake-Server</model><topology sockets='2' cores='2' threads='1'/><feature policy='require' name='invtsc'/><feature policy='require' name='vmx'/></cpu>
          <clock offset='utc'><timer name='tsc' frequency='2600000000'/></clock>
          <iothreads>2</iothreads>
          <devices>
            <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='writeback'/><source file='/d/a.qcow2'/><target dev='vda' bus='virtio'/><serial>S1</serial><iotune><total_iops_sec>500</total_iops_sec></iotune><blockio logical_block_size='4096'/></disk>
            <disk type='block' device='lun'><source dev='/dev/sdz'><reservations managed='yes'/></source><target dev='sda' bus='scsi'/></disk>
            <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><vlan><tag id='20'/></vlan><mtu size='9000'/><link state='down'/><filterref filter='clean-traffic'/></interface>
            <graphics type='spice' listen='10.0.0.1'/><sound model='ich9'/><watchdog model='i6300esb'/><vsock model='virtio'/>
          </devices>
        </domain>
        """;

    [Theory]
    [InlineData("vm.cpuMode", "custom")]
    [InlineData("vm.invariantTsc", "yes")]
    [InlineData("vm.tscFrequency", "yes")]
    [InlineData("vm.vpmu", "yes")]
    [InlineData("vm.nested", "yes")]
    [InlineData("vm.sockets", "2")]
    [InlineData("vm.cpuPinning", "0-3, 0 to 1")]
    [InlineData("vm.cpuShares", "shares 2048")]
    [InlineData("vm.cpuHotplug", "yes")]
    [InlineData("vm.hugepages", "8 GiB")]
    [InlineData("vm.numa", "1 nodes")]
    [InlineData("vm.balloon", "yes")]
    [InlineData("vm.memoryHotplug", "yes")]
    [InlineData("vm.memoryLocked", "yes")]
    [InlineData("vm.bootOrder", "hd, network")]
    [InlineData("vm.bootMenu", "yes")]
    [InlineData("vm.watchdog", "i6300esb")]
    [InlineData("vm.display", "spice")]
    [InlineData("vm.graphicsListen", "10.0.0.1")]
    [InlineData("vm.audio", "ich9")]
    [InlineData("vm.randomDevice", "no")]
    [InlineData("vm.ioThreads", "2")]
    [InlineData("vm.hypervPassthrough", "yes")]
    [InlineData("vm.vhostDevices", "vsock")]
    [InlineData("vm.confidential", "none")]
    public void A_definition_tells_of_the_VM(string name, string expected) => Assert.Equal(expected, Print(Facts().Observed, name));

    [Theory]
    [InlineData(0, "disk.cache", "writeback")]
    [InlineData(0, "disk.serial", "S1")]
    [InlineData(0, "disk.qos", "total_iops_sec 500")]
    [InlineData(0, "disk.sectorSize", "4 KiB")]
    [InlineData(0, "disk.rdm", "none")]
    [InlineData(1, "disk.rdm", "block LUN /dev/sdz")]
    [InlineData(1, "disk.passthrough", "yes")]
    [InlineData(1, "disk.reservations", "yes")]
    public void A_definition_tells_of_its_disks(int disk, string name, string expected) => Assert.Equal(expected, Print(Facts().Disks[disk].Observed, name));

    [Theory]
    [InlineData("nic.vlan", "20")]
    [InlineData("nic.mtu", "9000")]
    [InlineData("nic.unplugged", "yes")]
    [InlineData("nic.filter", "clean-traffic")]
    [InlineData("nic.sriov", "no")]
    public void A_definition_tells_of_its_cards(string name, string expected) => Assert.Equal(expected, Print(Facts().Nics[0].Observed, name));

    [Fact]
    public void A_plain_definition_tells_that_there_is_nothing()
    {
        var facts = DomainXml.Facts(Xml.Parse("<domain type='kvm'><name>x</name><memory>1024</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os><devices/></domain>"), "id", "x").Observed;

        Assert.Equal(
            ("none", "none", "no", "0 B", "no", "default"),
            (Print(facts, "vm.cpuPinning"), Print(facts, "vm.numa"), Print(facts, "vm.balloon"), Print(facts, "vm.hugepages"), Print(facts, "vm.cpuHotplug"), Print(facts, "vm.cpuMode")));
    }

    [Fact]
    public void Capabilities_tell_of_the_host()
    {
        var host = HostObserved.Of(
            Xml.Parse("<capabilities><host><cpu><arch>x86_64</arch><model>Skylake</model><vendor>Intel</vendor><microcode version='33'/><feature name='vmx'/><feature name='avx2'/></cpu><iommu support='yes'/><migration_features><live/></migration_features></host></capabilities>"),
            Xml.Parse("""
                <domainCapabilities><vcpu max='255'/>
                  <os supported='yes'><enum name='firmware'><value>bios</value><value>efi</value></enum><loader supported='yes'><enum name='secure'><value>yes</value><value>no</value></enum></loader></os>
                  <cpu><mode name='custom'><model usable='yes'>Skylake</model><model usable='no'>Icelake</model></mode></cpu>
                  <devices><disk><enum name='bus'><value>virtio</value><value>scsi</value></enum></disk><tpm supported='no'/></devices>
                </domainCapabilities>
                """),
            2600, local: false);

        Assert.Equal("vmx, avx2", Print(host, "host.cpuFeatures"));
        Assert.Equal(("Intel", "33", "yes", "2.6 GHz"), (Print(host, "host.cpuVendor"), Print(host, "host.microcode"), Print(host, "host.iommu"), Print(host, "host.frequency")));
        Assert.Equal(("255", "bios, uefi", "yes", "no", "virtio, scsi, pvscsi, lsisas1068", "Skylake, Icelake"), (
            Print(host, "host.maxVcpus"), Print(host, "host.firmwares"), Print(host, "host.secureBoot"), Print(host, "host.tpm"), Print(host, "host.diskBuses"), Print(host, "host.cpuModels")));
    }

    [Fact]
    public void Networks_tell_their_subnets_and_pools_whether_both_hosts_see_them()
    {
        var network = HostObserved.OfNetwork(Xml.Parse("<network><name>n</name><mtu size='9000'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>"));

        Assert.Equal(("192.168.122.0/24", "9000"), (Print(network, "network.subnets"), Print(network, "network.mtu")));
        Assert.Equal(("yes", "no"), (Print(HostObserved.OfPool(Xml.Parse("<pool type='netfs'/>")), "pool.shared"), Print(HostObserved.OfPool(Xml.Parse("<pool type='dir'/>")), "pool.shared")));
    }

    private static Vm Facts() => DomainXml.Facts(Xml.Parse(Rich), "id", "web");

    private static string Print(FactSet facts, string name) => FactKeys.Find(name) switch
    {
        FactKey<bool> flag => facts.Get(flag).Select(flag.Print).ToString(),
        FactKey<double> number => facts.Get(number).Select(number.Print).ToString(),
        FactKey<string> text => facts.Get(text).ToString(),
        FactKey<System.Collections.Immutable.ImmutableArray<string>> list => facts.Get(list).Select(list.Print).ToString(),
        _ => "?",
    };
}
