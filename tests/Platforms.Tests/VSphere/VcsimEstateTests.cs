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
}
