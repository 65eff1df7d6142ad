using System.Diagnostics;
using System.Security.Cryptography;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>What is particular to libvirt, on the two hosts.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class LibvirtDriverTests(TwoHosts lab) : OnTwoHosts(lab)
{
    private const int Limit = 60_000;
    private const string Migration = "vmm-d21fe20000000000";

    // --- Fence ---

    [Fact(Timeout = Limit)]
    public async Task A_fence_over_many_kinds_of_disks_comes_off_without_a_trace_and_keeps_the_passwords()
    {
        var vm = await GuestAsync("driver-rich", domain =>
        {
            var devices = domain.Element("devices")!;
            devices.Element("disk")!.AddAfterSelf(
                XElement.Parse($"<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/><source file='{Lab.Images(TwoHosts.Dc1)}/extra.img'/><target dev='sda' bus='sata'/><serial>abc</serial></disk>"),
                XElement.Parse($"<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='{TwoHosts.Pool}' volume='driver-rich.qcow2'/><target dev='vdb' bus='virtio'/></disk>"),
                XElement.Parse("<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/nosuchdevice'/><target dev='vdc' bus='virtio'/></disk>"),
                XElement.Parse($"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='{Lab.GuestDisk}'/><target dev='sdb' bus='sata'/><readonly/></disk>"));
            devices.Add(XElement.Parse("<graphics type='vnc' port='-1' autoport='yes' passwd='sesame'/>"));
            domain.Element("uuid")!.AddAfterSelf(XElement.Parse("<metadata><their:note xmlns:their='urn:their'>kept</their:note></metadata>"));
        });
        var before = await DumpAsync(vm.Name);
        Assert.Contains("sesame", before, StringComparison.Ordinal);

        await Dc1.EnsureFencedAsync(vm.Id, Migration, Cancel);

        var fenced = XElement.Parse(await DumpAsync(vm.Name));
        foreach (var disk in fenced.Element("devices")!.Elements("disk").Where(disk => disk.Attribute("device")!.Value == "disk"))
        {
            Assert.Equal($"/nonexistent/vmmigrate/fenced-by-migration-{Migration}/{disk.Element("target")!.Attribute("dev")!.Value}", disk.Element("source")!.Attribute("file")!.Value);
        }

        Assert.Equal(vm.Disks.Select(disk => (disk.Name, disk.Location, disk.Format)), (await Dc1.InspectAsync(vm.Id, Cancel))!.Disks.Select(disk => (disk.Name, disk.Location, disk.Format)));
        var complaint = await Lab.VirshFailsAsync(TwoHosts.Dc1, "start", vm.Name);
        Assert.True(complaint.Contains($"fenced-by-migration-{Migration}", StringComparison.Ordinal), complaint);

        await Dc1.EnsureUnfencedAsync(vm.Id, Migration, Cancel);
        Assert.Equal(before, await DumpAsync(vm.Name));
    }

    [Fact(Timeout = Limit)]
    public async Task A_change_that_somebody_made_behind_the_fence_stays_when_it_is_lifted()
    {
        var vm = await GuestAsync("driver-edited");
        await Dc1.EnsureFencedAsync(vm.Id, Migration, Cancel);
        await Lab.VirshAsync(TwoHosts.Dc1, "setmaxmem", vm.Name, "163840", "--config");

        Assert.Equal(FenceState.Standing, await Dc1.InspectFenceAsync(vm.Id, Migration, Cancel));
        await Dc1.EnsureUnfencedAsync(vm.Id, Migration, Cancel);

        var open = (await Dc1.InspectAsync(vm.Id, Cancel))!;
        Assert.Equal(160L << 20, open.MemoryBytes.Value);
        Assert.Equal(vm.Disks[0].Location, open.Disks[0].Location);
    }

    [Fact(Timeout = Limit)]
    public async Task A_fence_whose_record_was_deleted_is_seen_as_broken_and_not_guessed_at()
    {
        var vm = await GuestAsync("driver-orphan");
        await Dc1.EnsureFencedAsync(vm.Id, Migration, Cancel);
        await Lab.VirshAsync(TwoHosts.Dc1, "metadata", vm.Name, FenceXml.Namespace, "--remove", "--config");

        Assert.Equal(FenceState.Broken, await Dc1.InspectFenceAsync(vm.Id, Migration, Cancel));
        await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureUnfencedAsync(vm.Id, Migration, Cancel));
    }

    // --- Power ---

    [Fact(Timeout = Limit)]
    public async Task A_vm_saved_with_its_memory_is_neither_off_nor_fenced_nor_read()
    {
        var vm = await GuestAsync("driver-saved");
        await Lab.VirshAsync(TwoHosts.Dc1, "start", vm.Name);
        await Lab.VirshAsync(TwoHosts.Dc1, "managedsave", vm.Name);

        var saved = (await Dc1.InspectAsync(vm.Id, Cancel))!;

        Assert.Equal(PowerState.Other, saved.Power);
        Assert.Contains("managed save", saved.PowerDetail, StringComparison.Ordinal);
        await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureOffAsync(vm.Id, TimeSpan.Zero, true, Cancel));
        await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureFencedAsync(vm.Id, Migration, Cancel));
        await FailsAsync(PlatformErrorKind.Refused, Dc1.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, false, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_transient_vm_is_reported_and_never_shut_down()
    {
        var vm = await GuestAsync("driver-transient");
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.xml");
        await File.WriteAllTextAsync(file, await DumpAsync(vm.Name), Cancel);
        await Lab.VirshAsync(TwoHosts.Dc1, "undefine", vm.Name);
        await Lab.VirshAsync(TwoHosts.Dc1, "create", file);
        File.Delete(file);

        var transient = (await Dc1.InspectAsync(vm.Id, Cancel))!;

        Assert.Contains(transient.SpecialDevices, device => device.Kind == "transient");
        await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureOffAsync(vm.Id, TimeSpan.Zero, true, Cancel));
        Assert.Equal(PowerState.Running, (await Dc1.InspectAsync(vm.Id, Cancel))!.Power);
        await Dc1.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);
        Assert.Equal(vm.Id, Assert.Single(await Dc1.FindStampedAsync(Migration, Cancel)).Id);
    }

    [Fact(Timeout = Limit)]
    public async Task A_paused_vm_is_not_switched_off_without_leave_and_runs_again_when_ensured()
    {
        var vm = await GuestAsync("driver-paused");
        await Lab.VirshAsync(TwoHosts.Dc1, "start", "--paused", vm.Name);

        await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureOffAsync(vm.Id, TimeSpan.Zero, false, Cancel));
        Assert.Equal(PowerState.Paused, (await Dc1.InspectAsync(vm.Id, Cancel))!.Power);
        await Dc1.EnsureRunningAsync(vm.Id, Cancel);
        Assert.Equal(PowerState.Running, (await Dc1.InspectAsync(vm.Id, Cancel))!.Power);
    }

    [Fact(Timeout = Limit)]
    public async Task A_console_that_earlier_starts_wrote_to_is_only_told_from_a_start_of_ours()
    {
        var vm = await GuestAsync("driver-console", domain =>
        {
            foreach (var source in domain.Descendants("source").Where(source => source.Attribute("append") is not null))
            {
                source.SetAttributeValue("append", "on");
            }
        });
        var log = XElement.Parse(await DumpAsync(vm.Name)).Descendants("serial").Single().Element("source")!.Attribute("path")!.Value;
        await File.WriteAllTextAsync(log, "LAB-READY of an earlier start\n", Cancel);
        File.SetUnixFileMode(log, (UnixFileMode)0b110_110_110);
        await Lab.VirshAsync(TwoHosts.Dc1, "start", vm.Name);
        Assert.Null(await Dc1.ReadConsoleAsync(vm.Id, Cancel));
        await Dc1.EnsureOffAsync(vm.Id, TimeSpan.Zero, force: true, Cancel);

        await Dc1.EnsureRunningAsync(vm.Id, Cancel);

        var seen = await Dc1.ReadConsoleAsync(vm.Id, Cancel);
        Assert.NotNull(seen);
        Assert.DoesNotContain("earlier", seen, StringComparison.Ordinal);
    }

    // --- Connection ---

    [Fact(Timeout = Limit)]
    public async Task A_daemon_that_was_killed_and_came_back_is_used_again()
    {
        var vm = await GuestAsync("driver-reconnect");
        var pid = int.Parse((await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Socket())!)!)!, "libvirtd.pid"), Cancel)).Trim(), System.Globalization.CultureInfo.InvariantCulture);
        using (var daemon = Process.GetProcessById(pid))
        {
            Assert.Equal("libvirtd", daemon.ProcessName);
            daemon.Kill();
            await daemon.WaitForExitAsync(Cancel);
        }

        var gone = await Assert.ThrowsAsync<PlatformException>(() => Dc1.InspectAsync(vm.Id, Cancel));
        Assert.True(gone.RetryCanHelp, $"{gone.Kind}: {gone.Message}");

        await TwoHosts.LabAsync("up");

        Assert.Equal(vm.Name, (await Dc1.InspectAsync(vm.Id, Cancel))!.Name);
    }

    [Fact(Timeout = Limit)]
    public async Task What_libvirt_refuses_is_told_in_its_own_words()
    {
        var vm = await GuestAsync("driver-refused");
        File.Delete(vm.Disks[0].Location);

        var failure = await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureRunningAsync(vm.Id, Cancel));

        Assert.Contains(vm.Name, failure.Message, StringComparison.Ordinal);
        Assert.Contains("No such file or directory", failure.Message, StringComparison.Ordinal);
        Assert.Contains(vm.Disks[0].Location, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("VIR_ERR_", failure.NativeCode, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_socket_that_is_not_there_is_unreachable_and_named()
    {
        await using var site = new LibvirtSite("nowhere", "qemu+unix:///session?socket=/nosuch/libvirt-sock", TimeProvider.System);

        var failure = await FailsAsync(PlatformErrorKind.Unreachable, site.DescribeAsync(Cancel));

        Assert.Contains("/nosuch/libvirt-sock", failure.Message, StringComparison.Ordinal);
        Assert.Contains("No such file", failure.Message, StringComparison.Ordinal);
        Assert.Equal("VIR_ERR_SYSTEM_ERROR", failure.NativeCode);
        Assert.True(failure.RetryCanHelp);
    }

    [Fact(Timeout = Limit)]
    public async Task Many_calls_at_once_are_all_answered()
    {
        var vm = await GuestAsync("driver-many");

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Dc1.InspectAsync(vm.Id, Cancel)));

        Assert.All(answers, answer => Assert.Equal(vm.NativeDefinition, answer?.NativeDefinition));
    }

    [Fact(Timeout = Limit)]
    public async Task Looking_changes_nothing()
    {
        var vm = await GuestAsync("driver-looked-at");
        var before = await StateAsync(vm.Name);

        await Dc1.DescribeAsync(Cancel);
        await foreach (var _ in Dc1.ListAsync(Cancel))
        {
        }

        await Dc1.FindByNameAsync(vm.Name, Cancel);
        await Dc1.FindStampedAsync(Migration, Cancel);
        await Dc1.FindStampedDisksAsync(Migration, Cancel);
        await Dc1.InspectFenceAsync(vm.Id, Migration, Cancel);
        await Dc1.PingAgentAsync(vm.Id, Cancel);
        await Dc1.ReadConsoleAsync(vm.Id, Cancel);

        Assert.Equal(before, await StateAsync(vm.Name));
    }

    // --- Disks ---

    [Theory(Timeout = Limit)]
    [InlineData("scsi", "raw", "sda")]
    [InlineData("ide", "qcow2", "hda")]
    public async Task Disks_are_told_by_bus_and_format(string bus, string format, string name)
    {
        var guest = $"driver-{bus}";
        await FreshAsync(guest, "--bus", bus, "--format", format);

        var disk = Assert.Single(Assert.Single(await Dc1.FindByNameAsync(guest, Cancel)).Disks);

        Assert.Equal((name, bus, format, 192L << 20), (disk.Name, disk.Bus.Value, disk.Format.Value, disk.LengthBytes.Value));
    }

    [Fact(Timeout = Limit)]
    public async Task An_image_on_another_is_read_whole_and_its_backing_told()
    {
        var vm = await GuestAsync("driver-chain");
        var below = vm.Disks[0].Location;
        var above = $"{Lab.Images(TwoHosts.Dc1)}/driver-chain-above.img";
        await Lab.VirshAsync(TwoHosts.Dc1, "vol-create-as", TwoHosts.Pool, "driver-chain-above.img", "192M", "--format", "qcow2", "--backing-vol", "driver-chain.qcow2", "--backing-vol-format", "qcow2");
        await RedefineAsync(vm.Name, domain => domain.Descendants("disk").Single().Element("source")!.SetAttributeValue("file", above));

        var disk = Assert.Single((await Dc1.InspectAsync(vm.Id, Cancel))!.Disks);
        Assert.Equal(above, disk.Location);
        Assert.Equal(below, Assert.Single(disk.BackingChain));

        var content = new byte[512];
        await using (var access = await Dc1.OpenVmDiskAsync(vm.Id, disk.Name, false, Cancel))
        await using (var reader = access.OpenReader())
        {
            await reader.ReadAsync(0, content, Cancel);
        }

        // The boot sector lies in the image below.
        Assert.Equal([0x55, 0xaa], content[^2..]);
        await Dc1.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);
        await Dc1.EnsureRemovedAsync(vm.Id, Migration, Cancel);
        Assert.False(File.Exists(above));
        Assert.True(File.Exists(below), "An image that others may rest on was deleted.");
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_that_another_vm_uses_too_is_not_removed()
    {
        var vm = await GuestAsync("driver-two-users");
        var other = await GuestAsync("driver-other-user", domain => domain.Descendants("disk").Single().Element("source")!.SetAttributeValue("file", vm.Disks[0].Location));
        await Dc1.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);

        var failure = await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureRemovedAsync(vm.Id, Migration, Cancel));

        Assert.Contains(other.Name, failure.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(vm.Disks[0].Location));
        Assert.NotNull(await Dc1.InspectAsync(vm.Id, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_that_another_image_rests_on_is_not_removed()
    {
        var vm = await GuestAsync("driver-golden");
        var below = vm.Disks[0].Location;
        var above = Path.Combine(Lab.Images(TwoHosts.Dc1), "driver-linked-clone.qcow2");
        await TwoHosts.RunAsync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", below, above]);
        try
        {
            await Dc1.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);

            var failure = await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureRemovedAsync(vm.Id, Migration, Cancel));

            Assert.Contains(above, failure.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(below));
            Assert.NotNull(await Dc1.InspectAsync(vm.Id, Cancel));
        }
        finally
        {
            File.Delete(above);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_length_that_qcow2_volumes_cannot_have_becomes_raw()
    {
        var request = new DiskRequest(Migration, "driver-odd", TwoHosts.Pool, "vda", (1 << 20) + 512, null);

        var disk = await Dc1.EnsureDiskAsync(request, Cancel);

        Assert.Equal("raw", disk.Format);
        await using (var access = await Dc1.OpenDiskAsync(disk, Cancel))
        {
            Assert.Equal((1 << 20) + 512, access.LengthBytes);
        }

        Assert.Contains(disk with { IsNew = false }, await Dc1.FindStampedDisksAsync(Migration, Cancel));
        await FailsAsync(PlatformErrorKind.Unsupported, Dc1.EnsureDiskAsync(request with { Format = "qcow2", DiskName = "vdb" }, Cancel));
        await Dc1.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_pool_that_is_off_is_refused_with_the_command_that_starts_it()
    {
        var folder = Directory.CreateTempSubdirectory("vmmigrate-pool-").FullName;
        await Lab.VirshAsync(TwoHosts.Dc1, "pool-define-as", "driver-sleeping", "dir", "--target", folder);
        try
        {
            var failure = await FailsAsync(PlatformErrorKind.Refused, Dc1.EnsureDiskAsync(new DiskRequest(Migration, "driver", "driver-sleeping", "vda", 1 << 20, null), Cancel));

            Assert.Contains("virsh pool-start driver-sleeping", failure.Message, StringComparison.Ordinal);
            var pool = Assert.Single((await Dc1.DescribeAsync(Cancel)).Pools, pool => pool.Name == "driver-sleeping");
            Assert.False(pool.Active);
            Assert.False(pool.FreeBytes.IsKnown);
        }
        finally
        {
            await Lab.VirshAsync(TwoHosts.Dc1, "pool-undefine", "driver-sleeping");
            Directory.Delete(folder);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_that_came_to_its_pool_unseen_is_taken_up_again()
    {
        var request = new DiskRequest(Migration, "driver-unseen", TwoHosts.Pool, "vda", 1 << 20, null);
        var disk = await Dc1.EnsureDiskAsync(request, Cancel);
        // The pool forgets it and its file comes back: what a daemon that was down meanwhile makes of it.
        File.Copy(disk.Location, disk.Location + ".kept");
        await Lab.VirshAsync(TwoHosts.Dc1, "vol-delete", disk.Location);
        File.Move(disk.Location + ".kept", disk.Location);
        File.SetUnixFileMode(disk.Location, (UnixFileMode)0b110_110_110);

        var again = await Dc1.EnsureDiskAsync(request, Cancel);

        Assert.Equal(disk.Location, again.Location);
        Assert.Single(await Dc1.FindStampedDisksAsync(Migration, Cancel));

        File.Delete(disk.Location);
        Assert.True((await Dc1.EnsureDiskAsync(request, Cancel)).IsNew);
        await Dc1.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task An_open_disk_is_served_by_its_owner_alone_and_nothing_is_left_when_it_is_closed()
    {
        var vm = await GuestAsync("driver-served");
        await using var served = Lab.Open(TwoHosts.Dc1, directFiles: false);
        var image = vm.Disks[0].Location;
        var owner = PosixFile.OwnerOf(image);
        var digest = SHA256.HashData(await File.ReadAllBytesAsync(image, Cancel));

        var access = await served.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel);
        var (pid, line) = Assert.Single(Servers(image));
        Assert.Equal(owner.User, PosixFile.OwnerOf($"/proc/{pid}").User);
        var folder = Path.GetDirectoryName(line.Split('\0').Single(argument => argument.StartsWith("--socket=", StringComparison.Ordinal))["--socket=".Length..])!;
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(folder));

        // A second writer, and the VM itself, are kept out by the image's lock.
        await FailsAsync(PlatformErrorKind.Busy, served.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel));
        Assert.Contains("lock", await Lab.VirshFailsAsync(TwoHosts.Dc1, "start", vm.Name), StringComparison.Ordinal);

        await access.DisposeAsync();

        Assert.Empty(Servers(image));
        Assert.False(Directory.Exists(folder));
        Assert.Equal(owner, PosixFile.OwnerOf(image));
        Assert.Equal(digest, SHA256.HashData(await File.ReadAllBytesAsync(image, Cancel)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_a_killed_run_left_is_ended_by_the_next()
    {
        var vm = await GuestAsync("driver-left");
        await using var served = Lab.Open(TwoHosts.Dc1, directFiles: false);
        // Opened once only to learn where servers are kept.
        string root;
        await using (await served.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: false, Cancel))
        {
            root = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Servers(vm.Disks[0].Location)[0].Line.Split('\0').Single(argument => argument.StartsWith("--socket=", StringComparison.Ordinal))["--socket=".Length..])))!;
        }

        // A process of this number that started at tick 1 is none that runs now.
        var folder = Directory.CreateDirectory(Path.Combine(root, "1.1.1")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "s"));
        using var left = Process.Start("qemu-nbd", ["--persistent", $"--socket={folder}/s/nbd.sock", "--format=qcow2", vm.Disks[0].Location]);
        await File.WriteAllTextAsync(Path.Combine(folder, "server"), $"{left.Id}", Cancel);
        while (!File.Exists($"{folder}/s/nbd.sock"))
        {
            await Task.Delay(20, Cancel);
        }

        await using (var access = await served.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel))
        {
            Assert.True(access.LengthBytes > 0);
        }

        Assert.True(left.HasExited);
        Assert.False(Directory.Exists(folder));
    }

    // --- Tools ---

    private string Socket() => Lab.Uri(TwoHosts.Dc1).Split("socket=")[1];

    private async Task<Vm> GuestAsync(string name, Action<XElement>? change = null)
    {
        await FreshAsync(name);
        if (change is not null)
        {
            await RedefineAsync(name, change);
        }

        return Assert.Single(await Dc1.FindByNameAsync(name, Cancel));
    }

    private async Task RedefineAsync(string name, Action<XElement> change)
    {
        var domain = XElement.Parse(await DumpAsync(name));
        change(domain);
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.xml");
        await File.WriteAllTextAsync(file, domain.ToString(), Cancel);
        await Lab.VirshAsync(TwoHosts.Dc1, "define", file);
        File.Delete(file);
    }

    private Task<string> DumpAsync(string name) => Lab.VirshAsync(TwoHosts.Dc1, "dumpxml", "--inactive", "--security-info", name);

    private async Task<string> StateAsync(string name) => string.Concat(
        await DumpAsync(name),
        await Lab.VirshAsync(TwoHosts.Dc1, "list", "--all"),
        await Lab.VirshAsync(TwoHosts.Dc1, "pool-list", "--all", "--details"),
        await Lab.VirshAsync(TwoHosts.Dc1, "vol-list", TwoHosts.Pool));

    private static async Task<PlatformException> FailsAsync(PlatformErrorKind kind, Task call)
    {
        var failure = await Assert.ThrowsAsync<PlatformException>(() => call);
        Assert.True(failure.Kind == kind, $"{failure.Kind}: {failure.Message}");
        return failure;
    }

    /// <summary>The qemu-nbd processes that have this image.</summary>
    private static List<(int Pid, string Line)> Servers(string image)
    {
        var found = new List<(int, string)>();
        foreach (var process in Process.GetProcessesByName("qemu-nbd"))
        {
            using (process)
            {
                try
                {
                    var line = File.ReadAllText($"/proc/{process.Id}/cmdline");
                    if (line.Contains(image, StringComparison.Ordinal))
                    {
                        found.Add((process.Id, line));
                    }
                }
                catch (IOException)
                {
                    // Ended meanwhile.
                }
            }
        }

        return found;
    }
}
