using System.Collections.Immutable;
using System.Security.Cryptography;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.Contracts;

/// <summary>What every platform must do, whatever it is made of. A platform subclasses it and says how to reach two sites and how to seed VMs.</summary>
/// <remarks>Each fact works on VMs of its own, which <see cref="SeedAsync"/> makes anew, so that they run in any order and after a run that was killed.</remarks>
public abstract partial class SiteContract : IAsyncLifetime
{
    protected const int Limit = 60_000;

    private readonly List<string> _seeded = [];

    /// <summary>Where VMs are seeded.</summary>
    protected abstract Site Home { get; }

    /// <summary>Another site of the same platform, where copies are made.</summary>
    protected abstract Site Away { get; }

    /// <summary>A storage pool that both sites have.</summary>
    protected abstract string Pool { get; }

    /// <summary>Makes a VM at home in place of any of that name: off, one disk with something on it, one NIC. Also removes what is left of its copies.</summary>
    protected abstract Task SeedAsync(string name);

    protected abstract Task ForgetAsync(string name);

    /// <summary>Waits until a VM that was started is up, as its own console says.</summary>
    protected abstract Task UntilUpAsync(Site site, string vmId);

    /// <summary>Makes a running VM at home that hears no request to shut down.</summary>
    protected abstract Task SeedDeafAsync(string name);

    /// <summary>Somebody starts the VM by hand, past us.</summary>
    /// <returns>Null when that worked, else the platform's complaint.</returns>
    protected abstract Task<string?> StartByHandAsync(Site site, string vmName);

    /// <summary>What a platform's complaint about the start of a fenced VM says, where it has no room for the migration's id.</summary>
    protected virtual string? FenceShowsAs => null;

    /// <summary>Somebody takes a part of the fence away by hand.</summary>
    protected abstract Task DamageFenceAsync(string vmName);

    /// <summary>What the platform itself keeps about a VM, stamps aside, to see that nothing of it was changed.</summary>
    protected abstract Task<string> DumpAsync(string vmName);

