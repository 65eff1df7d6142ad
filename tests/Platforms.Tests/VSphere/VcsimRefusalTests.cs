using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>What a vSphere VM can have that stands against a move: each is known at preview, by its name, before anything is changed.</summary>
public sealed class VcsimRefusalTests(TwoVcenters vcenters) : IClassFixture<TwoVcenters>, IAsyncLifetime
{
    private const int Limit = 60_000;
    private const string Name = "refused";

    private readonly VSphereSite _home = vcenters.Home.Open("vc1");
    private readonly VSphereSite _away = vcenters.Away.Open("vc2");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VcsimWorld ByHand => new(vcenters.Home, _home);

    public async ValueTask InitializeAsync() => await ByHand.CreateVmAsync(Name, VcsimWorld.Content(1 << 20, 3), Cancel);

    public async ValueTask DisposeAsync()
    {
        await vcenters.Home.AlterAsync("", "");
        await vcenters.Away.AlterAsync("", "");
        await ByHand.DeleteVmAsync(Name, CancellationToken.None);
        await _home.DisposeAsync();
        await _away.DisposeAsync();
    }

    /// <param name="find">What vCenter's answer says, and <paramref name="put"/> what it says instead.</param>
    /// <param name="id">The finding that stops the move.</param>
    [Theory(Timeout = Limit)]
    [InlineData("raw device mapping", "VirtualDiskFlatVer2BackingInfo\">(<fileName>[^<]*</fileName>)", "VirtualDiskRawDiskMappingVer1BackingInfo\">${1}<lunUuid>0200</lunUuid><deviceName>vml.02</deviceName><compatibilityMode>physicalMode</compatibilityMode>", "disk.rdm")]
    [InlineData("independent", Mode, "<diskMode>independent_persistent</diskMode>", "disk.mode-independent")]
    [InlineData("multi-writer", Mode, Mode + "<sharing>sharingMultiWriter</sharing>", "disk.shared")]
    [InlineData("encrypted disk", Mode, Mode + "<keyId><keyId>k</keyId></keyId>", "crypt.vm-encryption")]
    [InlineData("linked clone", Mode, Mode + "<parent><fileName>[LocalDS_0] golden/golden.vmdk</fileName></parent>", "rollback.source-unwritable")]
    [InlineData("fault tolerance", Template, "${0}<propSet><name>config.ftInfo</name><val type=\"FaultToleranceConfigInfo\"><role>1</role></val></propSet>", "sched.ft", MigrationMode.Warm)]
    [InlineData("encrypted VM", Template, "${0}<propSet><name>config.keyId</name><val type=\"CryptoKeyId\"><keyId>k</keyId><providerId><id>kms-1</id></providerId></val></propSet>", "crypt.vm-encryption")]
    [InlineData("template", Template, "<propSet><name>config.template</name><val>true</val></propSet>", "dev.host-bound")]
    [InlineData("snapshots", Template, "${0}<propSet><name>snapshot</name><val type=\"VirtualMachineSnapshotInfo\"><rootSnapshotList><snapshot type=\"VirtualMachineSnapshot\">snapshot-1</snapshot><name>before</name></rootSnapshotList></val></propSet>", "snapshot.present", MigrationMode.Warm)]
    [InlineData("TPM", "<VirtualDevice XMLSchema-instance:type=\"VirtualSerialPort\">", "<VirtualDevice XMLSchema-instance:type=\"VirtualTPM\"><key>11000</key></VirtualDevice>${0}", "crypt.tpm.present")]
    [InlineData("orphaned", ">connected</val>", ">orphaned</val>", "request.vm.inventory-status")]
    [InlineData("inaccessible", ">connected</val>", ">inaccessible</val>", "request.vm.inventory-status")]
    [InlineData("UEFI", "(<name>config.firmware</name><val[^>]*>)bios<", "${1}efi<", "firmware.nvram")]
    public async Task What_stands_against_a_move_is_known_at_preview(string what, string find, string put, string id, MigrationMode mode = MigrationMode.Cold)
    {
        Assert.DoesNotContain((await LookAsync(mode: mode)).Findings, finding => finding.Id == id && finding.Severity == Severity.Error);
        await vcenters.Home.AlterAsync(find, put);

        var seen = await LookAsync(mode: mode);

        Assert.True(
            seen.Findings.Any(finding => finding.Id == id && finding.Severity == Severity.Error),
            $"{what}: {string.Join('\n', seen.Findings.Where(finding => finding.Severity != Severity.Note).Select(finding => $"{finding.Severity} {finding.Id}: {finding.Message}"))}");
        Assert.Equal(0, await vcenters.Away.CallsAsync("CreateVirtualDisk_Task"));
    }

