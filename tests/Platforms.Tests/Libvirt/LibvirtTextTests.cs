using System.Collections.Immutable;
using FsCheck.Xunit;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>URIs, names, stamps and errors: what needs no libvirt.</summary>
public sealed class LibvirtTextTests
{
    [Theory]
    [InlineData("qemu:///system", "unix", "", true, false)]
    [InlineData("qemu+unix:///session?socket=/run/x/libvirt-sock", "unix", "", true, false)]
    [InlineData("qemu+ssh://root@kvm1:2222/system", "ssh", "kvm1", false, true)]
    [InlineData("qemu://kvm1/system", "tls", "kvm1", false, false)]
    [InlineData("qemu+tcp://kvm1/system", "tcp", "kvm1", false, false)]
    [InlineData("qemu+libssh2://kvm1/system", "libssh2", "kvm1", false, true)]
    public void A_uri_tells_transport_and_host(string text, string transport, string host, bool local, bool ssh)
    {
        var uri = new LibvirtUri(text);

        Assert.Equal((transport, host, local, ssh), (uri.Transport, uri.Host, uri.IsLocal, uri.IsSsh));
    }

    [Fact]
    public void Ssh_is_told_not_to_ask_and_a_password_is_never_shown()
    {
        Assert.Equal("qemu+ssh://kvm1/system?no_tty=1", new LibvirtUri("qemu+ssh://kvm1/system").ForOpen);
        Assert.Equal("qemu+ssh://kvm1/system?keyfile=/k&no_tty=1", new LibvirtUri("qemu+ssh://kvm1/system?keyfile=/k").ForOpen);
        Assert.Equal("qemu+ssh://kvm1/system?no_tty=0", new LibvirtUri("qemu+ssh://kvm1/system?no_tty=0").ForOpen);
        Assert.Equal("qemu+ssh://root@kvm1/system", new LibvirtUri("qemu+ssh://root:hunter2@kvm1/system").Public);
    }

    [Fact]
    public void Ssh_gets_what_the_uri_says()
    {
        var address = SshAddress.Of(new LibvirtUri("qemu+ssh://ops@[::1]:2222/system?keyfile=/k&no_verify=1"));

        var arguments = address.Arguments(["-L", "a:b"]).ToList();

        Assert.Equal(["--", "::1"], arguments[^2..]);
        Assert.Equal("2222", arguments[arguments.IndexOf("-p") + 1]);
        Assert.Equal("/k", arguments[arguments.IndexOf("-i") + 1]);
        Assert.Equal("ops", arguments[arguments.IndexOf("-l") + 1]);
        Assert.Contains("BatchMode=yes", arguments);
        Assert.Contains("StrictHostKeyChecking=no", arguments);
        Assert.DoesNotContain("StrictHostKeyChecking=no", SshAddress.Of(new LibvirtUri("qemu+ssh://kvm1/system")).Arguments([]));
    }

    [Fact]
    public void A_volumes_name_carries_vm_disk_and_migration()
    {
        var name = VolumeName.OfDisk("web-01", "vda", "vmm-1f2e3d4c5b6a7988", "qcow2");

        Assert.Equal("web-01-vda.1f2e3d4c.qcow2", name.ToString());
        Assert.Equal(name, VolumeName.Parse(name.ToString()));
        Assert.True(name.BelongsTo("vmm-1f2e3d4c5b6a7988"));
        Assert.False(name.BelongsTo("vmm-1f2e3d4d5b6a7988"));
        Assert.True(name.IsDisk);
        Assert.False(VolumeName.OfConsole("web-01", "vmm-1f2e3d4c5b6a7988").IsDisk);
    }

    [Theory]
    [InlineData("web-01.qcow2")]
    [InlineData("web-01-vda.qcow2")]
    [InlineData("web-01-vda.1f2e3d4.qcow2")]
    [InlineData("web-01-vda.1F2E3D4C.qcow2")]
    [InlineData("vda.1f2e3d4c.qcow2")]
    public void Names_of_others_are_not_taken_for_ours(string name) => Assert.Null(VolumeName.Parse(name));

    [Theory]
    [InlineData("../../etc/passwd", "_.._etc_passwd-vda.1f2e3d4c.raw")]
    [InlineData("a b$c", "a_b_c-vda.1f2e3d4c.raw")]
    [InlineData("ümlaut", "_mlaut-vda.1f2e3d4c.raw")]
    public void A_vms_name_becomes_a_safe_part_of_a_files(string vm, string file) =>
        Assert.Equal(file, VolumeName.OfDisk(vm, "vda", "vmm-1f2e3d4c5b6a7988", "raw").ToString());

    [Property]
    public bool Any_note_comes_back_as_it_was(string name, string text)
    {
        // What XML itself cannot hold as a name of a note is not offered by the engine.
        if (name is not { Length: > 0 } || !name.All(letter => letter is > ' ' and < (char)0x7f) || text is null || HasLoneSurrogate(text))
        {
            return true;
        }

        var stamp = new Stamp("vmm-0", StampRole.Target).With(name, text);
        var domain = Xml.Parse("<domain/>");
        StampXml.Put(domain, stamp);
        var back = StampXml.Read(Xml.Parse(Xml.Print(domain)));
        return back?.MigrationId == "vmm-0" && back.Role == StampRole.Target && back[name] == text && back.Notes.Count == 1;
    }

