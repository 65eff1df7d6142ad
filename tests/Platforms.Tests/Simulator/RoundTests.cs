using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class RoundTests
{
    private static CancellationToken Cancellation => TestWorld.Cancellation;

    [Fact(Timeout = 30_000)]
    public async Task A_guest_left_frozen_by_a_killed_run_stands_still_and_works_again_with_the_next_round()
    {
        var test = new TestWorld(faults: new Fault { Kind = FaultKind.Crash, Call = "OpenRound", Moment = FaultMoment.Inside });
        var vm = await test.WebAsync();
        test.Time.Advance(TimeSpan.FromSeconds(12));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => test.Dc1.OpenRoundAsync(Request(vm, "c1", null), Cancellation));
        var frozen = test.World.CheckJournal("dc1", vm.Id).OnDisk;
        test.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(frozen, test.World.CheckJournal("dc1", vm.Id).OnDisk);

        var again = test.World.Open("dc1", TestWorld.Small);
        await using (var round = await again.OpenRoundAsync(Request(vm, "c1", null), Cancellation))
        {
            Assert.True(round.Quiesced);
        }

        test.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(frozen + 5, test.World.CheckJournal("dc1", vm.Id).OnDisk);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_guest_that_cannot_freeze_is_told_and_still_copied()
    {
        var test = new TestWorld(faults: new Fault { Kind = FaultKind.Refuse, Call = "Guest.Freeze", Message = "fsfreeze hook has failed" });
        var vm = await test.WebAsync();
        test.Time.Advance(TimeSpan.FromSeconds(12));

        await using var round = await test.Dc1.OpenRoundAsync(Request(vm, "c1", null), Cancellation);

        Assert.False(round.Quiesced);
        Assert.Equal("fsfreeze hook has failed", round.WhyNotQuiesced);
    }

    [Fact(Timeout = 30_000)]
    public async Task Another_tools_backup_keeps_rounds_away()
    {
        var test = new TestWorld();
        var vm = await test.WebAsync();
        test.World.ByHand.SetBusy("dc1", "web", "a backup");
        var failure = await Assert.ThrowsAsync<PlatformException>(() => test.Dc1.OpenRoundAsync(Request(vm, "c1", null), Cancellation));
        Assert.Equal(PlatformErrorKind.Busy, failure.Kind);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_live_move_that_is_cancelled_or_refused_leaves_the_VM_running_where_it_was()
    {
        var test = new TestWorld(source: TestWorld.Small with { BytesPerSecond = 1 << 20 });
        var vm = await test.WebAsync();
        var disks = await Task.WhenAll(vm.Disks.Select(disk => test.Dc2.EnsureDiskAsync(
            new DiskRequest(TestWorld.Migration, vm.Name, "fast", disk.Name, disk.LengthBytes.Value, null), Cancellation)));
        var request = new LiveRequest(vm.Id, TestWorld.Migration, TestWorld.Request(vm, [.. disks]), TimeSpan.FromSeconds(1), AutoConverge: false, null);
        await test.Time.RunAsync(async () =>
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3), test.Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Dc1.MoveLiveAsync(request, test.Dc2, null, stop.Token));
        });

        Assert.Equal(PowerState.Running, (await test.WebAsync()).Power);
        Assert.Empty(await test.Dc2.FindStampedAsync(TestWorld.Migration, Cancellation));
        Assert.Equal(0, test.World.CheckJournal("dc1", vm.Id).Lost);

        var result = await test.Time.RunAsync(() => test.Dc1.MoveLiveAsync(request, test.Dc2, null, Cancellation));
        Assert.Equal(0, test.World.CheckJournal("dc2", result.VmId).Lost);
        Assert.Equal(1, test.World.Watch(vm.Id)!.Running);
        Assert.Equal(0, test.World.Watch(vm.Id)!.DoubleRuns);
    }

    private static RoundRequest Request(Vm vm, string checkpoint, string? since) => new(vm.Id, TestWorld.Migration, checkpoint, since, Quiesce: true);
}