    [Theory(Timeout = Limit)]
    [InlineData("vsan")]
    [InlineData("VVOL")]
    public async Task A_datastore_of_objects_takes_no_copy_and_says_so_at_preview(string kind)
    {
        await vcenters.Away.AlterAsync("(<name>summary.type</name><val[^>]*>)[^<]*<", $"${{1}}{kind}<");

        var told = (await LookAsync()).Findings.Single(finding => finding.Id == "disk.store-type");

        Assert.Equal(Severity.Error, told.Severity);
        Assert.Contains($"is of kind {kind}", told.Message, StringComparison.Ordinal);
    }

    /// <summary>As a backup server does that takes on the disks of the VM that it saves: vSphere locks the file for it.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_disk_that_another_VM_holds_is_told_at_preview_with_that_VMs_name()
    {
        var disk = Devices.Of(await ByHand.VmAsync(Name, Cancel)).Disks[0];
        await ByHand.CreateVmAsync("backup-proxy", VcsimWorld.Content(1 << 20, 5), Cancel);
        try
        {
            var proxy = await ByHand.VmAsync("backup-proxy", Cancel);
            await ByHand.ReconfigureAsync(proxy.Ref, Cancel, Attach(proxy, disk, "add"));

            var told = (await LookAsync()).Findings.Where(finding => finding.Severity == Severity.Error && finding.Id.StartsWith("disk.shared", StringComparison.Ordinal)).ToList();
            Assert.Contains(told, finding => finding.Id == "disk.shared");
            Assert.Contains(told, finding => finding.Message.Contains("backup-proxy", StringComparison.Ordinal));

            // When the backup has ended nothing stands against it any more.
            proxy = await ByHand.VmAsync("backup-proxy", Cancel);
            await ByHand.ReconfigureAsync(proxy.Ref, Cancel, Attach(proxy, disk, "remove"));
            Assert.DoesNotContain((await LookAsync()).Findings, finding => finding.Id.StartsWith("disk.shared", StringComparison.Ordinal) && finding.Severity == Severity.Error);
        }
        finally
        {
            await ByHand.DeleteVmAsync("backup-proxy", CancellationToken.None);
        }
    }

    private static System.Xml.Linq.XElement Attach(VimObject to, VirtualDisk disk, string operation)
    {
        var there = Devices.Of(to);
        var key = there.Disks.FirstOrDefault(one => one.FileName == disk.FileName)?.Key ?? 2009;
        return VimXml.El("deviceChange", VimXml.El("operation", operation), VimXml.Typed(
            "device", "VirtualDisk", VimXml.El("key", key),
            VimXml.Typed("backing", "VirtualDiskFlatVer2BackingInfo", VimXml.El("fileName", disk.FileName), VimXml.El("diskMode", "independent_nonpersistent")),
            VimXml.El("controllerKey", there.Disks[0].Device.Elements().Single(one => one.Name.LocalName == "controllerKey").Value), VimXml.El("unitNumber", 5), VimXml.El("capacityInKB", 1024)));
    }

