using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>What a hand has changed of a moved VM is put back in its definition, on a real libvirt.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class ShapeTests(TwoHosts lab) : IAsyncLifetime
{
    private const string Guest = "shape-guest";
    private const string Renamed = "shape-renamed";
    private const string Migration = "vmm-5ba9e00000000000";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await TwoHosts.FreshGuestAsync(Guest);

    public async ValueTask DisposeAsync()
    {
        await TwoHosts.ForgetAsync(Guest);
        await TwoHosts.ForgetAsync(Renamed);
    }

    [Fact(Timeout = 120_000)]
    public async Task Processors_memory_and_name_change_while_it_is_off_and_its_tracking_goes_on()
    {
        await using var site = lab.Open(TwoHosts.Dc1);
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        await site.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Target), Cancel);
        Assert.True(await site.EnsureRunningTrackedAsync(vm.Id, Migration, "cutover", Cancel));
        var shape = new VmShape { Name = Renamed, Cpus = 3, MemoryBytes = 192L << 20 };
        var refused = await Assert.ThrowsAsync<PlatformException>(() => site.EnsureShapedAsync(vm.Id, Migration, shape, Cancel));
        Assert.Equal(PlatformErrorKind.Refused, refused.Kind);

        await site.EnsureOffAsync(vm.Id, TimeSpan.Zero, force: true, Cancel);
        for (var times = 0; times < 2; times++)
        {
            await site.EnsureShapedAsync(vm.Id, Migration, shape, Cancel);
            var now = (await site.InspectAsync(vm.Id, Cancel))!;
            Assert.Equal((Renamed, 3, 192L << 20, vm.Uuid), (now.Name, now.Cpus.Value, now.MemoryBytes.Value, now.Uuid));
            Assert.Equal(["cutover"], await site.FindCheckpointsAsync(vm.Id, Migration, Cancel));
        }

        // Within what it may have at most, only the number changes.
        await site.EnsureShapedAsync(vm.Id, Migration, new VmShape { Cpus = 1 }, Cancel);
        Assert.Contains("current='1'>3</vcpu>", await lab.VirshAsync(TwoHosts.Dc1, "dumpxml", Renamed), StringComparison.Ordinal);

        // The bitmap goes on where it was: what is written from the next start on counts as changed since then.
        Assert.True(await site.EnsureRunningTrackedAsync(vm.Id, Migration, "cutover", Cancel));
        Assert.Equal(PowerState.Running, (await site.InspectAsync(vm.Id, Cancel))!.Power);
        Assert.Equal(["cutover"], await site.FindCheckpointsAsync(vm.Id, Migration, Cancel));
        await site.EnsureOffAsync(vm.Id, TimeSpan.Zero, force: true, Cancel);
        await site.EnsureTrackingRemovedAsync(vm.Id, Migration, Cancel);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_network_card_is_put_on_its_network_again_and_attached_again()
    {
        const string Isolated = "shape-isolated";
        await using var site = lab.Open(TwoHosts.Dc1);
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        await site.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Target), Cancel);
        var mac = Assert.Single(vm.Nics).Mac.ToUpperInvariant();
        var file = Path.Combine(TwoHosts.Folder, "shape-isolated.xml");
        await File.WriteAllTextAsync(file, $"<network><name>{Isolated}</name><bridge name='shape0'/></network>", Cancel);
        await lab.VirshAsync(TwoHosts.Dc1, "net-define", file);
        try
        {
            // Gone, and then back on either network; each twice, for a run that repeats it.
            await lab.VirshAsync(TwoHosts.Dc1, "detach-interface", Guest, "user", "--mac", mac.ToLowerInvariant(), "--config");
            Assert.Empty((await site.InspectAsync(vm.Id, Cancel))!.Nics);
            foreach (var network in new[] { "user", Isolated, "user", "user" })
            {
                await site.EnsureShapedAsync(vm.Id, Migration, new VmShape { Nics = [new NicShape(mac, network, "e1000")] }, Cancel);
                var nic = Assert.Single((await site.InspectAsync(vm.Id, Cancel))!.Nics);
                Assert.Equal((mac, "e1000", network), (nic.Mac.ToUpperInvariant(), nic.Model.Value, nic.Network.Value));
            }

            var gone = await Assert.ThrowsAsync<PlatformException>(() => site.EnsureShapedAsync(vm.Id, Migration, new VmShape { Nics = [new NicShape(mac, "no-such", null)] }, Cancel));
            Assert.Equal(PlatformErrorKind.NotFound, gone.Kind);
            await site.EnsureRunningAsync(vm.Id, Cancel);
        }
        finally
        {
            await lab.VirshAsync(TwoHosts.Dc1, "net-undefine", Isolated);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_is_not_ours_is_left_alone()
    {
        await using var site = lab.Open(TwoHosts.Dc1);
        var vm = Assert.Single(await site.FindByNameAsync(Guest, Cancel));
        await Assert.ThrowsAsync<PlatformException>(() => site.EnsureShapedAsync(vm.Id, Migration, new VmShape { Cpus = 3 }, Cancel));
        Assert.Equal(vm.Cpus, (await site.InspectAsync(vm.Id, Cancel))!.Cpus);
    }
}
