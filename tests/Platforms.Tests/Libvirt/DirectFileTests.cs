using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>Disks of this machine: the file itself where nobody holds it, and a server that is killed amid a copy.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class DirectFileTests(TwoHosts lab) : IAsyncLifetime
{
    private const string Guest = "direct-guest";
    private const string Migration = "vmm-d17ec70000000000";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await TwoHosts.FreshGuestAsync(Guest);

    public async ValueTask DisposeAsync() => await TwoHosts.ForgetAsync(Guest);

    [Fact(Timeout = 60_000)]
    public async Task A_disk_that_nobody_holds_is_read_and_written_as_a_file_and_kept_from_others()
    {
        await using var site = lab.Open(TwoHosts.Dc1);
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        var disk = Assert.Single(vm.Disks);
        var made = await site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", disk.LengthBytes.Value, null), Cancel);
        CopyResult copied;
        await using (var from = await site.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancel))
        await using (var to = await site.OpenDiskAsync(made, Cancel))
        {
            Assert.Equal("direct qcow2 file", from.Description);
            Assert.Equal("direct qcow2 file", to.Description);
            Assert.Equal(from.Description, site.DescribeAccess(disk, "qcow2"));
            await using var reader = from.OpenReader();
            await using var writer = to.OpenWriter();
            copied = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true, Resume = new ResumeOptions(to.Resume!, "off") }, null, Cancel);
            // Held for reading: the VM, which would write, is kept out by the lock.
            Assert.Contains("lock", await lab.VirshFailsAsync(TwoHosts.Dc1, "start", Guest), StringComparison.Ordinal);
            Assert.Equal(PlatformErrorKind.Busy, (await Assert.ThrowsAsync<PlatformException>(() => site.OpenDiskAsync(made, Cancel))).Kind);
        }

        Assert.Equal(copied.SourceDigest, copied.TargetDigest);
        Assert.Contains("identical", await TwoHosts.RunAsync("qemu-img", ["compare", disk.Location, made.Location]), StringComparison.Ordinal);
        Assert.Contains("No errors", await TwoHosts.RunAsync("qemu-img", ["check", made.Location]), StringComparison.Ordinal);
        Assert.True(File.Exists(made.Location + FileResumeStore.Suffix));
        await site.EnsureDiskRemovedAsync(made, Cancel);
        Assert.False(File.Exists(made.Location + FileResumeStore.Suffix));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_another_process_holds_goes_by_a_server()
    {
        await using var site = lab.Open(TwoHosts.Dc1);
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        // Extended L2 entries can be read by us and not written, and a raw name on a qcow2 file is left to QEMU as well.
        var image = Path.Combine(Path.GetDirectoryName(vm.Disks[0].Location)!, "direct-guest-held.d17ec700.qcow2");
        await TwoHosts.RunAsync("qemu-img", ["create", "-q", "-f", "qcow2", "-o", "extended_l2=on", image, "8M"]);
        try
        {
            await lab.VirshAsync(TwoHosts.Dc1, "pool-refresh", TwoHosts.Pool);
            await using var access = await site.OpenDiskAsync(new TargetDisk(Migration, "held", TwoHosts.Pool, image, 8 << 20, "qcow2", null), Cancel);
            Assert.Equal("NBD over a unix socket", access.Description);
        }
        finally
        {
            File.Delete(image);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_that_is_killed_amid_a_copy_is_started_again_and_nothing_is_missing()
    {
        await using var site = lab.Open(TwoHosts.Dc1, directFiles: false);
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        var disk = Assert.Single(vm.Disks);
        var made = await site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", disk.LengthBytes.Value, null), Cancel);
        await using (var from = await site.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancel))
        await using (var to = await site.OpenDiskAsync(made, Cancel))
        {
            await using var reader = from.OpenReader();
            await using var writer = to.OpenWriter();
            var killed = new HashSet<string>();
            var options = new CopyOptions
            {
                TargetIsZero = true,
                ReadBack = true,
                Resume = new ResumeOptions(to.Resume!, "off"),
                Patience = TimeSpan.FromSeconds(30),
                Throttle = new Throttle(BandwidthSchedule.Constant(8 << 20), TimeProvider.System, TimeZoneInfo.Utc),
                ReportEvery = TimeSpan.FromMilliseconds(50),
            };
            var copied = await BlockCopier.CopyAsync(reader, writer, options, new Watcher(progress =>
            {
                // First the target's server, then the source's.
                var image = progress.TransferredBytes > 12 << 20 ? disk.Location : progress.TransferredBytes > 4 << 20 ? made.Location : null;
                if (image is not null && killed.Add(image))
                {
                    Kill(image);
                }
            }), Cancel);
            Assert.Equal(2, killed.Count);
            Assert.True(copied.Reconnects >= 2);
            Assert.Equal(copied.SourceDigest, copied.TargetDigest);
        }

        Assert.Contains("identical", await TwoHosts.RunAsync("qemu-img", ["compare", disk.Location, made.Location]), StringComparison.Ordinal);
        await site.EnsureDiskRemovedAsync(made, Cancel);
    }

    private static void Kill(string image)
    {
        foreach (var process in Process.GetProcessesByName("qemu-nbd"))
        {
            using (process)
            {
                try
                {
                    if (File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(image, StringComparison.Ordinal))
                    {
                        process.Kill();
                    }
                }
                catch (IOException)
                {
                    // Gone already.
                }
            }
        }
    }
}
