using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.Contracts;

// Changed-block tracking: rounds of a running VM and of one that is off.
public abstract partial class SiteContract
{
    private const string NoTracking = "This platform cannot tell the blocks that a VM has changed.";

    /// <summary>Opens home once more, as another run would after one that was killed.</summary>
    protected virtual Site OpenHomeAgain() => throw new NotSupportedException("A platform that tracks changed blocks says how to open home once more.");

    [Fact(Timeout = 4 * Limit)]
    public async Task Rounds_of_a_running_vm_and_a_last_one_when_it_is_off_make_an_equal_disk()
    {
        Assert.SkipUnless(Home.Capabilities.ChangedBlockTracking, NoTracking);
        var vm = await RunningAsync("rounds");
        var before = await DumpAsync(vm.Name);
        var disk = await Away.EnsureDiskAsync(new DiskRequest(Id("rounds"), vm.Name, Pool, vm.Disks[0].Name, vm.Disks[0].LengthBytes.Value, null), Cancel);
        await using (var to = await Away.OpenDiskAsync(disk, Cancel))
        {
            await using (var first = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("rounds"), "c1", null, Quiesce: true), Cancel))
            {
                Assert.Equal(("c1", null), (first.Checkpoint, first.Since));
                Assert.True(first.Quiesced || Home.Capabilities.WhyNoQuiesce is not null, first.WhyNotQuiesced);
                Assert.Equal(Home.Capabilities.WhyNoQuiesce is not null, first.WhyNotQuiesced is not null);
                Assert.Null(await first.ChangedAsync(vm.Disks[0].Name, Cancel));
                await ApplyAsync(first, vm, to, null);
            }

