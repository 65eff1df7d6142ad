using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.Contracts;

/// <content>A source that is put away at commit.</content>
public abstract partial class SiteContract
{
    [Fact(Timeout = Limit)]
    public async Task A_source_is_archived_off_renamed_unable_to_start_without_a_stamp_and_with_its_disks()
    {
        if (!Home.Capabilities.Archives)
        {
            await Fails(PlatformErrorKind.Unsupported, Home.EnsureArchivedAsync(UnknownId, Id("archived"), "away", Cancel));
            return;
        }

        var vm = await VmAsync("archived");
        var name = $"{vm.Name}-archived-2026-01-02";
        await Fails(PlatformErrorKind.Refused, Home.EnsureArchivedAsync(vm.Id, Id("archived"), name, Cancel));
        await Home.EnsureStampAsync(vm.Id, new Stamp(Id("archived"), StampRole.Source), Cancel);
        await Home.EnsureFencedAsync(vm.Id, Id("archived"), Cancel);

        await Home.EnsureArchivedAsync(vm.Id, Id("archived"), name, Cancel);
        await Home.EnsureArchivedAsync(vm.Id, Id("archived"), name, Cancel);

        Assert.Empty(await Home.FindStampedAsync(Id("archived"), Cancel));
        Assert.Empty(await Home.FindByNameAsync(vm.Name, Cancel));
        var kept = Assert.Single(await Home.FindByNameAsync(name, Cancel));
        Assert.Equal((vm.Id, PowerState.Off, null), (kept.Id, kept.Power, kept.Stamp));
        Assert.Equal(vm.Disks.Select(disk => disk.Location), kept.Disks.Select(disk => disk.Location));
        Assert.True(await ExistsAsync(vm.Disks[0].Location));
        await Fails(PlatformErrorKind.Refused, Home.EnsureRunningAsync(vm.Id, Cancel));
    }
}
