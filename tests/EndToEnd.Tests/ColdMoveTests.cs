using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>The declared move on two real libvirt hosts, by the real terraform and the native binary.</summary>
[Collection(Lab.Name)]
public sealed class ColdMoveTests(TwoHosts lab)
{
    private const int Limit = 300_000;

    [Fact(Timeout = Limit)]
    public async Task A_VM_moves_stays_is_brought_back_when_somebody_stops_it_and_comes_home_on_destroy()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab);

        var plan = (await declaration.PlanAsync()).Succeeded();
        Assert.Contains("cold dc1 → dc2", plan.Text, StringComparison.Ordinal);
        Assert.Contains("copy disks: vda", plan.Text, StringComparison.Ordinal);
        await Lab.AssertAtHomeAsync(lab);

        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        var state = declaration.Attributes!;
        Assert.Equal("CutOver", (string?)state["phase"]);
        Assert.Equal("dc2", (string?)state["placement"]!["site"]);
        Assert.True((bool)state["proof"]!["identical"]!);
        var disk = state["proof"]!["disks"]![0]!;
        Assert.Equal((string?)disk["source_digest"], (string?)disk["target_digest"]);
        Assert.Equal(201326592, (long)disk["bytes"]!);
        Assert.Contains("guest agent answered", (string?)state["proof"]!["guest"], StringComparison.Ordinal);
        Assert.Contains("fenced-by-migration", await lab.VirshFailsAsync(TwoHosts.Dc1, "start", Lab.Vm), StringComparison.Ordinal);

        Assert.Contains("No changes", (await declaration.PlanAsync()).Succeeded().Text, StringComparison.Ordinal);
        Assert.Contains("0 added, 0 changed, 0 destroyed", (await declaration.ApplyAsync()).Succeeded().Text, StringComparison.Ordinal);
        (await declaration.RunAsync("refresh")).Succeeded();
        Assert.Equal("CutOver", (string?)declaration.Attributes!["phase"]);

        await lab.VirshAsync(TwoHosts.Dc2, "destroy", Lab.Vm);
        Assert.Contains("shut off at \"dc2\", where it should run", (await declaration.PlanAsync()).Succeeded().Flat, StringComparison.Ordinal);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);

        (await declaration.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
    }

    [Fact(Timeout = Limit)]
    public async Task A_lowered_goal_rolls_back_and_an_import_finds_a_moved_VM_whose_state_was_lost()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab);
        (await declaration.ApplyAsync()).Succeeded();

        declaration.DeleteState();
        (await declaration.RunAsync("import", "-input=false", "vmmigrate_migration.web", "dc1/web-01")).Succeeded();
        Assert.Equal("CutOver", (string?)declaration.Attributes!["phase"]);
        Assert.Equal("dc2", (string?)declaration.Attributes["placement"]!["site"]);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);

        declaration.More = "goal = \"Validated\"";
        Assert.Contains("roll back dc2 → dc1", (await declaration.PlanAsync()).Succeeded().Flat, StringComparison.Ordinal);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        (await declaration.DestroyAsync()).Succeeded();
    }

    [Fact(Timeout = Limit)]
    public async Task A_committed_move_gives_the_source_up_and_destroy_touches_nothing()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab) { More = "goal = \"Committed\"" };
        (await declaration.ApplyAsync()).Succeeded();
        Assert.False(await Lab.KnowsAsync(lab, TwoHosts.Dc1));
        Assert.Equal("Committed", (string?)declaration.Attributes!["phase"]);
        (await declaration.DestroyAsync()).Succeeded();
        Assert.True(await Lab.RunsAsync(lab, TwoHosts.Dc2));
        await TwoHosts.ForgetAsync(Lab.Vm);
    }

    [Theory(Timeout = Limit)]
    [InlineData("INT")]
    [InlineData("KILL")]
    public async Task A_run_that_is_stopped_while_it_copies_leaves_the_VM_at_the_source_and_the_next_one_goes_on(string signal)
    {
        // Enough data, at such a rate, that the copy is still under way when the signal comes.
        await TwoHosts.FreshGuestAsync(Lab.Vm);
        var data = Path.Combine(lab.Images(TwoHosts.Dc1), "web-01.data.qcow2");
        await TwoHosts.RunAsync("bash", ["-c", $"head -c 2G /dev/urandom >'{data}.raw' && qemu-img convert -f raw -O qcow2 '{data}.raw' '{data}' && rm '{data}.raw' && chown --reference='{lab.Images(TwoHosts.Dc1)}' '{data}'"]);
        await lab.VirshAsync(TwoHosts.Dc1, "attach-disk", Lab.Vm, data, "vdb", "--subdriver", "qcow2", "--config");
        await lab.VirshAsync(TwoHosts.Dc1, "start", Lab.Vm);
        await Lab.UntilUpAsync(lab, TwoHosts.Dc1);
        using var declaration = new Declaration(lab);
        try
        {
            declaration.Provider = "bandwidth = \"200 MiB/s\"";
            var stopped = await declaration.ApplyAndSignalAsync("copy web-01", signal);
            Assert.True(stopped.ExitCode != 0, stopped.Text);
            declaration.Provider = "";
            if (signal == "INT")
            {
                Assert.Contains("was cancelled at step \"copy disks\"", stopped.Flat, StringComparison.Ordinal);
                await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc1);
                await Lab.UntilUpAsync(lab, TwoHosts.Dc1);
            }

            (await declaration.ApplyAsync()).Succeeded();
            await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
            (await declaration.DestroyAsync()).Succeeded();
            await Lab.AssertAtHomeAsync(lab);
        }
        finally
        {
            await TwoHosts.ForgetAsync(Lab.Vm);
            File.Delete(data);
        }
    }
}
