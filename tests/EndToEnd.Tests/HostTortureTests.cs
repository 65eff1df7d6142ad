using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What takes too long for every test run: kills at each step on real hosts, by `make torture`.</summary>
[Collection(Lab.Name)]
public sealed class HostTortureTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    [Theory(Timeout = Limit, Explicit = true)]
    [InlineData("stamp source")]
    [InlineData("create disks")]
    [InlineData("stop VM")]
    [InlineData("fence source")]
    [InlineData("copy disks")]
    [InlineData("define VM")]
    [InlineData("start VM")]
    [InlineData("prove")]
    public async Task A_provider_that_is_killed_at_any_step_of_a_cold_move_is_followed_by_one_that_finishes(string step)
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab);
        var killed = await declaration.ApplyAndSignalAsync($"{step} (", "KILL");
        Assert.True(killed.ExitCode != 0, killed.Text);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        (await declaration.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        Assert.DoesNotContain("vmmigrate/lease", await lab.VirshAsync(TwoHosts.Dc1, "secret-list"), StringComparison.Ordinal);
    }
}
