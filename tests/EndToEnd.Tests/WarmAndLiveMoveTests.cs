using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>A guest that writes a file each second and checks it moves warm and live between two real hosts, by the real terraform, with kills of the provider on the way.</summary>
[Collection(Lab.Name)]
public sealed class WarmAndLiveMoveTests(TwoHosts lab)
{
    private const int Limit = 400_000;

    [Fact(Timeout = Limit)]
    public async Task A_guest_moves_warm_over_kills_in_its_second_and_its_last_round_and_has_all_that_it_wrote()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab) { More = "mode = \"Warm\"\ncutover = { stop = \"FreezeAndSwitchOff\" }" };

        var plan = (await declaration.PlanAsync()).Succeeded();
        Assert.Contains("warm dc1 → dc2", plan.Text, StringComparison.Ordinal);
        Assert.Contains("its applications see a loss of power", plan.Flat, StringComparison.Ordinal);
        await Lab.AssertAtHomeAsync(lab);

        // In the second round the VM runs on; in the last one it is off, and stays so until somebody runs again.
        Assert.NotEqual(0, (await declaration.ApplyAndSignalAsync("round 2:", "KILL")).ExitCode);
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc1);
        Assert.NotEqual(0, (await declaration.ApplyAndSignalAsync("last round (", "KILL")).ExitCode);
        Assert.False(await Lab.RunsAsync(lab, TwoHosts.Dc2));
        var acknowledged = await GuestLog.AcknowledgedAsync(lab, TwoHosts.Dc1);
        Assert.NotEmpty(acknowledged);

        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc2);
        Assert.Superset(acknowledged, await GuestLog.ReadAsync(lab, TwoHosts.Dc2));
        var state = declaration.Attributes!;
        Assert.Equal("CutOver", (string?)state["phase"]);
        var disk = state["proof"]!["disks"]![0]!;
        Assert.Equal((string?)disk["source_digest"], (string?)disk["target_digest"]);
        Assert.Contains("No changes", (await declaration.PlanAsync()).Succeeded().Text, StringComparison.Ordinal);

        var there = await GuestLog.AcknowledgedAsync(lab, TwoHosts.Dc2);
        (await declaration.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc1);
        Assert.Superset(there, await GuestLog.ReadAsync(lab, TwoHosts.Dc1));
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_moves_live_over_a_kill_amid_the_move_without_a_reboot_and_comes_home_with_what_it_wrote()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab) { More = "mode = \"Live\"" };
        Assert.Contains("live dc1 → dc2", (await declaration.PlanAsync()).Succeeded().Text, StringComparison.Ordinal);

        Assert.NotEqual(0, (await declaration.ApplyAndSignalAsync("move live (", "KILL", TimeSpan.FromSeconds(1))).ExitCode);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc2);
        var log = await GuestLog.ReadAsync(lab, TwoHosts.Dc2);
        Assert.All(log, line => Assert.Equal(1, line.Boot));
        Assert.Contains("written by the guest since", (string?)declaration.Attributes!["steps"]?.ToJsonString() ?? declaration.StateText, StringComparison.Ordinal);

        (await declaration.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc1);
        Assert.Superset(log, await GuestLog.ReadAsync(lab, TwoHosts.Dc1));
    }
}