    [Fact(Timeout = Limit)]
    public async Task Two_VMs_of_one_name_in_two_folders_are_an_error_that_lists_their_paths()
    {
        var root = (await Inventory.ReadAsync(_home.Client, Cancel)).Find((await _home.Client.ContentAsync(Cancel)).RootFolder)!;
        var vmFolder = (await _home.Client.ReadAllAsync("looking", new Dictionary<string, string[]> { ["Datacenter"] = ["vmFolder"] }, Cancel))[0].RefOf("vmFolder")!.Value;
        var folder = MoRef.Of((await _home.Client.ChangeAsync("by hand", vmFolder, "CreateFolder", Cancel, VimXml.El("name", "web"))).Elements().First());
        Assert.NotNull(root);
        var one = await ByHand.VmAsync(Name, Cancel);
        await _home.Client.RunTaskAsync("by hand", folder, "MoveIntoFolder_Task", Cancel, VimXml.Ref("list", one.Ref));
        await ByHand.CreateVmAsync("second", VcsimWorld.Content(1 << 20, 4), Cancel);
        await ByHand.ReconfigureAsync((await ByHand.VmAsync("second", Cancel)).Ref, Cancel, VimXml.El("name", Name));

        var told = Assert.Single((await LookAsync()).Findings, finding => finding.Id == "request.vm.unique");
        Assert.Contains($"/DC0/vm/web/{Name}", told.Message, StringComparison.Ordinal);
        Assert.Contains($"/DC0/vm/{Name}", told.Message, StringComparison.Ordinal);

        // By its path it is one again.
        Assert.DoesNotContain((await LookAsync($"/DC0/vm/web/{Name}")).Findings, finding => finding.Id == "request.vm.unique");
    }

    [Fact(Timeout = Limit)]
    public async Task Rights_that_are_missing_at_either_side_are_findings_with_their_names()
    {
        await vcenters.Home.DenyAsync("VirtualMachine.Config.Rename");
        await vcenters.Away.DenyAsync("Datastore.AllocateSpace,Resource.AssignVMToPool");
        try
        {
            var seen = await LookAsync();
            Assert.Contains($"VirtualMachine.Config.Rename on VM {Name}", seen.Findings.Single(finding => finding.Id == "access.source.auth").Message, StringComparison.Ordinal);
            var target = seen.Findings.Single(finding => finding.Id == "access.target.auth").Message;
            Assert.Contains("Datastore.AllocateSpace on datastore LocalDS_0", target, StringComparison.Ordinal);
            Assert.Contains("Resource.AssignVMToPool on resource pool /DC0/host/DC0_C0/Resources", target, StringComparison.Ordinal);
        }
        finally
        {
            await vcenters.Home.DenyAsync("");
            await vcenters.Away.DenyAsync("");
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_test_needs_a_further_right_and_a_replica_has_no_points_which_preview_says()
    {
        await vcenters.Away.DenyAsync("VirtualMachine.Config.RemoveDisk");
        try
        {
            var tested = await LookAsync(goal: MigrationGoal.Tested);
            Assert.Contains(tested.Findings, finding => finding.Id == "access.target.auth" && finding.Message.Contains("VirtualMachine.Config.RemoveDisk on folder vm", StringComparison.Ordinal));
        }
        finally
        {
            await vcenters.Away.DenyAsync("");
        }

        var replica = await LookAsync(goal: MigrationGoal.Replicated);
        Assert.False(replica.IsBlocked, string.Join(' ', replica.Findings));
        Assert.Contains(replica.Findings, finding => finding.Id == "rollback.no-points" && finding.Message.Contains("\"vc2\" (vsphere)", StringComparison.Ordinal));
        Assert.DoesNotContain(replica.Plan!.Steps, step => step.Name == "keep recovery point");
    }

    private const string Template = "<propSet><name>config.template</name><val[^>]*>false</val></propSet>";
    private const string Mode = "<diskMode>persistent</diskMode>";

    private Task<Preflight> LookAsync(string name = Name, MigrationMode mode = MigrationMode.Cold, MigrationGoal goal = MigrationGoal.CutOver) => PreflightRunner.RunAsync(
        new MigrationSpec { Mode = mode, Goal = goal, Vm = new VmReference("vc1", name, null), Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null) },
        null, new Book(_home, _away), false, TimeProvider.System, RunEvents.None, Cancel);
}
