using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>A bare ESXi host: no vCenter, no templates, one datacenter that needs no name.</summary>
public sealed class VcsimHostTests
{
    private const int Limit = 60_000;
    private const string Migration = "vmm-00000000000000e5";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task On_a_bare_host_a_fenced_vm_is_renamed_and_unplugged_and_a_start_by_hand_is_seen()
    {
        await using var vcsim = await Vcsim.StartAsync("-esx");
        await using var site = vcsim.Open("esx");
        var world = new VcsimWorld(vcsim, site);
        var made = await world.CreateVmAsync("lone", VcsimWorld.Content(1 << 20, 1), Cancel, network: "VM Network");
        var vm = Assert.Single(await site.FindByNameAsync("lone", Cancel));

        await site.EnsureFencedAsync(vm.Id, Migration, Cancel);

        Assert.Equal(FenceState.Standing, await site.InspectFenceAsync(vm.Id, Migration, Cancel));
        var fenced = await world.VmAsync("lone", Cancel);
        Assert.Equal($"lone (fenced by {Migration})", fenced.Text("name"));
        Assert.NotEqual(true, fenced.Flag("config.template"));
        Assert.All(Devices.Of(fenced).Nics, nic => Assert.Equal("false", nic.Elements().Single(part => part.Name.LocalName == "connectable").Elements().Single(part => part.Name.LocalName == "startConnected").Value));
        var refused = await Assert.ThrowsAsync<PlatformException>(() => site.EnsureRunningAsync(vm.Id, Cancel));
        Assert.Equal(PlatformErrorKind.Refused, refused.Kind);
        await using (var disk = await site.OpenVmDiskAsync(vm.Id, "sda", false, Cancel))
        {
            Assert.Equal(1 << 20, disk.LengthBytes);
        }

        await world.Client.RunTaskAsync("by hand", made, "PowerOnVM_Task", Cancel);
        Assert.Equal(FenceState.Broken, await site.InspectFenceAsync(vm.Id, Migration, Cancel));
        await world.Client.RunTaskAsync("by hand", made, "PowerOffVM_Task", Cancel);

        await site.EnsureUnfencedAsync(vm.Id, Migration, Cancel);
        var back = Assert.Single(await site.FindByNameAsync("lone", Cancel));
        Assert.Equal((vm.Id, vm.NativeDefinition, PowerState.Off), (back.Id, back.NativeDefinition, back.Power));
        Assert.Equal(FenceState.None, await site.InspectFenceAsync(vm.Id, Migration, Cancel));
    }
}