            Assert.True(await Home.PingAgentAsync(vm.Id, Cancel));
            var changed = ExtentSet.Empty;
            for (var round = 2; changed.TotalBytes == 0; round++)
            {
                await Task.Delay(500, Cancel);
                await using var next = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("rounds"), $"c{round}", $"c{round - 1}", Quiesce: false), Cancel);
                Assert.Equal($"c{round - 1}", next.Since);
                Assert.False(next.Quiesced);
                changed = (await next.ChangedAsync(vm.Disks[0].Name, Cancel))!;
                await ApplyAsync(next, vm, to, changed);
            }

            Assert.InRange(changed.TotalBytes, 1, vm.Disks[0].LengthBytes.Value / 2);
            Assert.Equal(PowerState.Running, (await Home.InspectAsync(vm.Id, Cancel))!.Power);
            await Task.Delay(700, Cancel);
            await Home.EnsureOffAsync(vm.Id, TimeSpan.FromSeconds(60), force: false, Cancel);
            await Home.EnsureFencedAsync(vm.Id, Id("rounds"), Cancel);
            var latest = (await Home.FindCheckpointsAsync(vm.Id, Id("rounds"), Cancel))[^1];
            await using (var last = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("rounds"), "last", latest, Quiesce: true), Cancel))
            {
                Assert.Equal(latest, last.Since);
                changed = (await last.ChangedAsync(vm.Disks[0].Name, Cancel))!;
                Assert.InRange(changed.TotalBytes, 1, vm.Disks[0].LengthBytes.Value / 2);
                await ApplyAsync(last, vm, to, changed);
            }

            await using var from = await Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, false, Cancel);
            Assert.Equal(await DigestAsync(from), await DigestAsync(to));
        }

        await Home.EnsureTrackingRemovedAsync(vm.Id, Id("rounds"), Cancel);
        await Home.EnsureUnfencedAsync(vm.Id, Id("rounds"), Cancel);
        await Away.EnsureDiskRemovedAsync(disk, Cancel);
        Assert.Equal(before, await DumpAsync(vm.Name));
    }

    [Fact(Timeout = 2 * Limit)]
    public async Task A_vm_switched_off_with_its_file_systems_frozen_keeps_its_record_of_changes_and_starts_again()
    {
        Assert.SkipUnless(Home.Capabilities.SwitchesOffFrozen, "This platform cannot switch a VM off with its file systems frozen.");
        var vm = await RunningAsync("frozen-off");
        await (await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("frozen-off"), "c1", null, Quiesce: false), Cancel)).DisposeAsync();
        await Home.EnsureOffFrozenAsync(vm.Id, Id("frozen-off"), Cancel);
        await Home.EnsureOffFrozenAsync(vm.Id, Id("frozen-off"), Cancel);
        Assert.Equal(PowerState.Off, (await Home.InspectAsync(vm.Id, Cancel))!.Power);

        await using (var last = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("frozen-off"), "last", "c1", Quiesce: false), Cancel))
        {
            Assert.Equal("c1", last.Since);
            Assert.NotNull(await last.ChangedAsync(vm.Disks[0].Name, Cancel));
        }

        await Home.EnsureRunningAsync(vm.Id, Cancel);
        await UntilUpAsync(Home, vm.Id);
        await Home.EnsureTrackingRemovedAsync(vm.Id, Id("frozen-off"), Cancel);
    }

    [Fact(Timeout = 2 * Limit)]
    public async Task A_vm_whose_writes_are_held_back_still_works_and_is_as_before_when_it_is_let_go()
    {
        Assert.SkipUnless(Home.Capabilities.HoldsWritesBack, "This platform cannot hold a VM's writes back.");
        var vm = await RunningAsync("held-back");
        var before = await DumpAsync(vm.Name);
        await Home.EnsureSlowedAsync(vm.Id, Id("held-back"), null, Cancel);
        await Home.EnsureSlowedAsync(vm.Id, Id("held-back"), 4 << 20, Cancel);
        await Home.EnsureSlowedAsync(vm.Id, Id("held-back"), 1 << 20, Cancel);
        Assert.True(await Home.PingAgentAsync(vm.Id, Cancel));
        await Home.EnsureTrackingRemovedAsync(vm.Id, Id("held-back"), Cancel);
        Assert.Equal(before, await DumpAsync(vm.Name));
        await Home.EnsureSlowedAsync(vm.Id, Id("held-back"), 1 << 20, Cancel);
        await Home.EnsureSlowedAsync(vm.Id, Id("held-back"), null, Cancel);
        Assert.Equal(before, await DumpAsync(vm.Name));
        await Home.EnsureOffAsync(vm.Id, TimeSpan.FromSeconds(60), force: false, Cancel);
        await Home.EnsureSlowedAsync(vm.Id, Id("held-back"), 1 << 20, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_checkpoint_that_is_not_there_makes_everything_count_as_changed()
    {
        Assert.SkipUnless(Home.Capabilities.ChangedBlockTracking, NoTracking);
        var vm = await RunningAsync("unknown-since");

        await using var round = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("unknown-since"), "c2", "c1", Quiesce: false), Cancel);

        Assert.Null(round.Since);
        Assert.Null(await round.ChangedAsync(vm.Disks[0].Name, Cancel));
    }

    [Fact(Timeout = 2 * Limit)]
    public async Task What_a_killed_run_left_open_is_closed_by_the_next_round_and_at_the_end_nothing_is_left()
    {
        Assert.SkipUnless(Home.Capabilities.ChangedBlockTracking, NoTracking);
        var vm = await RunningAsync("left-open");
        var left = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("left-open"), "c1", null, Quiesce: false), Cancel);
        await using var home = OpenHomeAgain();

        await using (var next = await home.OpenRoundAsync(new RoundRequest(vm.Id, Id("left-open"), "c2", "c1", Quiesce: false), Cancel))
        {
            Assert.Equal("c1", next.Since);
        }

        await using (var again = await home.OpenRoundAsync(new RoundRequest(vm.Id, Id("left-open"), "c2", "c1", Quiesce: false), Cancel))
        {
            Assert.NotNull(await again.ChangedAsync(vm.Disks[0].Name, Cancel));
        }

        await left.DisposeAsync();
        Assert.Equal(["c1", "c2"], await home.FindCheckpointsAsync(vm.Id, Id("left-open"), Cancel));
        Assert.Empty(await home.FindCheckpointsAsync(vm.Id, Id("other"), Cancel));
        await home.EnsureCheckpointRemovedAsync(vm.Id, Id("left-open"), "c1", Cancel);
        await home.EnsureCheckpointRemovedAsync(vm.Id, Id("left-open"), "c1", Cancel);
        Assert.Equal(["c2"], await home.FindCheckpointsAsync(vm.Id, Id("left-open"), Cancel));
        await using (var third = await home.OpenRoundAsync(new RoundRequest(vm.Id, Id("left-open"), "c3", "c2", Quiesce: false), Cancel))
        {
            Assert.Equal("c2", third.Since);
        }

        await home.EnsureTrackingRemovedAsync(vm.Id, Id("left-open"), Cancel);
        await home.EnsureTrackingRemovedAsync(vm.Id, Id("left-open"), Cancel);
        Assert.Empty(await home.FindCheckpointsAsync(vm.Id, Id("left-open"), Cancel));
        await home.EnsureOffAsync(vm.Id, TimeSpan.FromSeconds(60), force: false, Cancel);
    }

    [Fact(Timeout = 2 * Limit)]
    public async Task A_vm_started_tracked_tells_what_it_has_written_since()
    {
        Assert.SkipUnless(Home.Capabilities.ChangedBlockTracking, NoTracking);
        var vm = await VmAsync("tracked");
        Assert.True(await Home.EnsureRunningTrackedAsync(vm.Id, Id("tracked"), "start", Cancel));
        Assert.True(await Home.EnsureRunningTrackedAsync(vm.Id, Id("tracked"), "start", Cancel));
        Assert.False(await Home.EnsureRunningTrackedAsync(vm.Id, Id("tracked"), "later", Cancel));
        await UntilUpAsync(Home, vm.Id);
        await Task.Delay(500, Cancel);
        await Home.EnsureOffAsync(vm.Id, TimeSpan.FromSeconds(60), force: false, Cancel);

        await using (var round = await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("tracked"), "back", "start", Quiesce: false), Cancel))
        {
            Assert.Equal("start", round.Since);
            Assert.InRange((await round.ChangedAsync(vm.Disks[0].Name, Cancel))!.TotalBytes, 1, vm.Disks[0].LengthBytes.Value / 2);
        }

        await Home.EnsureFencedAsync(vm.Id, Id("tracked"), Cancel);
        await Fails(PlatformErrorKind.Refused, Home.EnsureRunningTrackedAsync(vm.Id, Id("tracked"), "start", Cancel));
        await Home.EnsureUnfencedAsync(vm.Id, Id("tracked"), Cancel);
        await Home.EnsureTrackingRemovedAsync(vm.Id, Id("tracked"), Cancel);
        Assert.Empty(await Home.FindCheckpointsAsync(vm.Id, Id("tracked"), Cancel));
    }

    [Fact(Timeout = 4 * Limit)]
    public async Task A_vm_moves_live_and_what_it_has_not_written_since_is_equal_on_both_sides()
    {
        Assert.SkipUnless(Home.Capabilities.LiveFamily is { } family && family == Away.Capabilities.LiveFamily && !Home.Relocates(Away), "This platform does not move memory between two sites.");
        var vm = await RunningAsync("live");
        Assert.Empty(await Home.FindLiveBlockersAsync(vm.Id, Away, Cancel));
        var stood = await Home.ReadConsoleAsync(vm.Id, Cancel);
        var disk = await Away.EnsureDiskAsync(new DiskRequest(Id("live"), vm.Name, Pool, vm.Disks[0].Name, vm.Disks[0].LengthBytes.Value, vm.Disks[0].Format.Or(null!)), Cancel);
        await (await Home.OpenRoundAsync(new RoundRequest(vm.Id, Id("live"), "move", null, Quiesce: false), Cancel)).DisposeAsync();
        var request = new LiveRequest(vm.Id, Id("live"), Request(vm, disk, "live"), TimeSpan.FromSeconds(1), AutoConverge: false, null);

        var result = await Home.MoveLiveAsync(request, Away, null, Cancel);
        await Home.EnsureFencedAsync(vm.Id, Id("live"), Cancel);

        Assert.InRange(result.Downtime, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(30));
        Assert.True(result.TransferredBytes > 0);
        Assert.Equal(PowerState.Off, (await Home.InspectAsync(vm.Id, Cancel))!.Power);
        Assert.Equal(FenceState.Standing, await Home.InspectFenceAsync(vm.Id, Id("live"), Cancel));
        var copy = Assert.Single(await Away.FindStampedAsync(Id("live"), Cancel));
        Assert.Equal((result.VmId, PowerState.Running), (copy.Id, copy.Power));
        Assert.Equal(vm.Nics[0].Mac, copy.Nics[0].Mac, ignoreCase: true);
        while (!await Away.PingAgentAsync(copy.Id, Cancel))
        {
            await Task.Delay(200, Cancel);
        }

        // The guest was not started again.
        Assert.DoesNotContain("login: \n[    0", await Away.ReadConsoleAsync(copy.Id, Cancel) ?? "", StringComparison.Ordinal);
        Assert.NotNull(stood);

        Assert.Equal(["move"], await Away.FindCheckpointsAsync(copy.Id, Id("live"), Cancel));
        await using (var round = await Away.OpenRoundAsync(new RoundRequest(copy.Id, Id("live"), "proof", "move", Quiesce: false), Cancel))
        {
            Assert.Equal("move", round.Since);
            var changed = (await round.ChangedAsync(copy.Disks[0].Name, Cancel))!;
            Assert.InRange(changed.TotalBytes, 0, vm.Disks[0].LengthBytes.Value / 2);
            var same = changed.RoundOut(DigestTree.LeafBytes, vm.Disks[0].LengthBytes.Value).Complement(vm.Disks[0].LengthBytes.Value);
            await using var here = await Home.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, false, Cancel);
            await using var there = await round.OpenDiskAsync(copy.Disks[0].Name, Cancel);
            Assert.Equal(await DigestAsync(here, same), await DigestAsync(there, same));
        }

        await Away.EnsureTrackingRemovedAsync(copy.Id, Id("live"), Cancel);
        await Home.EnsureTrackingRemovedAsync(vm.Id, Id("live"), Cancel);
        await Away.EnsureOffAsync(copy.Id, TimeSpan.FromSeconds(60), force: true, Cancel);
        await Away.EnsureRemovedAsync(copy.Id, Id("live"), Cancel);
        await Home.EnsureUnfencedAsync(vm.Id, Id("live"), Cancel);
    }

    private async Task<Vm> RunningAsync(string test)
    {
        var vm = await VmAsync(test);
        await Home.EnsureRunningAsync(vm.Id, Cancel);
        await UntilUpAsync(Home, vm.Id);
        while (!await Home.PingAgentAsync(vm.Id, Cancel))
        {
            await Task.Delay(100, Cancel);
        }

        return vm;
    }

    private static async Task ApplyAsync(DiskRound round, Vm vm, DiskAccess to, ExtentSet? ranges)
    {
        await using var from = await round.OpenDiskAsync(vm.Disks[0].Name, Cancel);
        await using var reader = from.OpenReader();
        await using var writer = to.OpenWriter();
        await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Ranges = ranges, TargetIsZero = ranges is null, ReadBack = true }, null, Cancel);
    }

    private static async Task<string> DigestAsync(DiskAccess disk, ExtentSet? ranges = null)
    {
        await using var reader = disk.OpenReader();
        return (await BlockCopier.DigestAsync(reader, null, new CopyOptions { Ranges = ranges }, null, Cancel)).Digest;
    }
}
