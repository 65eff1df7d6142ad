using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Tests.Contracts;

/// <content>Recovery points of a copy's disks.</content>
public abstract partial class SiteContract
{
    private const string Earlier = "2026-01-02T03:04:05.006Z";
    private const string Later = "2026-01-02T04:00:00.000Z";

    [Fact(Timeout = Limit)]
    public async Task A_point_keeps_all_disks_as_they_were_whatever_is_written_after_and_is_gone_back_to()
    {
        var id = Id("points");
        if (Away.WhyNoPoints(null) is not null)
        {
            Assert.Empty(await Away.FindPointsAsync(id, Cancel));
            await Fails(PlatformErrorKind.Unsupported, Away.EnsurePointAsync(id, Earlier, Cancel));
            await Away.EnsurePointRemovedAsync(id, Earlier, Cancel);
            return;
        }

        TargetDisk[] disks = [await DiskAsync("vda"), await DiskAsync("vdb")];
        await FillAsync(1);
        await Away.EnsurePointAsync(id, Earlier, Cancel);
        await FillAsync(2);

        // Done twice is done once: it stays the earlier content.
        await Away.EnsurePointAsync(id, Earlier, Cancel);
        await Away.EnsurePointAsync(id, Later, Cancel);
        await FillAsync(3);
        Assert.Equal([new PointAtSite(Earlier, true), new PointAtSite(Later, true)], await Away.FindPointsAsync(id, Cancel));
        Assert.Empty(await Away.FindPointsAsync(Id("points of another"), Cancel));
        await AssertKeptAsync(Earlier, 1);
        await AssertKeptAsync(Later, 2);

        await Away.EnsurePointRestoredAsync(id, Earlier, Cancel);
        await Away.EnsurePointRestoredAsync(id, Earlier, Cancel);
        await AssertHoldAsync(1);
        await FillAsync(4);
        await AssertKeptAsync(Earlier, 1);
        await AssertKeptAsync(Later, 2);
        await Away.EnsurePointRestoredAsync(id, Later, Cancel);
        await AssertHoldAsync(2);

        await Away.EnsurePointRemovedAsync(id, Earlier, Cancel);
        await Away.EnsurePointRemovedAsync(id, Earlier, Cancel);
        Assert.Equal([new PointAtSite(Later, true)], await Away.FindPointsAsync(id, Cancel));
        await Fails(PlatformErrorKind.NotFound, Away.OpenPointDiskAsync(id, Earlier, "vda", Cancel));
        await Fails(PlatformErrorKind.NotFound, Away.EnsurePointRestoredAsync(id, Earlier, Cancel));
        await AssertHoldAsync(2);

        // One that not all disks have is none; and they go with their disks.
        await Away.EnsureDiskRemovedAsync(disks[1], Cancel);
        disks[1] = await DiskAsync("vdb");
        Assert.Equal([new PointAtSite(Later, false)], await Away.FindPointsAsync(id, Cancel));
        await Fails(PlatformErrorKind.NotFound, Away.EnsurePointRestoredAsync(id, Later, Cancel));
        await Away.EnsureDiskRemovedAsync(disks[0], Cancel);
        await Away.EnsureDiskRemovedAsync(disks[1], Cancel);
        Assert.Empty(await Away.FindPointsAsync(id, Cancel));

        Task<TargetDisk> DiskAsync(string name) => Away.EnsureDiskAsync(new DiskRequest(id, Named("points"), Pool, name, 3 << 20, null), Cancel);

        async Task FillAsync(byte with)
        {
            foreach (var disk in disks)
            {
                await using var access = await Away.OpenDiskAsync(disk, Cancel);
                await WriteAsync(access, Content(disk, with), 0, 1 << 20);
            }
        }

        async Task AssertHoldAsync(byte with)
        {
            foreach (var disk in disks)
            {
                await using var access = await Away.OpenDiskAsync(disk, Cancel);
                Assert.Equal(Content(disk, with), await AllAsync(access));
            }
        }

        async Task AssertKeptAsync(string point, byte with)
        {
            foreach (var disk in disks)
            {
                await using var access = await Away.OpenPointDiskAsync(id, point, disk.DiskName, Cancel);
                Assert.Equal(Content(disk, with), await AllAsync(access));
            }
        }

        static byte[] Content(TargetDisk disk, byte with)
        {
            var content = new byte[3 << 20];
            content.AsSpan(0, 1 << 20).Fill((byte)(with + (disk.DiskName == "vda" ? 0 : 100)));
            return content;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Points_of_a_VM_that_runs_are_listed_and_removed_and_nothing_else()
    {
        if (Away.WhyNoPoints(null) is not null)
        {
            return;
        }

        var vm = await VmAsync("points-on");
        var disk = await CopyAsync(vm);
        await Away.EnsurePointAsync(Id("points-on"), Earlier, Cancel);
        await Away.EnsurePointAsync(Id("points-on"), Later, Cancel);
        await Home.EnsureOffAsync(vm.Id, TimeSpan.Zero, force: true, Cancel);
        var copy = await Away.EnsureDefinedAsync(Request(vm, disk, "points-on"), Cancel);
        await Away.EnsureRunningAsync(copy, Cancel);

        Assert.Equal(2, (await Away.FindPointsAsync(Id("points-on"), Cancel)).Length);
        await Fails(PlatformErrorKind.Refused, Away.EnsurePointAsync(Id("points-on"), "2026-01-02T05:00:00.000Z", Cancel));
        await Fails(PlatformErrorKind.Refused, Away.EnsurePointRestoredAsync(Id("points-on"), Earlier, Cancel));
        await Away.EnsurePointRemovedAsync(Id("points-on"), Earlier, Cancel);
        Assert.Equal([new PointAtSite(Later, true)], await Away.FindPointsAsync(Id("points-on"), Cancel));
        Assert.Equal(Engine.Facts.PowerState.Running, (await Away.InspectAsync(copy, Cancel))!.Power);

        await Away.EnsureOffAsync(copy, TimeSpan.Zero, force: true, Cancel);
        await Away.EnsureRemovedAsync(copy, Id("points-on"), Cancel);
        Assert.Empty(await Away.FindPointsAsync(Id("points-on"), Cancel));
    }
}
