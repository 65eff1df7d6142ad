using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>From a simulated vCenter with a real disk behind its datastore to a real libvirt host, where the guest boots; and back.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class VcsimToLibvirtTests(TwoHosts lab) : OnVcsimAndKvm(lab, Name)
{
    private const int Limit = 240_000;
    private const string Name = "vmware-01";

    /// <summary>Where a block lies that the simulated guest writes to.</summary>
    private const long WrittenAt = 5 * 65536;

    [Theory(Timeout = Limit)]
    [InlineData("VirtualIDEController", "ide")]
    public async Task A_VM_moves_from_vSphere_boots_on_KVM_and_its_changes_go_back(string controller, string bus)
    {
        var world = new VcsimWorld(Vcsim, Vcenter);
        var vm = await world.CreateVmAsync(Name, await Lab.GuestContentAsync(Cancel), Cancel, controller);
        await world.Client.RunTaskAsync("starting", vm, "PowerOnVM_Task", Cancel);
        await world.SetToolsAsync(vm, true, Cancel);
        var spec = Declare(MigrationGoal.CutOver);

        var outcome = await UpAsync(spec);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        var moved = Assert.Single(await Kvm.FindByNameAsync(Name, Cancel));
        Assert.Equal(PowerState.Running, moved.Power);
        Assert.Equal(bus, moved.Disks[0].Bus.Value);
        Assert.Contains("LAB-READY", await Kvm.ReadConsoleAsync(moved.Id, Cancel), StringComparison.Ordinal);
        Assert.Contains("agent answered", moved.Stamp![StampNotes.Guest], StringComparison.Ordinal);
        var fenced = Assert.Single(await Vcenter.FindByNameAsync(Name, Cancel));
        Assert.Equal(FenceState.Standing, await Vcenter.InspectFenceAsync(fenced.Id, moved.Stamp.MigrationId, Cancel));
        Assert.True((await world.VmAsync(Name, Cancel)).Flag("config.template"));

        // What the guest wrote on KVM since (its boot counter for one) comes home with it.
        var back = await UpAsync(spec with { Goal = MigrationGoal.Validated });
        Assert.True(back.Failed is null, $"{back.Failed?.Name}: {back.Why}");
        Assert.Empty(await Kvm.FindByNameAsync(Name, Cancel));
        var home = Assert.Single(await Vcenter.FindByNameAsync(Name, Cancel));
        Assert.Equal(PowerState.Running, home.Power);
        Assert.Null(home.Stamp);
        Assert.NotEqual(await Lab.GuestContentAsync(Cancel), await File.ReadAllBytesAsync(Vcsim.FlatOf(home.Disks[0].Location), Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_VM_moves_warm_from_vSphere_with_what_it_wrote_meanwhile()
    {
        await using var vcsim = await Vcsim.StartAsync("-guests");
        await using var vcenter = vcsim.Open("vc1");
        var world = new VcsimWorld(vcsim, vcenter);
        await world.CreateRunningVmAsync(Name, await Lab.GuestContentAsync(Cancel), Cancel, "VirtualIDEController");

        var outcome = await VcsimMoves.UpAsync(Declare(MigrationGoal.CutOver) with { Mode = MigrationMode.Warm }, null, Cancel, vcenter, Kvm);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        var moved = Assert.Single(await Kvm.FindByNameAsync(Name, Cancel));
        Assert.Equal(PowerState.Running, moved.Power);
        // Rounds were taken by snapshots, their changes told by the tracking, and no snapshot is left.
        Assert.True(await vcsim.CallsAsync("CreateSnapshot_Task") >= 2);
        Assert.True(await vcsim.CallsAsync("QueryChangedDiskAreas") > 0);
        Assert.Equal(0, Assert.Single(await vcenter.FindByNameAsync(Name, Cancel)).Snapshots.Value);
        // What the simulated guest wrote lies before the first partition, where the real one does not touch it: it has come along.
        await Kvm.EnsureOffAsync(moved.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        await using var disk = await Kvm.OpenVmDiskAsync(moved.Id, moved.Disks[0].Name, false, Cancel);
        await using var reader = disk.OpenReader();
        var block = new byte[16];
        await reader.ReadAsync(WrittenAt, block, Cancel);
        Assert.StartsWith("tick ", System.Text.Encoding.ASCII.GetString(block), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_VM_moves_from_KVM_to_vSphere_and_what_it_wrote_there_comes_home_by_its_changed_areas()
    {
        const string Home = "kvm-01";
        await TwoHosts.FreshGuestAsync(Home, "--wait");
        await using var vcsim = await Vcsim.StartAsync("-guests");
        await using var vcenter = vcsim.Open("vc2");
        await using var home = Lab.Open(TwoHosts.Dc1);
        var source = Assert.Single(await home.FindByNameAsync(Home, Cancel));
        var spec = new MigrationSpec
        {
            Vm = new VmReference(TwoHosts.Dc1, Home, null),
            Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty.Add("user", "VM Network"), null),
        };

        var outcome = await VcsimMoves.UpAsync(spec, null, Cancel, vcenter, home);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        var copy = Assert.Single(await vcenter.FindByNameAsync(Home, Cancel));
        Assert.Equal(PowerState.Running, copy.Power);
        Assert.Equal((source.Uuid, source.MemoryBytes, source.Cpus), (copy.Uuid, copy.MemoryBytes, copy.Cpus));
        Assert.Equal(("vda", "pvscsi", source.Disks[0].LengthBytes), (copy.Disks[0].Name, copy.Disks[0].Bus.Value, copy.Disks[0].LengthBytes));
        Assert.Equal((source.Nics[0].Mac, "vmxnet3", "VM Network"), (copy.Nics[0].Mac, copy.Nics[0].Model.Value, copy.Nics[0].Network.Value));
        var flat = await File.ReadAllBytesAsync(vcsim.FlatOf(copy.Disks[0].Location), Cancel);
        Assert.Equal(source.Disks[0].LengthBytes.Value, flat.Length);
        // The master boot record of the guest's own disk.
        Assert.Equal((0x55, 0xaa), (flat[510], flat[511]));

        while (!(await TickAsync(File.OpenRead(vcsim.FlatOf(copy.Disks[0].Location)))).StartsWith("tick ", StringComparison.Ordinal))
        {
            await Task.Delay(100, Cancel);
        }

        var (preview, back) = await Drive.RunAsync(
            spec with { Goal = MigrationGoal.Validated }, null, new Book(vcenter, home), removal: false, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);
        Assert.True(back is { Failed: null }, $"{back?.Failed?.Name}: {back?.Why}\n{string.Join('\n', preview.Findings)}");
        Assert.Null(preview.Run!.Delta!.WhyNot);
        Assert.Contains(back!.Done, step => step.Name == "bring changes back while it runs");
        Assert.True(await vcsim.CallsAsync("QueryChangedDiskAreas") > 0);
        // Eight blocks of 64 KiB in each of a few rounds, of a disk of hundreds of MiB.
        Assert.InRange(preview.Run.Transferred, 1, 8 << 20);
        Assert.All(preview.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.Empty(await vcenter.FindByNameAsync(Home, Cancel));
        Assert.DoesNotContain(Directory.EnumerateDirectories(vcsim.Datastores[vcsim.Datastore]), folder => folder.Contains("vmm-", StringComparison.Ordinal));
        Assert.Equal((source.Id, PowerState.Running), (Assert.Single(await home.FindByNameAsync(Home, Cancel)) is var vm ? (vm.Id, vm.Power) : default));
        await home.EnsureOffAsync(source.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        await using (var disk = await home.OpenVmDiskAsync(source.Id, source.Disks[0].Name, false, Cancel))
        await using (var reader = disk.OpenReader())
        {
            // The simulated guest writes before the first partition.
            var block = new byte[16];
            await reader.ReadAsync(WrittenAt, block, Cancel);
            Assert.StartsWith("tick ", System.Text.Encoding.ASCII.GetString(block), StringComparison.Ordinal);
        }

        await TwoHosts.ForgetAsync(Home);
    }

    /// <summary>No guest: what is tried is that libvirt takes the definition and QEMU starts with these devices.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_VM_with_every_device_of_VMware_that_QEMU_plays_starts_on_KVM()
    {
        const string Id = "vmm-00000000000000de";
        (string Name, string Bus)[] disks = [("sda", "pvscsi"), ("sdb", "pvscsi"), ("sdq", "lsisas1068"), ("sdag", "lsilogic"), ("hda", "ide"), ("hde", "sata"), ("vda", "nvme")];
        string[] cards = ["vmxnet3", "e1000", "e1000e", "pcnet"];
        var source = new Vm
        {
            Id = "00000000-0000-4000-8000-0000000000de",
            Name = "devices-01",
            Power = PowerState.Off,
            Uuid = Fact.Known("00000000-0000-4000-8000-0000000000de"),
            Cpus = Fact.Known(1),
            MemoryBytes = Fact.Known(64L << 20),
            Firmware = Fact.Known(FirmwareKind.Bios),
            Architecture = Fact.Known("x86_64"),
            Disks = [.. disks.Select(disk => new Disk { Name = disk.Name, Location = "[ds] x.vmdk", Bus = Fact.Known(disk.Bus), LengthBytes = Fact.Known(1L << 20) })],
            Nics = [.. cards.Select((model, index) => new Nic { Mac = $"00:50:56:00:de:0{index}", Model = Fact.Known(model), Network = Fact.Known("VM Network") })],
        };
        var made = new List<TargetDisk>();
        foreach (var disk in disks)
        {
            made.Add(await Kvm.EnsureDiskAsync(new DiskRequest(Id, source.Name, TwoHosts.Pool, disk.Name, 1 << 20, null), Cancel));
        }

        var id = await Kvm.EnsureDefinedAsync(
            new VmRequest(new Stamp(Id, StampRole.Target), source, VSphereSite.Key, source.Name, null, [.. made], ImmutableDictionary<string, string>.Empty.Add("VM Network", "user")), Cancel);
        try
        {
            await Kvm.EnsureRunningAsync(id, Cancel);
            var copy = (await Kvm.InspectAsync(id, Cancel))!;
            Assert.Equal(PowerState.Running, copy.Power);
            Assert.Equal(disks.Select(disk => disk.Name).Order(StringComparer.Ordinal), copy.Disks.Select(disk => disk.Name).Order(StringComparer.Ordinal));
            Assert.Equal(cards, copy.Nics.Select(nic => nic.Model.Value));
        }
        finally
        {
            await Kvm.EnsureOffAsync(id, TimeSpan.Zero, force: true, CancellationToken.None);
            await Kvm.EnsureRemovedAsync(id, Id, CancellationToken.None);
        }
    }

    private static async Task<string> TickAsync(Stream disk)
    {
        await using (disk)
        {
            disk.Position = WrittenAt;
            var block = new byte[16];
            await disk.ReadExactlyAsync(block, Cancel);
            return System.Text.Encoding.ASCII.GetString(block);
        }
    }

    private static MigrationSpec Declare(MigrationGoal goal) => new()
    {
        Vm = new VmReference("vc1", Name, null),
        Target = new TargetSpec(TwoHosts.Dc2, null, TwoHosts.Pool, ImmutableDictionary<string, string>.Empty.Add("DC0_DVPG0", "user"), null),
        Goal = goal,
    };
}
