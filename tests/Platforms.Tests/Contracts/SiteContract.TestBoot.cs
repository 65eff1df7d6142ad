using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.Contracts;

/// <content>Throw-away clones of copied disks.</content>
public abstract partial class SiteContract
{
    [Fact(Timeout = 2 * Limit)]
    public async Task A_test_clone_is_another_machine_on_disks_that_stay_as_they_are_and_leaves_nothing()
    {
        var id = Id("tested");
        if (Away.Capabilities.WhyNoTestBoot is not null)
        {
            await Away.EnsureTestClonesRemovedAsync(id, Cancel);
            return;
        }

        var vm = await VmAsync("tested");
        var disk = await Away.EnsureDiskAsync(new DiskRequest(id, vm.Name, Pool, vm.Disks[0].Name, vm.Disks[0].LengthBytes.Value, null), Cancel);
        var content = new byte[1 << 20];
        new Random(1).NextBytes(content);
        await using (var access = await Away.OpenDiskAsync(disk, Cancel))
        {
            await WriteAsync(access, content, 0, content.Length);
        }

        var request = Request(vm, disk, "tested") with { Stamp = new Stamp(id, StampRole.Test), Name = Named("tested-clone") };
        await Away.EnsureTestCloneAsync(request, Cancel);
        var cloneId = await Away.EnsureTestCloneAsync(request, Cancel);

        var clone = Assert.Single(await Away.FindStampedAsync(id, Cancel));
        Assert.Equal((cloneId, StampRole.Test, PowerState.Off, request.Name), (clone.Id, clone.Stamp!.Role, clone.Power, clone.Name));
        Assert.NotEqual(vm.Id, clone.Id);
        Assert.NotEqual(vm.Uuid, clone.Uuid);
        Assert.DoesNotContain(clone.Nics, nic => vm.Nics.Any(own => own.Mac == nic.Mac));
        // It is no holder of the copy's disk.
        Assert.Null(Assert.Single(await Away.FindStampedDisksAsync(id, Cancel)).Attached);

        await Away.EnsureRunningAsync(cloneId, Cancel);
        Assert.Equal(PowerState.Running, (await Away.InspectAsync(cloneId, Cancel))!.Power);
        await Away.EnsureTestClonesRemovedAsync(id, Cancel);
        await Away.EnsureTestClonesRemovedAsync(id, Cancel);

        Assert.Null(await Away.InspectAsync(cloneId, Cancel));
        Assert.Empty(await Away.FindByNameAsync(request.Name, Cancel));
        disk = Assert.Single(await Away.FindStampedDisksAsync(id, Cancel));
        await using (var access = await Away.OpenDiskAsync(disk, Cancel))
        {
            Assert.Equal(content[..65536], await StartAsync(access));
        }

        await Away.EnsureDiskRemovedAsync(disk, Cancel);
        Assert.False(await ExistsAsync(disk.Location));
    }
}