    /// <summary>Changes whether the VM starts with its host.</summary>
    protected abstract Task SetAutostartAsync(string vmName, bool on);

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var name in _seeded)
        {
            await ForgetAsync(name);
        }

        GC.SuppressFinalize(this);
    }

    // --- Reading ---

    [Fact(Timeout = Limit)]
    public async Task A_vm_is_found_by_its_name_and_inspected_by_its_id_with_the_same_facts()
    {
        var seeded = await VmAsync("found");

        var byId = await Home.InspectAsync(seeded.Id, Cancel);

        Assert.NotNull(byId);
        Assert.Equal(seeded.Name, byId.Name);
        Assert.Equal(seeded.NativeDefinition, byId.NativeDefinition);
        Assert.Equal(PowerState.Off, byId.Power);
        Assert.Null(byId.Stamp);
        var disk = Assert.Single(byId.Disks);
        Assert.True(disk.Readable);
        Assert.True(disk.LengthBytes.Value > 0);
        Assert.InRange(disk.AllocatedBytes.Value, 1, disk.LengthBytes.Value + (16 << 20));
        Assert.Equal(Pool, disk.Pool.Value);
        var nic = Assert.Single(byId.Nics);
        Assert.Equal(nic.Mac, nic.Mac.ToLowerInvariant(), ignoreCase: true);
        Assert.True(byId.MemoryBytes.Value > 0);
        Assert.True(byId.Cpus.Value > 0);
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_not_there_is_not_found()
    {
        Assert.Empty(await Home.FindByNameAsync("contract-nobody", Cancel));
        Assert.Null(await Home.InspectAsync(UnknownId, Cancel));
        Assert.Empty(await Home.FindStampedAsync("vmm-00000000ffffffff", Cancel));
        Assert.Empty(await Home.FindStampedDisksAsync("vmm-00000000ffffffff", Cancel));
        await Fails(PlatformErrorKind.NotFound, Home.EnsureRunningAsync(UnknownId, Cancel));
        await Fails(PlatformErrorKind.NotFound, Home.EnsureOffAsync(UnknownId, TimeSpan.Zero, false, Cancel));
        await Fails(PlatformErrorKind.NotFound, Home.EnsureStampAsync(UnknownId, new Stamp(Id("nobody"), StampRole.Source), Cancel));
        await Fails(PlatformErrorKind.NotFound, Home.EnsureFencedAsync(UnknownId, Id("nobody"), Cancel));
        await Fails(PlatformErrorKind.NotFound, Home.OpenVmDiskAsync(UnknownId, "vda", false, Cancel));
        await Fails(PlatformErrorKind.NotFound, Home.EnsureDiskAsync(new DiskRequest(Id("nobody"), "nobody", "no-such-pool", "vda", 1 << 20, null), Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task To_remove_what_is_gone_already_is_done()
    {
        await Home.EnsureRemovedAsync(UnknownId, Id("gone"), Cancel);
        await Home.EnsureUndefinedAsync(UnknownId, Id("gone"), Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_site_describes_itself_and_is_no_other()
    {
        var seeded = await VmAsync("described");

        var home = await Home.DescribeAsync(Cancel);
        var away = await Away.DescribeAsync(Cancel);

        Assert.Equal(Home.Name, home.Site);
        Assert.Equal(Home.Platform, home.Platform);
        Assert.NotEqual(home.Identity, away.Identity);
        Assert.Equal(home.Identity, (await Home.DescribeAsync(Cancel)).Identity);
        Assert.Contains(home.Vms, vm => vm.Id == seeded.Id && vm.Name == seeded.Name && vm.MigrationId is null);
        Assert.Equal(seeded.Id, home.MacsInUse.Value[seeded.Nics[0].Mac.ToUpperInvariant()]);
        var pool = Assert.Single(away.Pools, pool => pool.Name == Pool);
        Assert.True(pool.Active);
        Assert.True(pool.FreeBytes.Value > 0);
        Assert.Contains(away.Networks, network => network.Name == seeded.Nics[0].Network.Value && network.Active);
        var host = Assert.Single(home.Hosts);
        Assert.Equal(host.Name, seeded.Host.Value);
        Assert.True(host.Machines.IsEmpty || host.Machines.Contains(seeded.Machine.Value));
        Assert.True(host.Accelerations.IsEmpty || host.Accelerations.Contains(seeded.Hypervisor.Value));
    }

    [Fact(Timeout = Limit)]
    public async Task A_list_is_in_order_of_names()
    {
        await VmAsync("list-b");
        await VmAsync("list-a");

        var names = new List<string>();
        await foreach (var vm in Home.ListAsync(Cancel))
        {
            names.Add(vm.Name);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Contains("contract-list-a", names);
        Assert.Contains("contract-list-b", names);
    }

    [Fact(Timeout = Limit)]
    public async Task A_cancelled_call_says_so()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Home.DescribeAsync(cancelled.Token));
    }

    // --- Stamps ---

    [Fact(Timeout = Limit)]
    public async Task A_stamp_is_read_back_as_it_was_written_and_found_by_its_migration()
    {
        var vm = await VmAsync("stamped");
        var stamp = new Stamp(Id("stamped"), StampRole.Source)
            .With("plain", "some words = \"1\" & <2>")
            .With("odd", " begins and ends blank \n and has a line, ümläuts and a tab\t ")
            .With("empty", "");

        await Home.EnsureStampAsync(vm.Id, stamp, Cancel);
        await Home.EnsureStampAsync(vm.Id, stamp, Cancel);

        var found = Assert.Single(await Home.FindStampedAsync(stamp.MigrationId, Cancel));
        Assert.Equal(vm.Id, found.Id);
        Same(stamp, found.Stamp);
        Assert.Contains((await Home.DescribeAsync(Cancel)).Vms, name => name.Id == vm.Id && name.MigrationId == stamp.MigrationId);
        Assert.Empty(await Home.FindStampedAsync(Id("other"), Cancel));

        var next = new Stamp(Id("stamped"), StampRole.Target).With("only", "this");
        await Home.EnsureStampAsync(vm.Id, next, Cancel);
        Same(next, (await Home.InspectAsync(vm.Id, Cancel))!.Stamp);

        await Home.EnsureStampAsync(vm.Id, null, Cancel);
        await Home.EnsureStampAsync(vm.Id, null, Cancel);
        Assert.Null((await Home.InspectAsync(vm.Id, Cancel))!.Stamp);
        Assert.Empty(await Home.FindStampedAsync(stamp.MigrationId, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_stamp_leaves_the_rest_of_the_vm_alone()
    {
        var vm = await VmAsync("untouched");
        var before = await DumpAsync(vm.Name);

        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("untouched"), StampRole.Source).With("note", "text"), Cancel);
        Assert.Equal(vm.NativeDefinition, (await Home.InspectAsync(vm.Id, Cancel))!.NativeDefinition);
        await Home.EnsureStampAsync(vm.Id, null, Cancel);

        Assert.Equal(before, await DumpAsync(vm.Name));
    }

    // --- Fence ---

    [Fact(Timeout = Limit)]
    public async Task A_fence_keeps_the_vm_off_and_is_lifted_without_a_trace()
    {
        var vm = await VmAsync("fenced");
        await SetAutostartAsync(vm.Name, true);
        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("fenced"), StampRole.Source), Cancel);
        var before = await DumpAsync(vm.Name);
        Assert.Equal(FenceState.None, await Home.InspectFenceAsync(vm.Id, Id("fenced"), Cancel));

        await Home.EnsureFencedAsync(vm.Id, Id("fenced"), Cancel);
        await Home.EnsureFencedAsync(vm.Id, Id("fenced"), Cancel);

        Assert.Equal(FenceState.Standing, await Home.InspectFenceAsync(vm.Id, Id("fenced"), Cancel));
        await Fails(PlatformErrorKind.Refused, Home.EnsureRunningAsync(vm.Id, Cancel));
        var complaint = await StartByHandAsync(Home, vm.Name);
        Assert.Equal(complaint is null ? FenceState.Broken : FenceState.Standing, await Home.InspectFenceAsync(vm.Id, Id("fenced"), Cancel));
        if (complaint is not null)
        {
            Assert.Contains(FenceShowsAs ?? Id("fenced"), complaint, StringComparison.Ordinal);
        }

        var fenced = (await Home.InspectAsync(vm.Id, Cancel))!;
        Assert.Equal(vm.Name, fenced.Name);
        Assert.Equal(vm.NativeDefinition, fenced.NativeDefinition);
        Assert.Equal(vm.Disks[0].Location, fenced.Disks[0].Location);
        Assert.Equal(vm.Disks[0].LengthBytes, fenced.Disks[0].LengthBytes);
        Assert.Equal(vm.Disks[0].Pool, fenced.Disks[0].Pool);
        Assert.Equal(Id("fenced"), fenced.Stamp?.MigrationId);

        await Home.EnsureUnfencedAsync(vm.Id, Id("fenced"), Cancel);
        await Home.EnsureUnfencedAsync(vm.Id, Id("fenced"), Cancel);

        Assert.Equal(FenceState.None, await Home.InspectFenceAsync(vm.Id, Id("fenced"), Cancel));
        Assert.Equal(before, await DumpAsync(vm.Name));
        Assert.True((await Home.InspectAsync(vm.Id, Cancel))!.Autostart.Value);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stamp_written_while_the_fence_stands_stays_when_it_is_lifted()
    {
        var vm = await VmAsync("fence-stamp");
        await Home.EnsureFencedAsync(vm.Id, Id("fence-stamp"), Cancel);
        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("fence-stamp"), StampRole.Source).With("epoch", "2"), Cancel);

        Assert.Equal(FenceState.Standing, await Home.InspectFenceAsync(vm.Id, Id("fence-stamp"), Cancel));
        await Home.EnsureUnfencedAsync(vm.Id, Id("fence-stamp"), Cancel);

        Assert.Equal("2", (await Home.InspectAsync(vm.Id, Cancel))!.Stamp?["epoch"]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_fence_that_somebody_damaged_is_seen_and_mended()
    {
        var vm = await VmAsync("damaged");
        var before = await DumpAsync(vm.Name);
        await Home.EnsureFencedAsync(vm.Id, Id("damaged"), Cancel);

        await DamageFenceAsync(vm.Name);
        Assert.Equal(FenceState.Broken, await Home.InspectFenceAsync(vm.Id, Id("damaged"), Cancel));

        await Home.EnsureFencedAsync(vm.Id, Id("damaged"), Cancel);
        Assert.Equal(FenceState.Standing, await Home.InspectFenceAsync(vm.Id, Id("damaged"), Cancel));
        await Home.EnsureUnfencedAsync(vm.Id, Id("damaged"), Cancel);
        Assert.Equal(before, await DumpAsync(vm.Name));
    }

    [Fact(Timeout = Limit)]
    public async Task The_fence_of_another_migration_is_left_alone()
    {
        var vm = await VmAsync("others-fence");
        await Home.EnsureFencedAsync(vm.Id, Id("theirs"), Cancel);

        await Fails(PlatformErrorKind.Refused, Home.EnsureFencedAsync(vm.Id, Id("ours"), Cancel));
        await Home.EnsureUnfencedAsync(vm.Id, Id("ours"), Cancel);

        Assert.Equal(FenceState.None, await Home.InspectFenceAsync(vm.Id, Id("ours"), Cancel));
        Assert.Equal(FenceState.Standing, await Home.InspectFenceAsync(vm.Id, Id("theirs"), Cancel));
    }

    // --- Power ---

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_does_not_listen_is_switched_off_only_when_that_is_allowed()
    {
        await SeedDeafAsync(Named("deaf"));
        var vm = Assert.Single(await Home.FindByNameAsync("contract-deaf", Cancel));
        Assert.Equal(PowerState.Running, vm.Power);

        await Fails(PlatformErrorKind.TimedOut, Home.EnsureOffAsync(vm.Id, TimeSpan.FromSeconds(1), force: false, Cancel));
        Assert.Equal(PowerState.Running, (await Home.InspectAsync(vm.Id, Cancel))!.Power);
        await Fails(PlatformErrorKind.Refused, Home.EnsureFencedAsync(vm.Id, Id("deaf"), Cancel));
        await Fails(PlatformErrorKind.Refused, Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, false, Cancel));
        Assert.False(await Home.PingAgentAsync(vm.Id, Cancel));
        await Home.EnsureRunningAsync(vm.Id, Cancel);

        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("deaf"), StampRole.Source).With("while", "running"), Cancel);
        await Fails(PlatformErrorKind.Refused, Home.EnsureRemovedAsync(vm.Id, Id("deaf"), Cancel));
        await Fails(PlatformErrorKind.Refused, Home.EnsureUndefinedAsync(vm.Id, Id("deaf"), Cancel));

        await Home.EnsureOffAsync(vm.Id, TimeSpan.FromSeconds(1), force: true, Cancel);
        await Home.EnsureOffAsync(vm.Id, TimeSpan.Zero, force: false, Cancel);
        var off = (await Home.InspectAsync(vm.Id, Cancel))!;
        Assert.Equal(PowerState.Off, off.Power);
        Assert.Equal("running", off.Stamp?["while"]);
    }

    // --- Disks ---

    [Fact(Timeout = Limit)]
    public async Task A_disk_ensured_twice_is_one_disk_and_only_the_first_time_new()
    {
        var request = new DiskRequest(Id("disk"), Named("disk"), Pool, "vda", 3 << 20, null);

        var first = await Away.EnsureDiskAsync(request, Cancel);
        var second = await Away.EnsureDiskAsync(request, Cancel);

        Assert.True(first.IsNew);
        Assert.False(second.IsNew);
        Assert.Equal(first with { IsNew = false }, second);
        Assert.Null(second.Attached);
        Assert.Equal(3 << 20, second.LengthBytes);
        Assert.Equal(second, Assert.Single(await Away.FindStampedDisksAsync(Id("disk"), Cancel)));
        Assert.Empty(await Away.FindStampedDisksAsync(Id("other"), Cancel));
        if (await Away.LookAtStampedDisksAsync(Cancel) is { } look)
        {
            Assert.Equal(second, Assert.Single(look(Id("disk"))));
            Assert.Empty(look(Id("other")));
        }

        await Away.EnsureDiskRemovedAsync(second, Cancel);
        await Away.EnsureDiskRemovedAsync(second, Cancel);
        Assert.Empty(await Away.FindStampedDisksAsync(Id("disk"), Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_of_another_length_is_made_anew()
    {
        var request = new DiskRequest(Id("resized"), Named("resized"), Pool, "vda", 3 << 20, null);
        await Away.EnsureDiskAsync(request, Cancel);

        var larger = await Away.EnsureDiskAsync(request with { LengthBytes = 5 << 20 }, Cancel);

        Assert.True(larger.IsNew);
        Assert.Equal(5 << 20, Assert.Single(await Away.FindStampedDisksAsync(Id("resized"), Cancel)).LengthBytes);
        await Away.EnsureDiskRemovedAsync(larger, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_new_disk_reads_as_zeroes_and_keeps_what_is_written()
    {
        const int Length = (2 << 20) + 4096;
        const int Leaf = 65536;
        var disk = await Away.EnsureDiskAsync(new DiskRequest(Id("written"), Named("written"), Pool, "vda", Length, null), Cancel);
        var expected = new byte[Length];
        RandomNumberGenerator.Fill(expected.AsSpan(Leaf, 3 * Leaf));
        RandomNumberGenerator.Fill(expected.AsSpan(Length - 4096, 4096));

        await using (var access = await Away.OpenDiskAsync(disk, Cancel))
        {
            Assert.Equal(Length, access.LengthBytes);
            Assert.Equal(new byte[Length], await AllAsync(access));
            await WriteAsync(access, expected, Leaf, 3 * Leaf);
            await WriteAsync(access, expected, 2 << 20, 4096);
            Assert.Equal(expected, await AllAsync(access));
        }

        await using (var again = await Away.OpenDiskAsync(disk, Cancel))
        {
            Assert.Equal(expected, await AllAsync(again));
        }

        await Away.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task The_disk_of_a_vm_opens_for_reading_and_is_free_again_afterwards()
    {
        var vm = await VmAsync("opened");
        byte[] content;
        await using (var access = await Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: false, Cancel))
        {
            Assert.Equal(vm.Disks[0].LengthBytes.Value, access.LengthBytes);
            Assert.Throws<InvalidOperationException>(() => access.OpenWriter());
            content = await StartAsync(access);
            Assert.Contains(content, one => one != 0);
        }

        await Home.EnsureFencedAsync(vm.Id, Id("opened"), Cancel);
        await using (var fenced = await Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel))
        {
            Assert.Equal(content, await StartAsync(fenced));
        }

        await Fails(PlatformErrorKind.NotFound, Home.OpenVmDiskAsync(vm.Id, "no-such-disk", false, Cancel));
    }

    // --- The target's role ---

    [Fact(Timeout = 4 * Limit)]
    public async Task A_copy_is_defined_once_runs_and_is_removed_whole()
    {
        var vm = await VmAsync("moved");
        var disk = await CopyAsync(vm);
        var request = Request(vm, disk, "moved");

        var id = await Away.EnsureDefinedAsync(request, Cancel);
        Assert.Equal(id, await Away.EnsureDefinedAsync(request, Cancel));

        var copy = Assert.Single(await Away.FindStampedAsync(Id("moved"), Cancel));
        Assert.Equal(id, copy.Id);
        Assert.Equal(vm.Name, copy.Name);
        Assert.Equal(vm.Uuid, copy.Uuid);
        if (Away.Capabilities.WhyNoHardwareAddresses is null)
        {
            Assert.Equal(vm.Nics[0].Mac, copy.Nics[0].Mac, ignoreCase: true);
        }

        Assert.Equal(vm.MemoryBytes, copy.MemoryBytes);
        Assert.Equal(PowerState.Off, copy.Power);
        Assert.Equal(StampRole.Target, copy.Stamp?.Role);
        Assert.Equal(disk.Location, Assert.Single(copy.Disks).Location);
        var attached = Assert.Single(await Away.FindStampedDisksAsync(Id("moved"), Cancel));
        Assert.Equal(id, attached.Attached);
        await Fails(PlatformErrorKind.Refused, Away.EnsureDiskRemovedAsync(attached, Cancel));

        await Away.EnsureRunningAsync(id, Cancel);
        await Away.EnsureRunningAsync(id, Cancel);
        await Away.EnsureStampAsync(id, copy.Stamp!.With("accepted", "yes"), Cancel);
        await UntilUpAsync(Away, id);
        Assert.NotEmpty((await Away.ReadConsoleAsync(id, Cancel))!);
        while (!await Away.PingAgentAsync(id, Cancel))
        {
            await Task.Delay(200, Cancel);
        }

        Assert.True((await Away.InspectAsync(id, Cancel))!.AgentAnswers.Value);
        Assert.Equal(id, await Away.EnsureDefinedAsync(request, Cancel));
        await Away.EnsureOffAsync(id, TimeSpan.FromSeconds(30), force: false, Cancel);
        Assert.Equal("yes", (await Away.InspectAsync(id, Cancel))!.Stamp?["accepted"]);
        Assert.Equal(id, await Away.EnsureDefinedAsync(request, Cancel));

        await Away.EnsureUndefinedAsync(id, Id("moved"), Cancel);
        await Away.EnsureUndefinedAsync(id, Id("moved"), Cancel);
        Assert.Null(await Away.InspectAsync(id, Cancel));
        Assert.Null(Assert.Single(await Away.FindStampedDisksAsync(Id("moved"), Cancel)).Attached);
        // A platform that gives ids itself gives another one.
        id = await Away.EnsureDefinedAsync(request, Cancel);
        await Away.EnsureRemovedAsync(id, Id("moved"), Cancel);
        await Away.EnsureRemovedAsync(id, Id("moved"), Cancel);
        Assert.Null(await Away.InspectAsync(id, Cancel));
        Assert.Empty(await Away.FindStampedDisksAsync(Id("moved"), Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task What_does_not_carry_the_stamp_is_never_touched()
    {
        var vm = await VmAsync("unstamped");
        var before = await DumpAsync(vm.Name);

        await Fails(PlatformErrorKind.Refused, Home.EnsureRemovedAsync(vm.Id, Id("unstamped"), Cancel));
        await Fails(PlatformErrorKind.Refused, Home.EnsureUndefinedAsync(vm.Id, Id("unstamped"), Cancel));
        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("theirs"), StampRole.Source), Cancel);
        await Fails(PlatformErrorKind.Refused, Home.EnsureRemovedAsync(vm.Id, Id("unstamped"), Cancel));
        await Fails(PlatformErrorKind.Refused, Home.EnsureUndefinedAsync(vm.Id, Id("unstamped"), Cancel));
        await Home.EnsureStampAsync(vm.Id, null, Cancel);
        var theirDisk = new TargetDisk(Id("unstamped"), vm.Disks[0].Name, Pool, vm.Disks[0].Location, vm.Disks[0].LengthBytes.Value, vm.Disks[0].Format.Value, null);
        await Fails(PlatformErrorKind.Refused, Home.EnsureDiskRemovedAsync(theirDisk, Cancel));
        await Fails(PlatformErrorKind.Refused, Home.OpenDiskAsync(theirDisk, Cancel));

        Assert.Equal(before, await DumpAsync(vm.Name));
        await using var access = await Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, false, Cancel);
        Assert.Contains(await StartAsync(access), one => one != 0);
    }

    [Fact(Timeout = Limit)]
    public async Task A_vm_of_others_with_the_same_identity_is_not_replaced()
    {
        var vm = await VmAsync("taken");
        var before = await DumpAsync(vm.Name);
        var disk = await Home.EnsureDiskAsync(new DiskRequest(Id("taken"), vm.Name, Pool, vm.Disks[0].Name, vm.Disks[0].LengthBytes.Value, null), Cancel);

        await Fails(PlatformErrorKind.Refused, Home.EnsureDefinedAsync(Request(vm, disk, "taken"), Cancel));

        Assert.Equal(before, await DumpAsync(vm.Name));
        await Home.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_network_that_the_target_does_not_have_is_refused_by_name()
    {
        var vm = await VmAsync("lost-network");
        var disk = await Away.EnsureDiskAsync(new DiskRequest(Id("lost-network"), vm.Name, Pool, vm.Disks[0].Name, vm.Disks[0].LengthBytes.Value, null), Cancel);
        var request = Request(vm, disk, "lost-network");

        var failure = await Fails(
            PlatformErrorKind.NotFound,
            Away.EnsureDefinedAsync(request with { Networks = request.Networks.SetItem(vm.Nics[0].Network.Value, "no-such-network") }, Cancel));

        Assert.Contains("no-such-network", failure.Message, StringComparison.Ordinal);
        Assert.Empty(await Away.FindStampedAsync(Id("lost-network"), Cancel));
        await Away.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task Removing_a_stamped_source_removes_its_disks_even_behind_a_fence()
    {
        var vm = await VmAsync("committed");
        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("committed"), StampRole.Source), Cancel);
        await Home.EnsureFencedAsync(vm.Id, Id("committed"), Cancel);

        await Home.EnsureRemovedAsync(vm.Id, Id("committed"), Cancel);

        Assert.Null(await Home.InspectAsync(vm.Id, Cancel));
        var gone = new TargetDisk(Id("committed"), "vda", Pool, vm.Disks[0].Location, 1, "raw", null);
        await Home.EnsureDiskRemovedAsync(gone, Cancel);
        Assert.False(await ExistsAsync(vm.Disks[0].Location));
    }

    /// <summary>Whether an image of the platform is still there.</summary>
    protected abstract Task<bool> ExistsAsync(string location);

    // --- Tools ---

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>An id that no VM has.</summary>
    protected virtual string UnknownId => "00000000-0000-4000-8000-00000000dead";

    /// <summary>A stamp's id as the engine makes them.</summary>
    protected static string Id(string test) => "vmm-" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(test)).AsSpan(0, 8));

    protected async Task<Vm> VmAsync(string test)
    {
        await SeedAsync(Named(test));
        return Assert.Single(await Home.FindByNameAsync($"contract-{test}", Cancel));
    }

    protected string Named(string test)
    {
        var name = $"contract-{test}";
        _seeded.Add(name);
        return name;
    }

    protected static async Task<PlatformException> Fails(PlatformErrorKind kind, Task call)
    {
        var failure = await Assert.ThrowsAsync<PlatformException>(() => call);
        Assert.True(failure.Kind == kind, $"{failure.Kind}: {failure.Message}");
        return failure;
    }

    protected async Task<TargetDisk> CopyAsync(Vm vm)
    {
        var request = new DiskRequest(Id(vm.Name["contract-".Length..]), vm.Name, Pool, vm.Disks[0].Name, vm.Disks[0].LengthBytes.Value, null);
        var disk = await Away.EnsureDiskAsync(request, Cancel);
        await using var from = await Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, false, Cancel);
        await using var to = await Away.OpenDiskAsync(disk, Cancel);
        await using var reader = from.OpenReader();
        await using var writer = to.OpenWriter();
        var copied = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = disk.IsNew, ReadBack = true }, null, Cancel);
        Assert.Equal(copied.SourceDigest, copied.TargetDigest);
        return disk;
    }

    protected VmRequest Request(Vm vm, TargetDisk disk, string test) => new(
        new Stamp(Id(test), StampRole.Target).With("was-running", "true"),
        vm,
        Home.Platform,
        vm.Name,
        null,
        [disk with { IsNew = false }],
        ImmutableDictionary<string, string>.Empty.Add(vm.Nics[0].Network.Value, vm.Nics[0].Network.Value));

    private static void Same(Stamp expected, Stamp? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.MigrationId, actual.MigrationId);
        Assert.Equal(expected.Role, actual.Role);
        Assert.Equal(expected.Notes.AsEnumerable(), actual.Notes.AsEnumerable());
    }

    private static async Task<byte[]> AllAsync(DiskAccess access)
    {
        var content = new byte[access.LengthBytes];
        await using var reader = access.OpenReader();
        await reader.ReadAsync(0, content, Cancel);
        return content;
    }

    private static async Task<byte[]> StartAsync(DiskAccess access)
    {
        var content = new byte[65536];
        await using var reader = access.OpenReader();
        await reader.ReadAsync(0, content, Cancel);
        return content;
    }

    private static async Task WriteAsync(DiskAccess access, byte[] content, int offset, int length)
    {
        await using var writer = access.OpenWriter();
        await Task.Run(
            () =>
            {
                using var channel = writer.Open(Cancel);
                var buffer = new BlockBuffer();
                for (var at = offset; at < offset + length; at += DigestTree.LeafBytes)
                {
                    var count = Math.Min(DigestTree.LeafBytes, offset + length - at);
                    buffer.LengthBytes = count;
                    content.AsSpan(at, count).CopyTo(buffer.Whole);
                    channel.Write(at, buffer);
                }

                channel.Drain();
                channel.BeginFlush();
                channel.Drain();
            },
            Cancel);
    }
}
