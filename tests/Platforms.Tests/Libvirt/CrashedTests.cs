using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>libvirt tells a VM whose QEMU was killed from one that somebody switched off.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class CrashedTests(TwoHosts lab) : IAsyncLifetime
{
    private const string Guest = "crashed-guest";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await TwoHosts.FreshGuestAsync(Guest);

    public async ValueTask DisposeAsync() => await TwoHosts.ForgetAsync(Guest);

    [Fact(Timeout = 60_000)]
    public async Task A_killed_QEMU_is_a_crash_and_a_power_off_is_none()
    {
        await using var site = lab.Open(TwoHosts.Dc1);
        var id = Assert.Single(await site.FindByNameAsync(Guest, Cancel)).Id;
        await site.EnsureRunningAsync(id, Cancel);
        await lab.KillGuestAsync(TwoHosts.Dc1, Guest);
        Vm? vm;
        while ((vm = await site.InspectAsync(id, Cancel)) is not { Power: PowerState.Off })
        {
            await Task.Delay(100, Cancel);
        }

        Assert.True(vm.Crashed);
        await site.EnsureRunningAsync(id, Cancel);
        await lab.VirshAsync(TwoHosts.Dc1, "destroy", Guest);
        Assert.False((await site.InspectAsync(id, Cancel))!.Crashed);
    }
}
