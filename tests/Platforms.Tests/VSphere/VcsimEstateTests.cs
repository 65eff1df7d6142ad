using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>A thousand VMs behind one vCenter.</summary>
public sealed class VcsimEstateTests
{
    private const int Limit = 120_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_thousand_vms_are_listed_with_their_facts_in_a_handful_of_calls()
    {
        await using var vcsim = await Vcsim.StartAsync("-vms", "1000");
        await using var site = vcsim.Open("vc1");

        var facts = await site.DescribeAsync(Cancel);
        var before = await vcsim.CallsAsync("RetrievePropertiesEx");
        var vms = new List<Vm>();
        await foreach (var vm in site.ListAsync(Cancel))
        {
            vms.Add(vm);
        }

        Assert.Equal(1000, facts.Vms.Length);
        Assert.Equal(facts.Vms.Select(name => (name.Id, name.Name)), vms.Select(vm => (vm.Id, vm.Name)));
        Assert.All(vms, vm =>
        {
            Assert.Equal("sda", Assert.Single(vm.Disks).Name);
            Assert.Equal("DC0_DVPG0", Assert.Single(vm.Nics).Network.Value);
            Assert.Equal(vcsim.Datastore, vm.Disks[0].Pool.Value);
            Assert.True(vm.Firmware.IsKnown && vm.MemoryBytes.IsKnown && vm.Autostart.IsKnown);
        });
        // The VMs, and which of them start with their hosts.
        Assert.InRange(await vcsim.CallsAsync("RetrievePropertiesEx") - before, 1, 6);
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_listing_takes_only_what_has_changed_and_a_lost_session_costs_a_whole_one()
    {
        await using var vcsim = await Vcsim.StartAsync("-vms", "20");
        await using var site = vcsim.Open("vc1");
        var world = new VcsimWorld(vcsim, site);
        var first = await ListAsync(site);
        var (views, whole) = (await vcsim.CallsAsync("CreateContainerView"), first.Count);
        Assert.Equal(20, whole);

        await world.CreateVmAsync("new-01", VcsimWorld.Content(1 << 20, 1), Cancel);
        var gone = first[3];
        await world.DeleteVmAsync(gone.Name, Cancel);
        await site.EnsureStampAsync(first[5].Id, new VmMigrate.Engine.Contracts.Stamp("vmm-00000000000000ee", VmMigrate.Engine.Contracts.StampRole.Source), Cancel);
        await site.EnsureOffAsync(first[6].Id, TimeSpan.Zero, force: true, Cancel);
        views = await vcsim.CallsAsync("CreateContainerView");
        var second = await ListAsync(site);

        Assert.Equal(20, second.Count);
        Assert.Contains(second, vm => vm.Name == "new-01");
        Assert.DoesNotContain(second, vm => vm.Id == gone.Id);
        Assert.Equal("vmm-00000000000000ee", second.Single(vm => vm.Id == first[5].Id).Stamp?.MigrationId);
        Assert.Equal(PowerState.Off, second.Single(vm => vm.Id == first[6].Id).Power);
        // Only the inventory without the VMs may have been read anew.
        Assert.InRange(await vcsim.CallsAsync("CreateContainerView") - views, 0, 1);

        await vcsim.OrderAsync("WaitForUpdatesEx", "fault:ManagedObjectNotFound");
        Assert.Equal(second.Select(vm => vm.Id), (await ListAsync(site)).Select(vm => vm.Id));
    }

    private static async Task<List<Vm>> ListAsync(VmMigrate.Platforms.VSphere.VSphereSite site)
    {
        var vms = new List<Vm>();
        await foreach (var vm in site.ListAsync(Cancel))
        {
            vms.Add(vm);
        }

        return vms;
    }
}
