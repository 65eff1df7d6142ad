using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>What goes wrong between us and a vCenter: sessions, certificates, cut and slow replies, failed tasks, tracking that is lost.</summary>
public sealed class VcsimFaultTests : IAsyncLifetime
{
    private const int Limit = 60_000;
    private const string Migration = "vmm-00000000000000fa";

    private Vcsim _vcsim = null!;
    private VSphereSite _site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VcsimWorld ByHand => new(_vcsim, _site);

    public async ValueTask InitializeAsync()
    {
        _vcsim = await Vcsim.StartAsync();
        _site = _vcsim.Open("vc1");
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await _vcsim.DisposeAsync();
    }

    // --- Who is there ---

    [Fact(Timeout = Limit)]
    public async Task A_server_is_trusted_by_thumbprint_or_by_authority_and_never_without()
    {
        var ca = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(ca, _vcsim.Certificate, Cancel);
            await using var byAuthority = new VSphereSite("vc1", _vcsim.Address with { Thumbprint = null, CaFile = ca }, TimeProvider.System);
            Assert.NotEmpty((await byAuthority.DescribeAsync(Cancel)).Hosts);
        }
        finally
        {
            File.Delete(ca);
        }

        await using var untrusting = new VSphereSite("vc1", _vcsim.Address with { Thumbprint = null }, TimeProvider.System);
        var untrusted = await FailsAsync(PlatformErrorKind.Denied, untrusting.DescribeAsync(Cancel));
        Assert.Contains(_vcsim.Thumbprint, untrusted.Message, StringComparison.Ordinal);

        var wrong = new string('A', 64);
        await using var pinned = new VSphereSite("vc1", _vcsim.Address with { Thumbprint = wrong }, TimeProvider.System);
        Assert.Contains(wrong, (await FailsAsync(PlatformErrorKind.Denied, pinned.DescribeAsync(Cancel))).Message, StringComparison.Ordinal);

