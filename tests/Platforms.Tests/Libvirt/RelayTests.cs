using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Libvirt.Relay;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>The provider's own program at a far host, over a real sshd on the loopback device.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class RelayTests(TwoHosts lab) : IAsyncLifetime
{
    private const string Guest = "relay-guest";
    private const string Migration = "vmm-4e1a400000000000";

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-relay-test-").FullName;
    private LoopbackSsh _ssh = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What stands for the program as it is shipped, which is one file: this one starts the build of these tests.</summary>
    private string Program => Path.Combine(_folder, "vmmigrate");

    private string FarFolder => Path.Combine(_folder, "far");

    public async ValueTask InitializeAsync()
    {
        await TwoHosts.FreshGuestAsync(Guest);
        _ssh = await LoopbackSsh.StartAsync(Cancel);
        var build = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        await File.WriteAllTextAsync(
            Program, $"#!/bin/sh\n: {_folder}\nexport DOTNET_CLI_HOME=/tmp\nexec dotnet '{Repository.At($"provider/Host/bin/{build}/net10.0/vmmigrate.dll")}' \"$@\"\n", Cancel);
        const UnixFileMode Everyone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(Program, Everyone);
        File.SetUnixFileMode(_folder, Everyone);
        Directory.CreateDirectory(FarFolder);
        File.SetUnixFileMode(FarFolder, Everyone | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
    }

    public async ValueTask DisposeAsync()
    {
        await _ssh.DisposeAsync();
        await TwoHosts.ForgetAsync(Guest);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_program_is_copied_there_and_removed_and_disks_are_copied_proven_and_compared_there()
    {
        var (disk, made) = (default(Disk)!, default(TargetDisk)!);
        await using (var site = Open(new RelayOptions(FarFolder, null) { LocalProgram = Program }))
        {
            var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
            disk = Assert.Single(vm.Disks);
            made = await site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", disk.LengthBytes.Value, null), Cancel);
            Assert.Equal("relay over ssh", site.DescribeAccess(disk, "qcow2"));
            await using (var from = await site.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancel))
            await using (var to = await site.OpenDiskAsync(made, Cancel))
            {
                Assert.Equal("relay over ssh to a direct qcow2 file", from.Description);
                Assert.Single(Directory.GetFiles(FarFolder, "*", SearchOption.AllDirectories));
                await using var reader = from.OpenReader();
                await using var writer = to.OpenWriter();
                var copied = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true, Resume = new ResumeOptions(to.Resume!, "off") }, null, Cancel);
                Assert.Equal(copied.SourceDigest, copied.TargetDigest);
                Assert.True(File.Exists(made.Location + FileResumeStore.Suffix));

                var again = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Compare = true, ReadBack = true }, null, Cancel);
                Assert.Equal((0, 0), (again.ReadBytes, again.WrittenBytes));
                Assert.Equal(copied.TargetDigest, again.TargetDigest);
                // The VM is kept out meanwhile.
                Assert.Contains("lock", await lab.VirshFailsAsync(TwoHosts.Dc1, "start", Guest), StringComparison.Ordinal);
            }

            // Closed means free: nobody has to wait for it.
            Assert.Contains("identical", await TwoHosts.RunAsync("qemu-img", ["compare", disk.Location, made.Location]), StringComparison.Ordinal);
            Assert.Contains("No errors", await TwoHosts.RunAsync("qemu-img", ["check", made.Location]), StringComparison.Ordinal);
            await site.EnsureDiskRemovedAsync(made, Cancel);
            Assert.False(File.Exists(made.Location + FileResumeStore.Suffix));
        }

        Assert.Empty(Directory.GetFileSystemEntries(FarFolder));
        Assert.Empty(Relays());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_copy_goes_on_after_its_link_was_cut()
    {
        await using var site = Open(new RelayOptions(null, Program));
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        var disk = Assert.Single(vm.Disks);
        var made = await site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", disk.LengthBytes.Value, null), Cancel);
        await using (var from = await site.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancel))
        await using (var to = await site.OpenDiskAsync(made, Cancel))
        {
            await using var reader = from.OpenReader();
            await using var writer = to.OpenWriter();
            var cut = false;
            var options = new CopyOptions
            {
                TargetIsZero = true,
                ReadBack = true,
                Resume = new ResumeOptions(to.Resume!, "off"),
                Patience = TimeSpan.FromSeconds(60),
                Throttle = new Throttle(BandwidthSchedule.Constant(8 << 20), TimeProvider.System, TimeZoneInfo.Utc),
                ReportEvery = TimeSpan.FromMilliseconds(50),
            };
            var copied = await BlockCopier.CopyAsync(reader, writer, options, new Watcher(progress =>
            {
                if (progress.TransferredBytes > 8 << 20 && !cut)
                {
                    cut = true;
                    _ssh.CutSessions();
                }
            }), Cancel);
            Assert.True(cut && copied.Reconnects > 0);
        }

        Assert.Contains("identical", await TwoHosts.RunAsync("qemu-img", ["compare", disk.Location, made.Location]), StringComparison.Ordinal);
        await site.EnsureDiskRemovedAsync(made, Cancel);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_running_guest_is_read_by_a_relay_too_and_what_the_target_has_does_not_cross()
    {
        await using var site = Open(new RelayOptions(null, Program));
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        var disk = Assert.Single(vm.Disks);
        var made = await site.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", disk.LengthBytes.Value, null), Cancel);
        await site.EnsureRunningAsync(vm.Id, Cancel);
        try
        {
            await using var round = await site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "r1", null, Quiesce: false), Cancel);
            await using (var from = await round.OpenDiskAsync(disk.Name, Cancel))
            await using (var to = await site.OpenDiskAsync(made, Cancel))
            {
                Assert.Equal("relay over ssh to a running QEMU", from.Description);
                await using var reader = from.OpenReader();
                await using var writer = to.OpenWriter();
                var copied = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true, ReadBack = true }, null, Cancel);
                Assert.True(copied.WrittenBytes > 0);
                Assert.Equal(copied.SourceDigest, copied.TargetDigest);
                var again = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Compare = true, ReadBack = true }, null, Cancel);
                Assert.Equal((0, 0, copied.TargetDigest), (again.ReadBytes, again.WrittenBytes, again.TargetDigest));
            }
        }
        finally
        {
            await site.EnsureOffAsync(vm.Id, TimeSpan.Zero, force: true, Cancel);
            await site.EnsureTrackingRemovedAsync(vm.Id, Migration, Cancel);
            await site.EnsureDiskRemovedAsync(made, Cancel);
        }

        Assert.Empty(Relays());
    }

    [Fact(Timeout = 120_000)]
    public async Task Where_no_relay_can_run_the_disk_is_reached_as_without_one_and_it_is_said_why()
    {
        await using var site = Open(new RelayOptions(null, "/nosuch/vmmigrate"));
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));

        await using var access = await site.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: false, Cancel);

        Assert.StartsWith("NBD through ssh (no relay: ", access.Description, StringComparison.Ordinal);
        Assert.Contains("/nosuch/vmmigrate", access.Description, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_disk_that_another_process_holds_is_busy_by_a_relay_too()
    {
        await using var site = Open(new RelayOptions(null, Program));
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        await using var first = await site.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel);

        var failure = await Assert.ThrowsAsync<PlatformException>(() => site.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel));

        Assert.Equal(PlatformErrorKind.Busy, failure.Kind);
        Assert.Contains(vm.Disks[0].Location, failure.Message, StringComparison.Ordinal);
    }

    private LibvirtSite Open(RelayOptions relay) =>
        new("far", $"qemu+ssh://{LoopbackSsh.Account}@127.0.0.1:{_ssh.Port}/session?socket={lab.Uri(TwoHosts.Dc1).Split("socket=")[1]}&keyfile={_ssh.KeyFile}&no_verify=1", TimeProvider.System, relay);

    /// <summary>The far programs that still run.</summary>
    private List<string> Relays() => [.. Process.GetProcesses().Select(process =>
    {
        using (process)
        {
            try
            {
                return File.ReadAllText($"/proc/{process.Id}/environ").Contains(_folder, StringComparison.Ordinal) || File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(_folder, StringComparison.Ordinal) ? $"{process.Id}" : "";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }
    }).Where(found => found.Length > 0 && found != $"{Environment.ProcessId}")];
}
