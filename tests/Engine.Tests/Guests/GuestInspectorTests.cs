using System.Diagnostics;
using VmMigrate.Engine.Blocks.Images;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Guests;

namespace VmMigrate.Engine.Tests.Guests;

/// <summary>What is seen on a guest's disks, through the real libguestfs on file systems that are made here.</summary>
public sealed class GuestInspectorTests
{
    private const int Limit = 300_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Drivers_mounts_command_line_network_and_console_of_a_linux_guest_are_seen_on_its_disk()
    {
        Assert.SkipUnless(GuestInspector.IsInstalled, "guestfish is not installed (eng/setup.sh)");
        var folder = Directory.CreateTempSubdirectory("vmm-guest-").FullName;
        try
        {
            var image = await MakeAsync(folder);

            var look = await LookAsync(image, TimeSpan.FromMinutes(4));

            Assert.True(look.Facts is not null, look.Why);
            var facts = look.Facts;
            Assert.Equal("Testux 12 (deep)", facts.Get(GuestFact.Os).Value);
            // ENA is a module of the kernel, NVMe is built in, and there is no virtio.
            Assert.Equal((true, true, false), (facts.Get(GuestFact.Ena).Value, facts.Get(GuestFact.Nvme).Value, facts.Get(GuestFact.Virtio).Value));
            Assert.Equal((1, 2), (facts.Get(GuestFact.FstabPaths).Value, facts.Get(GuestFact.FstabNames).Value));
            Assert.Equal("root=/dev/sda1", facts.Get(GuestFact.CmdlineRoot).Value);
            Assert.True(facts.Get(GuestFact.Console).Value);
            Assert.True(facts.Get(GuestFact.PersistentNames).Value);
            Assert.Equal(["10.1.2.3"], facts.Get(GuestFact.StaticAddresses).Value);
            Assert.False(facts.Get(GuestFact.CloudInit).Value);
            Assert.Equal(["ext4"], facts.Get(GuestFact.Filesystems).Value);
            Assert.False(facts.Get(GuestFact.FallbackLoader).IsKnown);
            Assert.Equal("libguestfs", facts.OriginOf(GuestFact.Ena.Name));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_without_a_system_and_a_look_that_takes_too_long_tell_why_and_claim_nothing()
    {
        Assert.SkipUnless(GuestInspector.IsInstalled, "guestfish is not installed (eng/setup.sh)");
        var folder = Directory.CreateTempSubdirectory("vmm-guest-").FullName;
        try
        {
            var image = Path.Combine(folder, "disk.raw");
            await using (var file = File.Create(image))
            {
                file.SetLength(4 << 20);
            }

            var slow = await LookAsync(image, TimeSpan.FromMilliseconds(300));
            Assert.Null(slow.Facts);
            Assert.Contains("took longer than", slow.Why, StringComparison.Ordinal);

            var empty = await LookAsync(image, TimeSpan.FromMinutes(4));
            Assert.Null(empty.Facts);
            Assert.Contains("no operating system", empty.Why, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_was_not_found_where_it_would_stand_stays_unknown()
    {
        var facts = GuestText.Read("@@os-release\n@@fstab\n@@kernels\n@@modules\n@@builtin\n@@cmdline\n@@names\n@@addresses\n@@network\n@@cloudinit\n@@efi\n@@filesystems\n@@end\n", "text")!;

        Assert.False(facts.Get(GuestFact.Ena).IsKnown);
        Assert.False(facts.Get(GuestFact.FstabNames).IsKnown);
        Assert.False(facts.Get(GuestFact.Console).IsKnown);
        Assert.False(facts.Get(GuestFact.PersistentNames).IsKnown);
        Assert.Equal("Other 1", GuestText.Read("@@os-release\nID=x\nPRETTY_NAME=\"Other 1\"\n\n@@fstab\n@@kernels\n@@modules\n@@builtin\n@@cmdline\n@@names\n@@addresses\n@@network\n@@cloudinit\n@@efi\n@@filesystems\n@@end\n", "text")!.Get(GuestFact.Os).Value);
        Assert.Null(GuestText.Read("@@os-release\n@@fstab\n", "text"));
    }

    private static async Task<GuestLook> LookAsync(string image, TimeSpan limit)
    {
        await using var reader = new ImageBlockReader(ImageFile.OpenForReading(image, ImageFormat.Raw));
        return await GuestInspector.LookAsync([reader], limit, Cancel);
    }

    /// <summary>A file system with the files that a look reads.</summary>
    private static async Task<string> MakeAsync(string folder)
    {
        var root = Path.Combine(folder, "root");
        foreach (var (path, content) in ((string, string)[])
        [
            ("bin/sh", ""),
            ("etc/os-release", "ID=testux\nPRETTY_NAME=\"Testux 12 (deep)\"\n"),
            ("etc/fstab", "# comment\nUUID=a0a0a0a0-0000-4000-8000-000000000001 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n/dev/sdb1 /data ext4 defaults 0 2\n/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0 /old ext4 defaults 0 2\n"),
            ("lib/modules/6.1.0-9/kernel/drivers/net/ethernet/amazon/ena/ena.ko", "x"),
            ("lib/modules/6.1.0-9/modules.builtin", "kernel/drivers/nvme/host/nvme.ko\nkernel/fs/ext4/ext4.ko\n"),
            ("boot/grub/grub.cfg", "menuentry 'x' {\n\tlinux /boot/vmlinuz root=/dev/sda1 ro console=ttyS0\n}\n"),
            ("etc/udev/rules.d/70-persistent-net.rules", "SUBSYSTEM==\"net\", ATTR{address}==\"00:50:56:00:00:01\", NAME=\"eth0\"\n"),
            ("etc/network/interfaces", "auto eth0\niface eth0 inet static\n  address 10.1.2.3/24\n"),
        ])
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, content, Cancel);
        }

        foreach (var empty in (string[])["proc", "sys", "dev", "usr", "var", "tmp"])
        {
            Directory.CreateDirectory(Path.Combine(root, empty));
        }

        var image = Path.Combine(folder, "disk.raw");
        using var make = Process.Start(new ProcessStartInfo("mke2fs", ["-q", "-t", "ext4", "-U", "a0a0a0a0-0000-4000-8000-000000000001", "-d", root, image, "16M"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var words = await make.StandardError.ReadToEndAsync(Cancel);
        await make.WaitForExitAsync(Cancel);
        Assert.True(make.ExitCode == 0, words);
        return image;
    }
}
