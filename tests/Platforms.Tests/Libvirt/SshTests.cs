using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>A host behind ssh: a real sshd on the loopback device, libvirt's calls and the disks' data through it.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class SshTests(TwoHosts lab) : IAsyncLifetime
{
    private const string Guest = "ssh-guest";
    private const string Migration = "vmm-5511000000000000";

    private LoopbackSsh _ssh = null!;
    private LibvirtSite _site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await TwoHosts.FreshGuestAsync(Guest);
        _ssh = await LoopbackSsh.StartAsync(Cancel);
        var socket = lab.Uri(TwoHosts.Dc1).Split("socket=")[1];
        _site = new LibvirtSite("far", $"qemu+ssh://{LoopbackSsh.Account}@127.0.0.1:{_ssh.Port}/session?socket={socket}&keyfile={_ssh.KeyFile}&no_verify=1", TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await _ssh.DisposeAsync();
        await TwoHosts.ForgetAsync(Guest);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disk_is_copied_from_a_far_host_and_to_it()
    {
        var vm = Assert.Single(await _site.FindByNameAsync(Guest, Cancel));
        var disk = Assert.Single(vm.Disks);
        var made = await _site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", disk.LengthBytes.Value, null), Cancel);
        CopyResult copied;
        await using (var from = await _site.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancel))
        await using (var to = await _site.OpenDiskAsync(made, Cancel))
        {
            Assert.Equal("NBD through ssh", from.Description);
            await using var reader = from.OpenReader();
            await using var writer = to.OpenWriter();
            copied = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Cancel);
        }

        Assert.Equal(copied.SourceDigest, copied.TargetDigest);
        Assert.Contains("identical", await TwoHosts.RunAsync("qemu-img", ["compare", disk.Location, made.Location]), StringComparison.Ordinal);
        Assert.Empty(await ServersAsync());
        await _site.EnsureDiskRemovedAsync(made, Cancel);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_copy_goes_on_over_a_link_that_is_cut_and_comes_back_and_its_map_lies_beside_the_far_disk()
    {
        var vm = Assert.Single(await _site.FindByNameAsync(Guest, Cancel));
        var disk = Assert.Single(vm.Disks);
        var made = await _site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdc", disk.LengthBytes.Value, null), Cancel);
        var map = made.Location + FileResumeStore.Suffix;
        await using (var from = await _site.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancel))
        await using (var to = await _site.OpenDiskAsync(made, Cancel))
        {
            Assert.Null(from.Resume);
            Assert.Null(await to.Resume!.LoadAsync(Cancel));
            await using var reader = from.OpenReader();
            await using var writer = to.OpenWriter();
            var cut = false;
            var seen = new Watcher(progress =>
            {
                if (progress.TransferredBytes > 4 << 20 && !cut)
                {
                    cut = true;
                    _ssh.CutSessions();
                }
            });
            // Slow enough to be cut in the middle: the disk has some 28 MiB.
            var options = new CopyOptions
            {
                TargetIsZero = true,
                ReadBack = true,
                Resume = new ResumeOptions(to.Resume!, "off"),
                Patience = TimeSpan.FromSeconds(60),
                Throttle = new Throttle(BandwidthSchedule.Constant(8 << 20), TimeProvider.System, TimeZoneInfo.Utc),
                ReportEvery = TimeSpan.FromMilliseconds(50),
            };
            var copied = await BlockCopier.CopyAsync(reader, writer, options, seen, Cancel);
            Assert.True(cut);
            Assert.NotEqual(0, copied.Reconnects);
            Assert.NotNull(await to.Resume!.LoadAsync(Cancel));
            Assert.True(File.Exists(map));
        }

        Assert.Contains("identical", await TwoHosts.RunAsync("qemu-img", ["compare", disk.Location, made.Location]), StringComparison.Ordinal);
        Assert.Empty(await ServersAsync());
        await _site.EnsureDiskRemovedAsync(made, Cancel);
        Assert.False(File.Exists(map));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cut_link_ends_the_reading_with_an_error_and_leaves_no_server_behind()
    {
        var vm = Assert.Single(await _site.FindByNameAsync(Guest, Cancel));
        var access = await _site.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: false, Cancel);
        var reader = access.OpenReader();
        await reader.ReadAsync(0, new byte[4096], Cancel);
        Assert.NotEmpty(await ServersAsync());

        await _ssh.CutAsync();

        var failure = await Assert.ThrowsAsync<BlockException>(() => reader.ReadAsync(1 << 20, new byte[1 << 20], Cancel));
        Assert.True(failure.CanRetry);
        await reader.DisposeAsync();
        await access.DisposeAsync();
        while ((await ServersAsync()).Count > 0)
        {
            await Task.Delay(50, Cancel);
        }

        var unreachable = await Assert.ThrowsAsync<PlatformException>(() => _site.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: false, Cancel));
        Assert.True(unreachable.RetryCanHelp, unreachable.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_console_of_a_far_host_is_read_through_libvirt()
    {
        // Its file is in a storage pool, as that of every VM which we defined.
        var vm = Assert.Single(await _site.FindByNameAsync(Guest, Cancel));
        var log = $"{lab.Images(TwoHosts.Dc1)}/ssh-guest-console.55110000.log";
        var definition = (await lab.VirshAsync(TwoHosts.Dc1, "dumpxml", "--inactive", Guest)).Replace($"{Path.GetDirectoryName(lab.Images(TwoHosts.Dc1))}/log/{Guest}.console", log, StringComparison.Ordinal);
        Assert.Contains(log, definition, StringComparison.Ordinal);
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.xml");
        await File.WriteAllTextAsync(file, definition, Cancel);
        await lab.VirshAsync(TwoHosts.Dc1, "define", file);
        File.Delete(file);
        await lab.VirshAsync(TwoHosts.Dc1, "vol-create-as", TwoHosts.Pool, Path.GetFileName(log), "0", "--format", "raw");

        Assert.Null(await _site.ReadConsoleAsync(vm.Id, Cancel));
        await _site.EnsureRunningAsync(vm.Id, Cancel);
        while ((await _site.ReadConsoleAsync(vm.Id, Cancel))?.Contains("LAB-ROOT", StringComparison.Ordinal) != true)
        {
            await Task.Delay(200, Cancel);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_preview_tries_the_link_through_the_same_ssh_and_leaves_nothing()
    {
        foreach (var direction in new[] { LinkDirection.FromSite, LinkDirection.ToSite })
        {
            var rate = await _site.ProbeLinkAsync(direction, Cancel);
            Assert.True(rate is > 100_000, $"{direction}: {rate}");
        }

        var probe = (await LinkProbe.MeasureAsync(_site, _site, Cancel))!;
        Assert.StartsWith("measured by a probe: ", probe.Told, StringComparison.Ordinal);
        Assert.Contains(" came from far, ", probe.Told, StringComparison.Ordinal);
        while (Process.GetProcessesByName("head").Length > 0)
        {
            await Task.Delay(50, Cancel);
        }

        await using var nobody = new LibvirtSite("nobody", $"qemu+ssh://{LoopbackSsh.Account}@127.0.0.1:1/session?keyfile={_ssh.KeyFile}&no_verify=1", TimeProvider.System);
        Assert.Null(await LinkProbe.MeasureAsync(nobody, nobody, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_does_not_answer_is_unreachable_in_the_words_of_ssh()
    {
        await using var nobody = new LibvirtSite("nobody", $"qemu+ssh://{LoopbackSsh.Account}@127.0.0.1:1/session?keyfile={_ssh.KeyFile}&no_verify=1", TimeProvider.System);

        var failure = await Assert.ThrowsAsync<PlatformException>(() => nobody.DescribeAsync(Cancel));

        Assert.Equal(PlatformErrorKind.Unreachable, failure.Kind);
        Assert.Contains("Connection refused", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nobody", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_far_host_that_is_reached_without_ssh_says_at_once_that_its_disks_cannot_be()
    {
        await using var tls = new LibvirtSite("tls", "qemu+tls://127.0.0.1:1/system", TimeProvider.System);

        Assert.False(tls.Capabilities.Source);
        Assert.Contains("qemu+ssh", tls.Capabilities.WhyNotSource!, StringComparison.Ordinal);
        var failure = await Assert.ThrowsAsync<PlatformException>(() => tls.OpenVmDiskAsync("00000000-0000-4000-8000-00000000dead", "vda", false, Cancel));
        Assert.Equal(PlatformErrorKind.Unsupported, failure.Kind);
    }

    /// <summary>The qemu-nbd processes that serve out of the far side's folders.</summary>
    private static Task<List<string>> ServersAsync() => Task.FromResult(
        Process.GetProcessesByName("qemu-nbd").Select(process =>
        {
            using (process)
            {
                try
                {
                    return File.ReadAllText($"/proc/{process.Id}/cmdline");
                }
                catch (IOException)
                {
                    return "";
                }
            }
        }).Where(line => line.Contains("/tmp/vmmigrate-nbd-", StringComparison.Ordinal) && line.Contains(TwoHosts.Folder, StringComparison.Ordinal)).ToList());
}
