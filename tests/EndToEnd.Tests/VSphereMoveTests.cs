using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>From a simulated vCenter with a real disk behind its datastore to a real libvirt host, by the real terraform and the native binary.</summary>
[Collection(Lab.Name)]
public sealed class VSphereMoveTests(TwoHosts lab)
{
    private const int Limit = 300_000;
    private const string Name = "vmware-02";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_declared_move_from_vSphere_boots_on_KVM_and_comes_home_on_destroy()
    {
        await TwoHosts.ForgetAsync(Name);
        await using var vcsim = await Vcsim.StartAsync();
        await using var vcenter = vcsim.Open("vc1");
        var world = new VcsimWorld(vcsim, vcenter);
        var vm = await world.CreateVmAsync(Name, await lab.GuestContentAsync(Cancel), Cancel, "VirtualIDEController");
        await world.Client.RunTaskAsync("starting", vm, "PowerOnVM_Task", Cancel);
        await world.SetToolsAsync(vm, true, Cancel);
        using var declaration = new Declaration(lab)
        {
            Vm = $"site = \"vc1\", name = \"{Name}\"",
            Target = "site = \"dc2\", networks = { DC0_DVPG0 = \"user\" }",
            Sites = $"vc1 = {{ vsphere = {{ server = \"{vcsim.Url}\", user = \"{Vcsim.User}\", password = \"{Vcsim.Password}\", thumbprint = \"{vcsim.Thumbprint}\" }} }}",
        };
        try
        {
            var plan = (await declaration.PlanAsync()).Succeeded();
            Assert.Contains("cold vc1 → dc2", plan.Text, StringComparison.Ordinal);
            Assert.Contains("HTTPS ranges of the datastore", plan.Flat, StringComparison.Ordinal);

            (await declaration.ApplyAsync()).Succeeded();
            Assert.Contains(Name, await lab.VirshAsync(TwoHosts.Dc2, "list", "--name"), StringComparison.Ordinal);
            Assert.Equal("CutOver", (string?)declaration.Attributes!["phase"]);
            Assert.Contains("guest agent answered", (string?)declaration.Attributes["proof"]!["guest"], StringComparison.Ordinal);
            Assert.DoesNotContain(Vcsim.Password, declaration.StateText, StringComparison.Ordinal);
            Assert.True((await world.VmAsync(Name, Cancel)).Flag("config.template"));
            Assert.Contains("No changes", (await declaration.PlanAsync()).Succeeded().Text, StringComparison.Ordinal);

            (await declaration.DestroyAsync()).Succeeded();
            Assert.DoesNotContain(Name, await lab.VirshAsync(TwoHosts.Dc2, "list", "--all", "--name"), StringComparison.Ordinal);
            var home = await world.VmAsync(Name, Cancel);
            Assert.Equal((Name, "poweredOn", "false"), (home.Text("name"), home.Text("runtime.powerState"), home.Text("config.template")));
            Assert.Null(Assert.Single(await vcenter.FindByNameAsync(Name, Cancel)).Stamp);
        }
        finally
        {
            await TwoHosts.ForgetAsync(Name);
        }
    }

    /// <summary>The guest at vSphere is a simulated one that writes before the real one's first partition; its changed areas come from the fault server.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_declared_warm_move_from_vSphere_copies_changed_areas_and_boots_on_KVM()
    {
        await TwoHosts.ForgetAsync(Name);
        await using var vcsim = await Vcsim.StartAsync("-guests");
        await using var vcenter = vcsim.Open("vc1");
        var world = new VcsimWorld(vcsim, vcenter);
        await world.CreateRunningVmAsync(Name, await lab.GuestContentAsync(Cancel), Cancel, "VirtualIDEController");
        using var declaration = new Declaration(lab)
        {
            Vm = $"site = \"vc1\", name = \"{Name}\"",
            Target = "site = \"dc2\", networks = { DC0_DVPG0 = \"user\" }",
            Sites = $"vc1 = {{ vsphere = {{ server = \"{vcsim.Url}\", user = \"{Vcsim.User}\", password = \"{Vcsim.Password}\", thumbprint = \"{vcsim.Thumbprint}\", enable_change_tracking = true }} }}",
            More = "mode = \"Warm\"",
        };
        try
        {
            var plan = (await declaration.PlanAsync()).Succeeded();
            Assert.Contains("warm vc1 → dc2", plan.Text, StringComparison.Ordinal);

            (await declaration.ApplyAsync()).Succeeded();
            Assert.Contains(Name, await lab.VirshAsync(TwoHosts.Dc2, "list", "--name"), StringComparison.Ordinal);
            Assert.Equal("CutOver", (string?)declaration.Attributes!["phase"]);
            Assert.True(await vcsim.CallsAsync("CreateSnapshot_Task") >= 2);
            Assert.True(await vcsim.CallsAsync("QueryChangedDiskAreas") >= 2);
            Assert.Equal(0, Assert.Single(await vcenter.FindByNameAsync(Name, Cancel)).Snapshots.Value);
            Assert.DoesNotContain(Vcsim.Password, declaration.StateText, StringComparison.Ordinal);
            Assert.Contains("No changes", (await declaration.PlanAsync()).Succeeded().Text, StringComparison.Ordinal);

            (await declaration.DestroyAsync()).Succeeded();
            Assert.DoesNotContain(Name, await lab.VirshAsync(TwoHosts.Dc2, "list", "--all", "--name"), StringComparison.Ordinal);
            var home = Assert.Single(await vcenter.FindByNameAsync(Name, Cancel));
            Assert.Equal((Engine.Facts.PowerState.Running, null), (home.Power, home.Stamp));
        }
        finally
        {
            await TwoHosts.ForgetAsync(Name);
        }
    }
}