        await using var noFile = new VSphereSite("vc1", _vcsim.Address with { Thumbprint = null, CaFile = "/nonexistent/ca.pem" }, TimeProvider.System);
        Assert.Contains("/nonexistent/ca.pem", (await FailsAsync(PlatformErrorKind.Refused, noFile.DescribeAsync(Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_wrong_password_is_told_without_it_and_nobody_there_is_unreachable()
    {
        await using var wrong = new VSphereSite("vc1", _vcsim.Address with { Password = "not the one" }, TimeProvider.System);
        var denied = await FailsAsync(PlatformErrorKind.Denied, wrong.DescribeAsync(Cancel));
        Assert.Equal("InvalidLogin", denied.NativeCode);
        Assert.DoesNotContain("not the one", denied.ToString(), StringComparison.Ordinal);

        await using var nobody = new VSphereSite("vc1", _vcsim.Address with { Sdk = new Uri("https://127.0.0.1:9/sdk") }, TimeProvider.System);
        await FailsAsync(PlatformErrorKind.Unreachable, nobody.DescribeAsync(Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_session_that_somebody_else_has_opened_is_used_and_not_ended()
    {
        await _site.DescribeAsync(Cancel);
        var token = (await _site.Client.CookieAsync(Cancel)).Split('"')[1];
        await using (var second = new VSphereSite("vc1", _vcsim.Address with { User = null, Password = null, SessionToken = token }, TimeProvider.System))
        {
            Assert.NotEmpty((await second.DescribeAsync(Cancel)).Hosts);
        }

        var logins = await _vcsim.CallsAsync("Login");
        Assert.NotEmpty((await _site.DescribeAsync(Cancel)).Hosts);
        Assert.Equal(logins, await _vcsim.CallsAsync("Login"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_forgotten_session_is_opened_anew_and_the_call_done_once()
    {
        var vm = await SeedAsync("forgotten");
        await _vcsim.OrderAsync("ReconfigVM_Task", "fault:NotAuthenticated");

        await _site.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);

        Assert.Equal(2, await _vcsim.CallsAsync("Login"));
        Assert.Equal(Migration, (await _site.InspectAsync(vm.Id, Cancel))!.Stamp?.MigrationId);
    }

    // --- Replies ---

    [Fact(Timeout = Limit)]
    public async Task A_read_that_is_cut_off_is_done_again_and_a_change_is_told_as_lost()
    {
        var vm = await SeedAsync("cut");
        await _vcsim.OrderAsync("RetrievePropertiesEx", "cut");
        Assert.Equal(vm.Name, (await _site.InspectAsync(vm.Id, Cancel))!.Name);

        await _vcsim.OrderAsync("ReconfigVM_Task", "half");
        var lost = await FailsAsync(PlatformErrorKind.Lost, _site.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel));
        Assert.Contains("may or may not", lost.Message, StringComparison.Ordinal);

        // It had its effect; doing it again finds that.
        var calls = await _vcsim.CallsAsync("ReconfigVM_Task");
        await _site.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);
        Assert.Equal(calls, await _vcsim.CallsAsync("ReconfigVM_Task"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_wait_for_a_task_goes_on_after_its_reply_was_cut_off()
    {
        var vm = await SeedAsync("watched");
        await _vcsim.OrderAsync("WaitForUpdatesEx", "cut", times: 2);

        await _site.EnsureRunningAsync(vm.Id, Cancel);

        Assert.Equal(PowerState.Running, (await _site.InspectAsync(vm.Id, Cancel))!.Power);
        Assert.Equal(1, await _vcsim.CallsAsync("PowerOnVM_Task"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_task_that_fails_tells_why_in_the_platforms_own_words()
    {
        var vm = await SeedAsync("failing");
        await _vcsim.OrderAsync("PowerOnVM_Task", "task:NoPermission");
        var denied = await FailsAsync(PlatformErrorKind.Denied, _site.EnsureRunningAsync(vm.Id, Cancel));
        Assert.Contains("VirtualMachine.Interact.PowerOn", denied.Message, StringComparison.Ordinal);

        await _vcsim.OrderAsync("CreateVirtualDisk_Task", "task:NoDiskSpace");
        await FailsAsync(PlatformErrorKind.Full, _site.EnsureDiskAsync(new DiskRequest(Migration, "failing", _vcsim.Datastore, "sda", 1 << 20, null), Cancel));
        Assert.Empty(await _site.FindStampedDisksAsync(Migration, Cancel));

        await _vcsim.OrderAsync("CreateSnapshot_Task", "task:TaskInProgress");
        await FailsAsync(PlatformErrorKind.Busy, _site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c1", null, false), Cancel));
    }

    // --- Disks ---

    [Fact(Timeout = Limit)]
    public async Task A_datastore_that_cuts_a_range_off_fails_the_read_as_one_that_may_be_done_again()
    {
        var vm = await SeedAsync("ranges");
        await using var access = await _site.OpenVmDiskAsync(vm.Id, "sda", false, Cancel);
        await _vcsim.OrderAsync("folder", "cut");
        await using var reader = access.OpenReader();
        var buffer = new byte[65536];

        var failure = await Assert.ThrowsAsync<BlockException>(() => reader.ReadAsync(0, buffer, Cancel));
        Assert.True(failure.CanRetry || failure.Kind == BlockErrorKind.Protocol, failure.Message);

        await reader.ReadAsync(0, buffer, Cancel);
        Assert.Equal(VcsimWorld.Content(4 << 20, 6)[..65536], buffer);
    }

    /// <summary>VMware's library cannot be had here: a server in its place checks what it is asked, and serves the disk's file by nbdkit itself.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_disk_library_that_the_user_has_is_used_for_reading_and_the_password_is_in_no_argument()
    {
        var vm = await SeedAsync("library");
        var folder = Directory.CreateTempSubdirectory("vmmigrate-fake-vddk-").FullName;
        try
        {
            var program = Path.Combine(folder, "nbdkit");
            await File.WriteAllTextAsync(
                program,
                $"""
                #!/bin/sh
                for one in "$@"; do
                  case $one in
                    --unix=*) socket=$one ;;
                    password=+*) password=$(cat "${"{"}one#password=+{"}"}") ;;
                    *'{Vcsim.Password}'*) echo 'password in an argument' >&2; exit 3 ;;
                  esac
                done
                [ "$password" = '{Vcsim.Password}' ] || exit 4
                echo "$*" >{folder}/asked
                exec nbdkit --foreground --exit-with-parent --readonly "$socket" file '{_vcsim.FlatOf(vm.Disks[0].Location)}'
                """,
                Cancel);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            await using var site = new VSphereSite("vc1", _vcsim.Address with { VddkLibrary = "/opt/vddk", NbdkitProgram = program }, TimeProvider.System);
            Assert.Contains("VMware's disk library", site.DescribeAccess(vm.Disks[0], null), StringComparison.Ordinal);
            var buffer = new byte[65536];

            await using (var access = await site.OpenVmDiskAsync(vm.Id, "sda", false, Cancel))
            {
                await using var reader = access.OpenReader();
                await reader.ReadAsync(0, buffer, Cancel);
            }

            Assert.Equal(VcsimWorld.Content(4 << 20, 7)[..65536], buffer);
            var asked = await File.ReadAllTextAsync(Path.Combine(folder, "asked"), Cancel);
            Assert.Matches("vddk libdir=/opt/vddk server=127.0.0.1 port=[0-9]+ user=root password=\\+[^ ]+ thumbprint=([0-9A-F]{2}:){19}[0-9A-F]{2} vm=moref=vm-[0-9]+ file=\\[", asked);

            await using var round = await site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c1", null, false), Cancel);
            await using var disk = await round.OpenDiskAsync("sda", Cancel);
            Assert.Equal(4 << 20, disk.LengthBytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_upload_that_fails_leaves_the_old_content_and_the_next_one_replaces_it()
    {
        var disk = await _site.EnsureDiskAsync(new DiskRequest(Migration, "upload", _vcsim.Datastore, "sda", 2 << 20, null), Cancel);
        await WriteAsync(disk, 1);
        await _vcsim.OrderAsync("folder", "status:503", after: 4);
        await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync(disk, 2));
        await _vcsim.OrderAsync("folder", "close", times: 0);
        Assert.Equal(1, await FirstByteAsync(disk));

        await WriteAsync(disk, 3);
        Assert.Equal(3, await FirstByteAsync(disk));
    }

    // --- Rounds ---

    [Fact(Timeout = Limit)]
    public async Task A_reset_of_the_tracking_makes_everything_count_as_changed()
    {
        var vm = await SeedAsync("reset");
        await (await _site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c1", null, false), Cancel)).DisposeAsync();
        await _vcsim.ResetTrackingAsync((await ByHand.VmAsync("reset", Cancel)).Ref);

        await using var round = await _site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c2", "c1", false), Cancel);

        Assert.Null(round.Since);
        Assert.Null(await round.ChangedAsync("sda", Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_cannot_be_quiesced_gives_a_moment_without_and_says_why()
    {
        var vm = await SeedAsync("loud", VcsimWorld.Guest);
        await _site.EnsureRunningAsync(vm.Id, Cancel);
        while (!await _site.PingAgentAsync(vm.Id, Cancel))
        {
            await Task.Delay(50, Cancel);
        }

        await (await _site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c0", null, false), Cancel)).DisposeAsync();
        await _vcsim.OrderAsync("CreateSnapshot_Task", "task:ApplicationQuiesceFault");
        await using var round = await _site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c1", null, true), Cancel);

        Assert.False(round.Quiesced);
        Assert.Contains("ApplicationQuiesceFault", round.WhyNotQuiesced, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Tracking_is_switched_on_only_where_that_is_declared_and_off_again_at_the_end()
    {
        var vm = await SeedAsync("undeclared");
        await using var strict = new VSphereSite("vc1", _vcsim.Address with { EnableChangeTracking = false }, TimeProvider.System);
        var refused = await FailsAsync(PlatformErrorKind.Unsupported, strict.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c1", null, false), Cancel));
        Assert.Contains("enableChangeTracking", refused.Message, StringComparison.Ordinal);
        Assert.NotEqual(true, (await ByHand.VmAsync("undeclared", Cancel)).Flag("config.changeTrackingEnabled"));

        await (await _site.OpenRoundAsync(new RoundRequest(vm.Id, Migration, "c1", null, false), Cancel)).DisposeAsync();
        Assert.True((await ByHand.VmAsync("undeclared", Cancel)).Flag("config.changeTrackingEnabled"));
        await _site.EnsureTrackingRemovedAsync(vm.Id, Migration, Cancel);
        Assert.False((await ByHand.VmAsync("undeclared", Cancel)).Flag("config.changeTrackingEnabled"));
    }

    // --- Facts ---

    [Fact(Timeout = Limit)]
    public async Task What_cannot_move_is_known_at_preview()
    {
        var made = await ByHand.CreateVmAsync("special", VcsimWorld.Content(1 << 20, 1), Cancel);
        await ByHand.ReconfigureAsync(
            made, Cancel,
            El("deviceChange", El("operation", "add"), Typed("device", "VirtualUSB", El("key", 7000), Typed("backing", "VirtualUSBUSBBackingInfo", El("deviceName", "stick")))),
            El("deviceChange", El("operation", "add"), Typed("device", "VirtualPCIPassthrough", El("key", 13000), Typed("backing", "VirtualPCIPassthroughVmiopBackingInfo", El("vgpu", "grid_v100")))));
        var special = (await _site.InspectAsync((await ByHand.VmAsync("special", Cancel)).Text("config.instanceUuid")!, Cancel))!;
        Assert.Contains(special.SpecialDevices, device => device.Kind == "hostdev-usb");
        Assert.Contains(special.SpecialDevices, device => device.Kind == "hostdev-pci");

        await SeedAsync("independent");
        var vm = await ByHand.VmAsync("independent", Cancel);
        var disk = Devices.Of(vm).Disks[0];
        await ByHand.ReconfigureAsync(
            vm.Ref, Cancel,
            El(
                "deviceChange", El("operation", "edit"),
                Typed(
                    "device", "VirtualDisk", El("key", disk.Key), Typed("deviceInfo", "Description", El("label", "disk"), El("summary", "")),
                    Typed("backing", "VirtualDiskFlatVer2BackingInfo", El("fileName", disk.FileName), El("diskMode", "independent_persistent"), El("sharing", "sharingMultiWriter")),
                    El("controllerKey", disk.Device.Number("controllerKey") ?? 0), El("unitNumber", 0), El("capacityInKB", (disk.LengthBytes ?? 0) / 1024))));
        var independent = Assert.Single(await _site.FindByNameAsync("independent", Cancel));
        Assert.True(DiskFact.Independent.Of(independent.Disks[0]).Value);
        Assert.True(independent.Disks[0].Shared);

        await SeedAsync("golden");
        await ByHand.Client.ChangeAsync("by hand", (await ByHand.VmAsync("golden", Cancel)).Ref, "MarkAsTemplate", Cancel);
        Assert.Contains(Assert.Single(await _site.FindByNameAsync("golden", Cancel)).SpecialDevices, device => device.Kind == "template");
    }

    [Fact(Timeout = Limit)]
    public async Task A_vm_is_found_by_path_reference_and_instance_uuid_and_two_of_a_name_are_both_told()
    {
        var vm = await SeedAsync("twin");
        var reference = (await ByHand.VmAsync("twin", Cancel)).Ref.Value;
        foreach (var name in new[] { "/DC0/vm/twin", reference, vm.Id })
        {
            Assert.Equal(vm.Id, Assert.Single(await _site.FindByNameAsync(name, Cancel)).Id);
        }

        Assert.Equal("/DC0/vm/twin", vm.Path);
        Assert.Empty(await _site.FindByNameAsync("/DC0/vm/nobody", Cancel));
        Assert.Empty(await _site.FindByNameAsync("vm-99999", Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task Privileges_that_the_account_lacks_are_told_by_name_and_object()
    {
        var vm = await SeedAsync("rights");
        Assert.Empty((await _site.FindMissingRightsAsync(new RightsRequest { VmId = vm.Id, Tracked = true }, Cancel))!.Value);

        await _vcsim.DenyAsync("VirtualMachine.State.CreateSnapshot,Datastore.AllocateSpace,Network.Assign");

        Assert.Equal(
            ["VirtualMachine.State.CreateSnapshot on VM rights"],
            (await _site.FindMissingRightsAsync(new RightsRequest { VmId = vm.Id, Tracked = true }, Cancel))!.Value);
        Assert.Empty((await _site.FindMissingRightsAsync(new RightsRequest { VmId = vm.Id }, Cancel))!.Value);
        Assert.Equal(
            [$"Datastore.AllocateSpace on datastore {_vcsim.Datastore}", "Network.Assign on network VM Network"],
            (await _site.FindMissingRightsAsync(new RightsRequest { Pool = _vcsim.Datastore, Networks = ["VM Network"] }, Cancel))!.Value);
    }

    private async Task<Vm> SeedAsync(string name, params System.Xml.Linq.XElement[] more)
    {
        await ByHand.CreateVmAsync(name, VcsimWorld.Content(4 << 20, name.Length), Cancel, more: more);
        return Assert.Single(await _site.FindByNameAsync(name, Cancel));
    }

    private async Task WriteAsync(TargetDisk disk, byte value)
    {
        await using var access = await _site.OpenDiskAsync(disk, Cancel);
        await using var writer = access.OpenWriter();
        await Task.Run(
            () =>
            {
                using var channel = writer.Open(Cancel);
                var buffer = new BlockBuffer { LengthBytes = 65536 };
                buffer.Whole.Fill(value);
                channel.Write(0, buffer);
                channel.BeginFlush();
                channel.Drain();
            },
            Cancel);
    }

    private async Task<int> FirstByteAsync(TargetDisk disk)
    {
        await using var access = await _site.OpenDiskAsync(disk, Cancel);
        await using var reader = access.OpenReader();
        var one = new byte[1];
        await reader.ReadAsync(0, one, Cancel);
        return one[0];
    }

    private static async Task<PlatformException> FailsAsync(PlatformErrorKind kind, Task call)
    {
        var failure = await Assert.ThrowsAsync<PlatformException>(() => call);
        Assert.True(failure.Kind == kind, string.Create(CultureInfo.InvariantCulture, $"{failure.Kind}: {failure.Message}"));
        return failure;
    }
}
