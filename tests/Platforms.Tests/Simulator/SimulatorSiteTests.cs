using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class SimulatorSiteTests
{
    private static CancellationToken Cancellation => TestWorld.Cancellation;

    [Fact(Timeout = 30_000)]
    public async Task A_move_keeps_identity_content_and_every_acknowledged_write()
    {
        var test = new TestWorld();
        test.Time.Advance(TimeSpan.FromHours(1));
        await test.Time.RunAsync(async () =>
        {
            var vm = await test.WebAsync();
            test.Time.Advance(TimeSpan.FromMinutes(5));

            var id = await test.MoveAsync();
            test.Time.Advance(TimeSpan.FromMinutes(1));
            var moved = (await test.Dc2.InspectAsync(id, Cancellation))!;

            Assert.Equal(vm.Uuid, moved.Uuid);
            Assert.Equal(vm.Nics, moved.Nics);
            Assert.Equal(PowerState.Running, moved.Power);
            Assert.True(await test.Dc2.PingAgentAsync(id, Cancellation));
            Assert.EndsWith("web login: ", await test.Dc2.ReadConsoleAsync(id, Cancellation), StringComparison.Ordinal);
            var journal = test.World.CheckJournal("dc2", "web");
            Assert.True(journal.OnDisk > 300, $"{journal}");
            Assert.Equal(0, journal.Lost);
            Assert.Empty(journal.Damaged);
            var watch = test.World.Watch(id)!;
            Assert.Equal(1, watch.MostRunning);
            Assert.Equal(1, watch.Outages);
            Assert.Equal(FenceState.Standing, await test.Dc1.InspectFenceAsync(id, TestWorld.Migration, Cancellation));
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task Going_back_without_the_target_s_writes_loses_just_those()
    {
        var test = new TestWorld();
        await test.Time.RunAsync(async () =>
        {
            var id = await test.MoveAsync();
            test.Time.Advance(TimeSpan.FromSeconds(62));
            await test.Dc2.EnsureOffAsync(id, TimeSpan.FromMinutes(1), force: false, Cancellation);
            await test.Dc1.EnsureUnfencedAsync(id, TestWorld.Migration, Cancellation);
            await test.Dc1.EnsureRunningAsync(id, Cancellation);

            // Up for 60 s after the boot, and one more while it shut down.
            Assert.Equal(61, test.World.CheckJournal("dc1", "web").Lost);
            Assert.True((await test.WebAsync()).Autostart.Value);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_block_that_a_copy_left_out_shows_as_a_damaged_record()
    {
        var test = new TestWorld();
        await test.Time.RunAsync(async () =>
        {
            await test.WebAsync();
            test.Time.Advance(TimeSpan.FromMinutes(5));
            var id = await test.MoveAsync();
            test.World.ByHand.PowerOff("dc2", id);
            Assert.Empty(test.World.CheckJournal("dc2", id).Damaged);

            test.World.ByHand.WriteToDisk("dc2", id, "vda", 3 * 4096, new byte[4096]);

            Assert.Single(test.World.CheckJournal("dc2", id).Damaged);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_fenced_vm_does_not_start_but_by_hand_and_that_is_seen()
    {
        var test = new TestWorld();
        await test.Time.RunAsync(async () =>
        {
            var id = await test.MoveAsync();

            var refusal = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.EnsureRunningAsync(id, Cancellation));
            test.World.ByHand.Start("dc1", "web");

            Assert.Equal(PlatformErrorKind.Refused, refusal.Kind);
            Assert.Equal(FenceState.Broken, await test.Dc1.InspectFenceAsync(id, TestWorld.Migration, Cancellation));
            Assert.Equal((2, 1, 0), (test.World.Watch(id)!.MostRunning, test.World.Watch(id)!.DoubleRuns, test.World.Watch(id)!.DoubleRunsNotByHand));
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_guest_that_ignores_its_shutdown_runs_on_unless_force_is_allowed()
    {
        var deaf = new GuestOptions { IgnoresShutdown = true };
        var test = new TestWorld(source: new SiteOptions { Machines = [new MachineOptions { Name = "web", Guest = deaf }] });
        await test.Time.RunAsync(async () =>
        {
            var id = (await test.WebAsync()).Id;
            var before = test.Time.GetUtcNow();

            var refusal = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.EnsureOffAsync(id, TimeSpan.FromSeconds(30), force: false, Cancellation));
            Assert.Equal(PlatformErrorKind.TimedOut, refusal.Kind);
            Assert.Equal(TimeSpan.FromSeconds(30), test.Time.GetUtcNow() - before);
            Assert.Equal(PowerState.Running, (await test.WebAsync()).Power);

            await test.Dc1.EnsureOffAsync(id, TimeSpan.FromSeconds(30), force: true, Cancellation);
            Assert.Equal(PowerState.Off, (await test.WebAsync()).Power);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_guest_whose_runner_is_called_off_shuts_down_all_the_same()
    {
        var test = new TestWorld();
        await test.Time.RunAsync(async () =>
        {
            var id = (await test.WebAsync()).Id;
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100), test.Time);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Dc1.EnsureOffAsync(id, TimeSpan.FromMinutes(1), force: false, stop.Token));
            Assert.Equal(PowerState.Running, (await test.WebAsync()).Power);
            await Task.Delay(TimeSpan.FromSeconds(1), test.Time);

            Assert.Equal(PowerState.Off, (await test.WebAsync()).Power);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task A_disk_is_found_again_and_belongs_to_its_vm_once_defined()
    {
        var test = new TestWorld();
        var request = new DiskRequest(TestWorld.Migration, "web", "bulk", "vda", 1 << 20, null);

        var first = await test.Dc2.EnsureDiskAsync(request, Cancellation);
        var again = await test.Dc2.EnsureDiskAsync(request, Cancellation);
        var larger = await test.Dc2.EnsureDiskAsync(request with { LengthBytes = 2 << 20 }, Cancellation);

        Assert.True(first.IsNew);
        Assert.Equal(first with { IsNew = false }, again);
        Assert.Equal(2 << 20, larger.LengthBytes);
        Assert.Equal([larger with { IsNew = false }], await test.Dc2.FindStampedDisksAsync(TestWorld.Migration, Cancellation));
        await test.Dc2.EnsureDiskRemovedAsync(larger, Cancellation);
        await test.Dc2.EnsureDiskRemovedAsync(larger, Cancellation);
        Assert.Empty(await test.Dc2.FindStampedDisksAsync(TestWorld.Migration, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Removing_a_copy_leaves_nothing_and_a_foreign_vm_is_not_removed()
    {
        var test = new TestWorld();
        await test.Time.RunAsync(async () =>
        {
            var id = await test.MoveAsync();
            await test.Dc2.EnsureOffAsync(id, TimeSpan.FromMinutes(1), force: true, Cancellation);

            await Assert.ThrowsAsync<PlatformException>(() => test.Dc2.EnsureRemovedAsync(id, "another", Cancellation));
            await test.Dc2.EnsureRemovedAsync(id, TestWorld.Migration, Cancellation);
            await test.Dc2.EnsureRemovedAsync(id, TestWorld.Migration, Cancellation);

            Assert.Null(await test.Dc2.InspectAsync(id, Cancellation));
            Assert.Empty(await test.Dc2.FindStampedDisksAsync(TestWorld.Migration, Cancellation));
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task Defining_twice_changes_nothing_and_a_taken_name_is_refused()
    {
        var test = new TestWorld(target: new SiteOptions { Machines = [new MachineOptions { Name = "taken" }] });
        var vm = await test.WebAsync();
        var disk = await test.Dc2.EnsureDiskAsync(new DiskRequest(TestWorld.Migration, "web", "bulk", "vda", 8 << 20, null), Cancellation);
        var request = TestWorld.Request(vm with { Disks = [vm.Disks[0]] }, [disk]);

        var id = await test.Dc2.EnsureDefinedAsync(request, Cancellation);
        var once = test.World.Events.Count;
        Assert.Equal(id, await test.Dc2.EnsureDefinedAsync(request, Cancellation));

        Assert.Equal(once, test.World.Events.Count);
        var refusal = await Assert.ThrowsAsync<PlatformException>(() => test.Dc2.EnsureDefinedAsync(request with { Name = "taken" }, Cancellation));
        Assert.Equal(PlatformErrorKind.Refused, refusal.Kind);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_vm_does_not_start_while_its_disk_is_open_and_a_disk_does_not_open_while_its_vm_runs()
    {
        var test = new TestWorld();
        await test.Time.RunAsync(async () =>
        {
            var id = (await test.WebAsync()).Id;
            var early = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.OpenVmDiskAsync(id, "vda", writable: false, Cancellation));
            await test.Dc1.EnsureOffAsync(id, TimeSpan.FromMinutes(1), force: false, Cancellation);
            await using (await test.Dc1.OpenVmDiskAsync(id, "vda", writable: false, Cancellation))
            {
                var busy = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.EnsureRunningAsync(id, Cancellation));
                Assert.Equal(PlatformErrorKind.Busy, busy.Kind);
            }

            await test.Dc1.EnsureRunningAsync(id, Cancellation);
            Assert.Equal(PlatformErrorKind.Refused, early.Kind);
        });
    }

    [Fact(Timeout = 30_000)]
    public async Task Looking_around_is_recorded_as_reading_only()
    {
        var test = new TestWorld();
        await test.Dc1.DescribeAsync(Cancellation);
        await foreach (var vm in test.Dc1.ListAsync(Cancellation))
        {
            await test.Dc1.InspectAsync(vm.Id, Cancellation);
            await test.Dc1.PingAgentAsync(vm.Id, Cancellation);
        }

        Assert.Equal(["Describe", "List", "Inspect", "PingAgent"], test.World.Calls.Select(call => call.Name));
        Assert.DoesNotContain(test.World.Calls, call => call.Writes);
        await test.Dc1.EnsureStampAsync((await test.WebAsync()).Id, null, Cancellation);
        Assert.Contains(test.World.Calls, call => call is { Writes: true, Name: "EnsureStamp" });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_thousand_vms_with_large_disks_are_listed_the_same_each_time()
    {
        var options = new SiteOptions { Vms = 1000, DiskBytes = 100L << 30, DataBytes = 60L << 30, Oddities = 0.2 };
        var one = await new SimulatedWorld(new SimulatedTime()).Open("dc1", options).ListAsync(Cancellation).ToArrayAsync(Cancellation);
        var two = await new SimulatedWorld(new SimulatedTime()).Open("dc1", options).ListAsync(Cancellation).ToArrayAsync(Cancellation);

        Assert.Equal(1000, one.Length);
        Assert.Equal(one.Select(vm => (vm.Id, vm.Name, vm.MemoryBytes, vm.Disks.Length)), two.Select(vm => (vm.Id, vm.Name, vm.MemoryBytes, vm.Disks.Length)));

        // That their 60 GiB each are not there until somebody reads them needs no measuring: no machine of ours holds 60 TiB.
    }
}
