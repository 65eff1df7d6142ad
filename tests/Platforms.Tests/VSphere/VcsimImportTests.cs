using System.Collections.Immutable;
using System.Diagnostics;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Disks;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Disks of copies go to a host under an import lease: as one stream of what is not zero, which the simulated host takes apart and checks in every part.</summary>
public sealed class VcsimImportTests : IAsyncLifetime
{
    private const int Limit = 90_000;
    private const string Name = "imported";
    private const string Migration = "vmm-00000000000000fb";

    private Vcsim _home = null!;
    private Vcsim _away = null!;
    private VSphereSite _vc1 = null!;
    private VSphereSite _vc2 = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VcsimWorld ByHand => new(_home, _vc1);

    private string TargetFolder => _away.Datastores[_away.Datastore];

    public async ValueTask InitializeAsync()
    {
        _home = await Vcsim.StartAsync();
        _away = await Vcsim.StartAsync();
        _vc1 = _home.Open("vc1");
        _vc2 = _away.Open("vc2");
    }

    public async ValueTask DisposeAsync()
    {
        await _vc1.DisposeAsync();
        await _vc2.DisposeAsync();
        await _home.DisposeAsync();
        await _away.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_move_sends_only_grains_that_hold_something_and_leaves_no_VM_that_carried_them()
    {
        var content = VcsimWorld.Content(4 << 20, 8);
        await ByHand.CreateVmAsync(Name, content, Cancel);
        var spec = Declare();
        var preview = await LookAsync(spec);
        Assert.Contains(preview.Plan!.Steps, step => step.Describe(preview.Run!).Contains(FlatDiskAccess.ImportKind, StringComparison.Ordinal));

        var outcome = await VcsimMoves.UpAsync(spec, null, Cancel, _vc1, _vc2);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        var copy = Assert.Single(await _vc2.FindByNameAsync(Name, Cancel));
        Assert.Equal(content, await File.ReadAllBytesAsync(_away.FlatOf(copy.Disks[0].Location), Cancel));
        var told = await _away.LeasesAsync();
        // Half of it is zeroes.
        Assert.Contains(" 32 grains in ", told, StringComparison.Ordinal);
        Assert.Matches("^0 open.*HttpNfcLeaseComplete", told);
        Assert.Equal(1, await _away.CallsAsync("ImportVApp"));
        Assert.Single((await _vc2.DescribeAsync(Cancel)).Vms);
        Assert.Empty(Staged());

        Assert.True((await VcsimMoves.UpAsync(spec with { Goal = MigrationGoal.Validated }, null, Cancel, _vc1, _vc2)).Failed is null);
        Assert.DoesNotContain(Directory.EnumerateDirectories(TargetFolder), folder => folder.Contains("vmm-", StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_that_was_whole_before_a_run_ended_is_not_sent_again()
    {
        var (first, second) = (VcsimWorld.Content(2 << 20, 1), VcsimWorld.Content(2 << 20, 2));
        await TwoDisksAsync(first, second);
        _vc2.DiskSlots.Most = 1;
        // The second lease is refused as by a full datastore.
        await _away.OrderAsync("ImportVApp", "fault:NoDiskSpace", after: 1);
        var spec = Declare();
        var failed = await VcsimMoves.UpAsync(spec, null, Cancel, _vc1, _vc2);
        Assert.Contains("NoDiskSpace", failed.Why, StringComparison.Ordinal);
        Assert.Contains(" 16 grains in ", await _away.LeasesAsync(), StringComparison.Ordinal);

        var outcome = await VcsimMoves.UpAsync(spec, null, Cancel, _vc1, _vc2);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        Assert.Contains(" 32 grains in ", await _away.LeasesAsync(), StringComparison.Ordinal);
        var copy = Assert.Single(await _vc2.FindByNameAsync(Name, Cancel));
        Assert.Equal([first, second], await Task.WhenAll(copy.Disks.Select(disk => File.ReadAllBytesAsync(_away.FlatOf(disk.Location), Cancel))));
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_that_is_cut_and_a_lease_that_is_lost_are_begun_again()
    {
        var disk = await DiskAsync();
        await _away.LeasesAsync(cut: 1);
        Assert.Equal(FlatDiskAccess.ImportKind, await WriteAsync(disk, 1));
        Assert.Equal(1, await FirstByteAsync(disk));
        Assert.Equal(2, await _away.CallsAsync("ImportVApp"));

        await _away.LeasesAsync(lose: 1);
        await WriteAsync(disk, 2);
        Assert.Equal(2, await FirstByteAsync(disk));
        Assert.Contains("lost", await _away.LeasesAsync(), StringComparison.Ordinal);
        Assert.Empty(Staged());
    }

    [Fact(Timeout = Limit)]
    public async Task A_lease_that_is_lost_again_and_again_is_told_and_the_disk_is_as_it_was()
    {
        var disk = await DiskAsync();
        await WriteAsync(disk, 1);
        await _away.LeasesAsync(lose: 10);

        var told = await Assert.ThrowsAsync<BlockException>(() => WriteAsync(disk, 2));

        Assert.Equal((BlockErrorKind.Lost, true), (told.Kind, told.CanRetry));
        Assert.Contains("the lease was lost", told.Message, StringComparison.Ordinal);
        Assert.Contains("the disk is as it was", told.Message, StringComparison.Ordinal);
        Assert.Equal(1, await FirstByteAsync(disk));
        await _away.LeasesAsync();
        await WriteAsync(disk, 3);
        Assert.Equal(3, await FirstByteAsync(disk));
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_killed_import_has_left_is_removed_by_the_next_and_a_lease_that_still_stands_runs_out()
    {
        var disk = await DiskAsync();
        // Killed behind the lease's end: its VM stays.
        await _away.OrderAsync("UnregisterVM", "fault:SystemError");
        await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync(disk, 1));
        Assert.Single((await _vc2.DescribeAsync(Cancel)).Vms);
        // And another one amid its stream: the lease stands, and nobody can touch its VM.
        var inventory = await Inventory.ReadAsync(_vc2.Client, Cancel);
        var path = DatastorePath.Parse(disk.Location)!;
        await _vc2.Client.ChangeAsync(
            "by hand", inventory.Find(inventory.Hosts[0].RefOf("parent"))!.RefOf("resourcePool")!.Value, "ImportVApp", Cancel,
            Typed("spec", "VirtualMachineImportSpec", El("configSpec", El("name", "killed"), El("guestId", "otherGuest64"), El("files", El("vmPathName", path with { Path = path.Path.Replace("sda.vmdk", "sda-new-00000000/disk.vmx", StringComparison.Ordinal) })))),
            Ref("folder", inventory.Find(inventory.Datastores[0].Datacenter)!.RefOf("vmFolder")!.Value));

        await WriteAsync(disk, 2);

        Assert.Equal(2, await FirstByteAsync(disk));
        Assert.DoesNotContain(Staged(), file => !file.Contains("00000000", StringComparison.Ordinal));
        while ((await _vc2.DescribeAsync(Cancel)).Vms.Length > 0)
        {
            await Task.Delay(100, Cancel);
        }

        await _vc2.EnsureDiskRemovedAsync(disk, Cancel);
        Assert.DoesNotContain(Directory.EnumerateDirectories(TargetFolder), folder => folder.Contains("vmm-", StringComparison.Ordinal));
    }

    [Theory(Timeout = Limit)]
    [InlineData("VApp.Import", "the account lacks VApp.Import on resource pool /DC0/host/DC0_C0/Resources")]
    [InlineData("VirtualMachine.Config.AddNewDisk", "the account lacks VirtualMachine.Config.AddNewDisk on folder vm")]
    public async Task An_account_that_may_not_import_uploads_and_preview_says_so(string privilege, string why)
    {
        await ByHand.CreateVmAsync(Name, VcsimWorld.Content(1 << 20, 8), Cancel);
        await _away.DenyAsync(privilege);

        await UploadsAsync(why);
    }

    [Fact(Timeout = Limit)]
    public async Task A_host_that_this_machine_does_not_reach_takes_no_stream_and_preview_says_so()
    {
        await ByHand.CreateVmAsync(Name, VcsimWorld.Content(1 << 20, 8), Cancel);
        await _away.AlterAsync("(<name>summary.config.port</name><val[^>]*>)[^<]*<", "${1}9<");

        await UploadsAsync("host 127.0.0.1 cannot be reached from this machine at port 9");
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_refuses_the_lease_itself_gets_the_file_by_upload_and_the_run_says_so()
    {
        var disk = await DiskAsync();
        await _away.OrderAsync("ImportVApp", "fault:RestrictedVersion");

        var way = await WriteAsync(disk, 5);

        Assert.StartsWith(FlatDiskAccess.UploadKind, way, StringComparison.Ordinal);
        Assert.Contains("RestrictedVersion", way, StringComparison.Ordinal);
        Assert.Equal(5, await FirstByteAsync(disk));
    }

    [Fact(Timeout = Limit)]
    public async Task A_host_that_puts_the_disk_elsewhere_is_followed()
    {
        var disk = await DiskAsync();
        await _away.LeasesAsync(elsewhere: true);

        await WriteAsync(disk, 7);

        Assert.Equal(7, await FirstByteAsync(disk));
        Assert.Equal([Path.GetFileName(Path.GetDirectoryName(_away.FileOf(disk.Location)))], Directory.EnumerateDirectories(TargetFolder).Select(Path.GetFileName));
    }

    [Theory(Timeout = Limit)]
    [InlineData(4 << 20)]
    [InlineData((40 << 20) + 3072)]
    public async Task A_stream_of_ours_is_read_by_QEMU(int length)
    {
        var content = VcsimWorld.Content(length, 9);
        // Deflated it is longer than it was in some places, and much shorter in others.
        content.AsSpan(3 << 20, 1 << 19).Fill(7);
        var folder = Directory.CreateTempSubdirectory("vmmigrate-stream-").FullName;
        try
        {
            var (vmdk, raw) = (Path.Combine(folder, "disk.vmdk"), Path.Combine(folder, "disk.raw"));
            await using (var file = File.Create(vmdk))
            {
                var writer = new StreamVmdkWriter(file, length);
                await writer.BeginAsync(Cancel);
                await writer.WriteAsync(0, content.AsMemory(0, 1 << 20), Cancel);
                await writer.WriteAsync(1 << 20, content.AsMemory(1 << 20), Cancel);
                await writer.EndAsync(Cancel);
                Assert.Equal(file.Length, writer.SentBytes);
                Assert.True(file.Length < length);
            }

            using (var convert = Process.Start("qemu-img", ["convert", "-f", "vmdk", "-O", "raw", vmdk, raw]))
            {
                await convert.WaitForExitAsync(Cancel);
                Assert.Equal(0, convert.ExitCode);
            }

            Assert.Equal(content, await File.ReadAllBytesAsync(raw, Cancel));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task UploadsAsync(string why)
    {
        var preview = await LookAsync(Declare());
        Assert.Contains(why, Assert.Single(preview.Findings, finding => finding.Id == "disk.import-lease").Message, StringComparison.Ordinal);
        Assert.Contains(preview.Plan!.Steps, step => step.Describe(preview.Run!).Contains(FlatDiskAccess.UploadKind, StringComparison.Ordinal));

        var outcome = await VcsimMoves.UpAsync(Declare(), null, Cancel, _vc1, _vc2);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        Assert.Equal(0, await _away.CallsAsync("ImportVApp"));
    }

    private async Task TwoDisksAsync(byte[] first, byte[] second)
    {
        var folder = Path.Combine(_home.Datastores[_home.Datastore], Name);
        await ByHand.CreateVmAsync(Name, first, Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "more.vmdk"), "# Disk DescriptorFile\n", Cancel);
        await File.WriteAllBytesAsync(Path.Combine(folder, "more-flat.vmdk"), second, Cancel);
        var vm = await ByHand.VmAsync(Name, Cancel);
        await ByHand.ReconfigureAsync(
            vm.Ref, Cancel,
            El("deviceChange", El("operation", "add"), Typed(
                "device", "VirtualDisk", El("key", 2001),
                Typed("backing", "VirtualDiskFlatVer2BackingInfo", El("fileName", $"[{_home.Datastore}] {Name}/more.vmdk"), El("diskMode", "persistent"), El("thinProvisioned", true)),
                El("controllerKey", Devices.Of(vm).Disks[0].Device.Number("controllerKey")!.Value), El("unitNumber", 1), El("capacityInKB", second.Length / 1024), El("capacityInBytes", second.Length))));
        await ByHand.Client.ChangeAsync("looking at its files", vm.Ref, "RefreshStorageInfo", Cancel);
    }

    private string[] Staged() => [.. Directory.EnumerateFileSystemEntries(TargetFolder, "*-new-*", SearchOption.AllDirectories)];

    private Task<TargetDisk> DiskAsync() => _vc2.EnsureDiskAsync(new DiskRequest(Migration, Name, _away.Datastore, "sda", 2 << 20, null), Cancel);

    /// <returns>How it went.</returns>
    private async Task<string> WriteAsync(TargetDisk disk, byte value)
    {
        await using var access = await _vc2.OpenDiskAsync(disk, Cancel);
        await using var writer = access.OpenWriter();
        await Task.Run(
            () =>
            {
                using var channel = writer.Open(Cancel);
                var buffer = new BlockBuffer { LengthBytes = 65536 };
                buffer.Whole.Fill(value);
                channel.Write(0, buffer);
                channel.Write(1 << 20, buffer);
                channel.BeginFlush();
                channel.Drain();
            },
            Cancel);
        return access.Description;
    }

    private async Task<int> FirstByteAsync(TargetDisk disk)
    {
        await using var access = await _vc2.OpenDiskAsync(disk, Cancel);
        await using var reader = access.OpenReader();
        var (one, other) = (new byte[1], new byte[1]);
        await reader.ReadAsync(0, one, Cancel);
        await reader.ReadAsync(1 << 20, other, Cancel);
        Assert.Equal(one, other);
        return one[0];
    }

    private static MigrationSpec Declare() => new()
    {
        Goal = MigrationGoal.CutOver,
        Vm = new VmReference("vc1", Name, null),
        Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null),
        Rollback = RollbackChanges.Discard,
    };

    private Task<Preflight> LookAsync(MigrationSpec spec) => PreflightRunner.RunAsync(spec, null, new Book(_vc1, _vc2), false, TimeProvider.System, RunEvents.None, Cancel);
}
