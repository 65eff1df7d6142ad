using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class FileWorldTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;

    private static CancellationToken Cancellation => TestWorld.Cancellation;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>As another process would see it: nothing in common but the folder.</summary>
    private TestWorld Another(SimulatedTime? time = null) => new(SimulatedWorld.At(_folder, time ?? new SimulatedTime()));

    [Fact(Timeout = 60_000)]
    public async Task What_one_process_moved_another_finds_with_all_its_content()
    {
        var first = Another();
        var id = await first.Time.RunAsync(first.MoveAsync);
        var content = first.World.ByHand.ReadFromDisk("dc2", id, "vdb", 0, (3 << 20) + 512);

        var second = Another(first.Time);
        var vm = await second.Dc2.InspectAsync(id, Cancellation);

        Assert.Equal(PowerState.Running, vm!.Power);
        Assert.Equal(TestWorld.Migration, vm.Stamp!.MigrationId);
        Assert.Equal(FenceState.Standing, await second.Dc1.InspectFenceAsync(id, TestWorld.Migration, Cancellation));
        Assert.Equal(content, second.World.ByHand.ReadFromDisk("dc2", id, "vdb", 0, content.Length));
        second.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(0, second.World.CheckJournal("dc2", "web").Lost);
        Assert.True(first.World.CheckJournal("dc2", "web").OnDisk > 170);
        Assert.Equal(1, first.World.Watch(id)!.MostRunning);
        Assert.Contains(second.World.Calls, call => call is { Name: "EnsureFenced", Writes: true });
        Assert.Contains(second.World.Events, change => change is { What: "fenced", ByHand: false });
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_writers_at_once_lose_nothing()
    {
        var options = new SiteOptions { Vms = 8 };
        var ids = await SimulatedWorld.At(_folder, TimeProvider.System).Open("dc1", options).ListAsync(Cancellation).Select(vm => vm.Id).ToArrayAsync(Cancellation);

        await Task.WhenAll(ids.Select(id => Task.Run(
            async () =>
            {
                var site = SimulatedWorld.At(_folder, TimeProvider.System).Open("dc1", options);
                for (var i = 1; i <= 20; i++)
                {
                    await site.EnsureStampAsync(id, new Stamp("m", StampRole.Source).With("count", $"{i}"), Cancellation);
                }
            },
            Cancellation)));

        var after = SimulatedWorld.At(_folder, TimeProvider.System);
        var vms = await after.Open("dc1", options).ListAsync(Cancellation).ToArrayAsync(Cancellation);
        Assert.All(vms, vm => Assert.Equal("20", vm.Stamp!["count"]));
        Assert.Equal(8 * 20, after.Calls.Count(call => call.Name == "EnsureStamp"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Other_options_change_what_was_made_up_and_keep_what_was_done()
    {
        var site = SimulatedWorld.At(_folder, TimeProvider.System).Open("dc1", new SiteOptions { Vms = 2 });
        var vms = await site.ListAsync(Cancellation).ToArrayAsync(Cancellation);
        await site.EnsureStampAsync(vms[1].Id, new Stamp("m", StampRole.Source), Cancellation);
        site.World.ByHand.Delete("dc1", vms[0].Name);

        var more = await SimulatedWorld.At(_folder, TimeProvider.System).Open("dc1", new SiteOptions { Vms = 4, DataBytes = 9 << 20 }).ListAsync(Cancellation).ToArrayAsync(Cancellation);

        Assert.Equal(3, more.Length);
        var kept = more.Single(vm => vm.Id == vms[1].Id);
        Assert.Equal("m", kept.Stamp!.MigrationId);
        Assert.Equal(vms[1].Disks.Select(disk => (disk.LengthBytes, disk.AllocatedBytes)), kept.Disks.Select(disk => (disk.LengthBytes, disk.AllocatedBytes)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_thousand_untouched_vms_take_no_room_in_the_file()
    {
        var site = SimulatedWorld.At(_folder, TimeProvider.System).Open("dc1", new SiteOptions { Vms = 1000 });
        Assert.Equal(1000, await site.ListAsync(Cancellation).CountAsync(Cancellation));

        Assert.InRange(new FileInfo(Path.Combine(_folder, "world.json")).Length, 1, 4096);
    }
}
