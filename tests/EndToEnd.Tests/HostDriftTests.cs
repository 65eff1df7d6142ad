using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What hands do on real hosts, and imports of what is there, by the real terraform.</summary>
[Collection(Lab.Name)]
public sealed class HostDriftTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    [Fact(Timeout = Limit, Explicit = true)]
    public async Task A_VM_that_was_undefined_at_the_target_is_told_is_defined_again_on_its_disks_and_loses_nothing()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.UntilUpAsync(lab, TwoHosts.Dc2);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var acknowledged = await GuestLog.AcknowledgedAsync(lab, TwoHosts.Dc2);
        await lab.VirshAsync(TwoHosts.Dc2, "destroy", Lab.Vm);
        await lab.VirshAsync(TwoHosts.Dc2, "undefine", Lab.Vm, "--checkpoints-metadata", "--nvram");

        Assert.Contains("its definition was taken away by hand", (await declaration.PlanAsync()).Succeeded().Flat, StringComparison.Ordinal);
        declaration.More = "goal = \"Validated\"";
        (await declaration.PlanAsync()).Failed("was undefined by hand", "Run with goal");
        declaration.More = "";
        (await declaration.ApplyAsync()).Succeeded();

        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc2);
        Assert.Empty(acknowledged.Except(await GuestLog.ReadAsync(lab, TwoHosts.Dc2)));
        (await declaration.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        Assert.Empty(acknowledged.Except(await GuestLog.ReadAsync(lab, TwoHosts.Dc1)));
    }

    [Fact(Timeout = Limit, Explicit = true)]
    public async Task Another_shape_is_told_and_adopted_and_a_source_started_beside_it_is_an_alarm()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab);
        (await declaration.ApplyAsync()).Succeeded();
        await lab.VirshAsync(TwoHosts.Dc2, "setvcpus", Lab.Vm, "2", "--config", "--maximum");
        await lab.VirshAsync(TwoHosts.Dc2, "setvcpus", Lab.Vm, "2", "--config");
        await lab.VirshAsync(TwoHosts.Dc2, "destroy", Lab.Vm);
        Assert.Contains("where it should run", (await declaration.PlanAsync()).Succeeded().Flat, StringComparison.Ordinal);

        declaration.More = "on_drift = \"Adopt\"";
        (await declaration.ApplyAsync()).Succeeded();
        Assert.False(await Lab.RunsAsync(lab, TwoHosts.Dc2));
        Assert.Equal((false, 2), ((bool)declaration.Attributes!["recorded"]!["running"]!, (int)declaration.Attributes["recorded"]!["cpus"]!));
        Assert.Contains("No changes", (await declaration.PlanAsync()).Succeeded().Text, StringComparison.Ordinal);
        await lab.VirshAsync(TwoHosts.Dc2, "start", Lab.Vm);
        await Lab.UntilUpAsync(lab, TwoHosts.Dc2);
        (await declaration.DestroyAsync()).Succeeded();
    }

    [Fact(Timeout = Limit, Explicit = true)]
    public async Task A_VM_that_never_moved_is_imported_and_one_that_is_half_moved_too_and_both_move_on()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab);
        (await ImportAsync(declaration)).Succeeded();
        Assert.Equal(("Validated", "dc1"), ((string?)declaration.Attributes!["phase"], (string?)declaration.Attributes["placement"]!["site"]));
        Assert.Contains("dc1 → dc2", (await declaration.PlanAsync()).Succeeded().Flat, StringComparison.Ordinal);

        declaration.Provider = "bandwidth = \"8 MiB/s\"";
        Assert.NotEqual(0, (await declaration.ApplyAndSignalAsync("copy disks (", "KILL", TimeSpan.FromSeconds(1))).ExitCode);
        declaration.Provider = "";
        declaration.DeleteState();
        (await ImportAsync(declaration)).Succeeded();
        Assert.Equal("CuttingOver", (string?)declaration.Attributes!["phase"]);
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc2);
        (await declaration.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
    }

    [Fact(Timeout = Limit, Explicit = true)]
    public async Task A_source_is_archived_at_commit_and_its_name_is_free()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab) { More = "goal = \"Committed\"\ncommit = { source = \"Archive\" }" };
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        Assert.False(await Lab.KnowsAsync(lab, TwoHosts.Dc1));
        var name = Assert.Single((await lab.VirshAsync(TwoHosts.Dc1, "list", "--all", "--name")).Split('\n'), line => line.StartsWith($"{Lab.Vm}-archived-", StringComparison.Ordinal));
        Assert.Contains("fenced-by-migration", await lab.VirshFailsAsync(TwoHosts.Dc1, "start", name), StringComparison.Ordinal);
        Assert.DoesNotContain("vmmigrate.dev/stamp", await lab.VirshAsync(TwoHosts.Dc1, "dumpxml", name), StringComparison.Ordinal);
        (await declaration.DestroyAsync()).Succeeded();
        Assert.True(await Lab.RunsAsync(lab, TwoHosts.Dc2));
        await TwoHosts.ForgetAsync(Lab.Vm);
        await TwoHosts.ForgetAsync(name);
    }

    private static Task<Terraform.Outcome> ImportAsync(Declaration declaration) => declaration.RunAsync("import", "-input=false", "vmmigrate_migration.web", $"dc1/{Lab.Vm}");
}
