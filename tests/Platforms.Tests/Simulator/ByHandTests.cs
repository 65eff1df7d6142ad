using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class ByHandTests
{
    private static CancellationToken Cancellation => TestWorld.Cancellation;

    [Fact(Timeout = 30_000)]
    public async Task What_was_done_by_hand_is_what_the_site_reports()
    {
        var test = new TestWorld();
        var before = await test.WebAsync();
        var hand = test.World.ByHand;

        hand.Rename("dc1", "web", "www");
        hand.MoveToHost("dc1", "www", "elsewhere");
        hand.MoveToPool("dc1", "www", "vda", "bulk");
        hand.Reshape("dc1", "www", cpus: 9, memoryBytes: 9L << 30);
        hand.SetSnapshots("dc1", "www", 3);
        hand.SetBusy("dc1", "www", "nightly backup");
        hand.PowerOff("dc1", "www");

        var after = (await test.Dc1.InspectAsync(before.Id, Cancellation))!;
        Assert.Equal(("www", "elsewhere", "bulk"), (after.Name, after.Host.Value, after.Disks[0].Pool.Value));
        Assert.Equal((9, 9L << 30, 3), (after.Cpus.Value, after.MemoryBytes.Value, after.Snapshots.Value));
        Assert.Equal(("nightly backup", PowerState.Off), (after.BusyWith.Value, after.Power));
        Assert.All(test.World.Events, change => Assert.True(change.ByHand));
        hand.Delete("dc1", "www");
        Assert.Null(await test.Dc1.InspectAsync(before.Id, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_that_crashes_takes_its_vms_down_and_their_acknowledged_writes_stay()
    {
        var test = new TestWorld();
        var vm = await test.WebAsync();
        test.Time.Advance(TimeSpan.FromSeconds(30));

        test.World.ByHand.CrashHost("dc1", vm.Host.Value);

        Assert.Equal(PowerState.Off, (await test.WebAsync()).Power);
        var journal = test.World.CheckJournal("dc1", "web");
        Assert.Equal((30, 30), (journal.Acknowledged, journal.OnDisk));
        test.Time.Advance(TimeSpan.FromSeconds(10));
        test.World.ByHand.Start("dc1", "web");
        Assert.Equal(TimeSpan.FromSeconds(10), test.World.Watch(vm.Id)!.LongestOutage);
    }

    [Fact]
    public void Whoever_names_what_is_not_there_is_told_so()
    {
        var world = new SimulatedWorld(new SimulatedTime());

        Assert.Contains("dc9", Assert.Throws<SimulatedMistakeException>(() => world.ByHand.Start("dc9", "web")).Message, StringComparison.Ordinal);
    }
}