    [Fact]
    public void Without_its_stamp_a_definition_is_what_it_was()
    {
        var domain = Xml.Parse("<domain><name>a</name></domain>");
        StampXml.Put(domain, new Stamp("vmm-0", StampRole.Source));
        StampXml.Put(domain, null);

        Assert.Equal("<domain><name>a</name></domain>", Xml.Print(domain));
    }

    [Fact]
    public void Errors_keep_libvirts_words_and_code()
    {
        var failure = LibvirtErrors.From("dc1", "libvirt could not start VM web", new NativeError(VirErrorCode.OperationInvalid, "domain is already running", 0));

        Assert.Equal("libvirt could not start VM web: domain is already running", failure.Message);
        Assert.Equal("VIR_ERR_OPERATION_INVALID", failure.NativeCode);
        Assert.Equal("dc1", failure.Site);
        Assert.False(failure.RetryCanHelp);
    }

    [Theory]
    [InlineData(42, "Domain not found", 0, PlatformErrorKind.NotFound, "VIR_ERR_NO_DOMAIN")]
    [InlineData(38, "cannot write: No space left on device", 28, PlatformErrorKind.Full, "VIR_ERR_SYSTEM_ERROR")]
    [InlineData(38, "cannot open: Permission denied", 13, PlatformErrorKind.Denied, "VIR_ERR_SYSTEM_ERROR")]
    [InlineData(68, "cannot acquire state change lock (held by monitor=x)", 0, PlatformErrorKind.Busy, "VIR_ERR_OPERATION_TIMEOUT")]
    [InlineData(68, "timed out", 0, PlatformErrorKind.TimedOut, "VIR_ERR_OPERATION_TIMEOUT")]
    [InlineData(9, "operation failed: job 'migration out' failed: Unable to write to socket: Broken pipe", 0, PlatformErrorKind.Unreachable, "VIR_ERR_OPERATION_FAILED")]
    [InlineData(1, "client socket is closed", 0, PlatformErrorKind.Lost, "VIR_ERR_INTERNAL_ERROR")]
    [InlineData(86, "Guest agent is not responding", 0, PlatformErrorKind.Unreachable, "VIR_ERR_AGENT_UNRESPONSIVE")]
    [InlineData(91, "incompatible", 0, PlatformErrorKind.Refused, "VIR_ERR_CPU_INCOMPATIBLE")]
    [InlineData(67, "unsupported configuration", 0, PlatformErrorKind.Unsupported, "VIR_ERR_CONFIG_UNSUPPORTED")]
    [InlineData(4711, "new in a later libvirt", 0, PlatformErrorKind.Refused, "VIR_ERR_4711")]
    public void Codes_become_kinds(int code, string words, int number, PlatformErrorKind kind, string name)
    {
        var failure = LibvirtErrors.From("dc1", "x", new NativeError((VirErrorCode)code, words, number));

        Assert.Equal((kind, name), (failure.Kind, failure.NativeCode));
    }

    [Fact]
    public void A_broken_connection_leaves_the_effect_open_and_says_so()
    {
        var failure = LibvirtErrors.From("dc1", "libvirt could not start VM web", new NativeError(VirErrorCode.Rpc, "End of file while reading data", 0), alive: false);

        Assert.Equal(PlatformErrorKind.Lost, failure.Kind);
        Assert.Contains("may or may not have had its effect", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_of_a_definition_name_what_is_unusual()
    {
        var vm = DomainXml.Facts(
            Xml.Parse(
                """
                <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
                  <name>a</name><uuid>11111111-2222-4333-8444-555555555555</uuid><memory unit='MiB'>512</memory><vcpu>3</vcpu>
                  <os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><loader secure='yes'/><kernel>/boot/vmlinuz</kernel></os>
                  <cpu mode='host-model'/>
                  <devices>
                    <disk type='network' device='disk'><driver type='raw'/><source protocol='rbd' name='pool/a'/><target dev='vda' bus='virtio'/></disk>
                    <disk type='file' device='disk'><source file='/a.luks'><encryption format='luks'/></source><target dev='vdb' bus='virtio'/><shareable/></disk>
                    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
                    <interface type='direct'><mac address='52:54:00:00:00:01'/><source dev='eth0' mode='bridge'/></interface>
                    <interface type='ethernet'><mac address='52:54:00:00:00:02'/></interface>
                    <hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>
                    <tpm model='tpm-crb'/>
                  </devices>
                  <qemu:commandline><qemu:arg value='-s'/></qemu:commandline>
                </domain>
                """),
            "11111111-2222-4333-8444-555555555555",
            "a");

        Assert.Equal((512L << 20, 3, FirmwareKind.Uefi, true, true, "host-model"), (vm.MemoryBytes.Value, vm.Cpus.Value, vm.Firmware.Value, vm.SecureBoot.Value, vm.Tpm.Value, vm.CpuModel.Value));
        Assert.Equal(["vda", "vdb"], vm.Disks.Select(disk => disk.Name));
        Assert.Equal((false, "rbd:pool/a"), (vm.Disks[0].Readable, vm.Disks[0].Location));
        Assert.Equal((true, true, "raw"), (vm.Disks[1].Encrypted.Value, vm.Disks[1].Shared, vm.Disks[1].Format.Value));
        Assert.Equal("eth0", vm.Nics[0].Network.Value);
        Assert.False(vm.Nics[1].Network.IsKnown);
        Assert.Equal(["hostdev-usb", "interface-ethernet", "direct-kernel", "qemu-commandline"], vm.SpecialDevices.Select(device => device.Kind).ToImmutableArray());
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }
}
