using System.Globalization;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>What a migration goes through when nothing fails, driven by the real terraform.</summary>
public sealed class TerraformLifecycleTests
{
    private const int Minutes = 5 * 60 * 1000;

    [Fact(Timeout = Minutes)]
    public async Task A_migration_is_planned_applied_found_unchanged_and_taken_back()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration(
            """
            shutdown = { timeout = "60s" }
            verify   = { probes = [{ guest_agent = {} }, { tcp = { port = 22 }, timeout = "90s" }] }
            """);
        project.Files.SetSwitch("warn", "");

        var plan = await project.Run("plan");
        plan.Worked();
        plan.Says("+ id = \"dc1-web\"");
        plan.Says("+ migration_id = \"dc1-web\"");
        plan.Says("+ phase = (known after apply)");
        plan.Says("Warning: web: cold dc1 → dc2 · 5 chunks · goal CutOver");
        plan.Says("1. replicate: 5 chunks 2. cut over: stop, start Note: The guest's agent does not answer. (guest.not-seen)");
        plan.Says("Warning: No storage_pool is given");
        plan.Says("The first one is taken; set `target.storage_pool` to choose. At target.storage_pool (storage.pool-chosen).");
        Assert.Empty(project.Files.Lines("apply"));

        (await project.Apply()).Worked();
        Assert.Equal("off", project.Files.Vm("dc1", "web"));
        Assert.Equal("running", project.Files.Vm("dc2", "web"));
        Assert.Equal(["password-length " + TerraformProject.WriteOnly.Length.ToString(CultureInfo.InvariantCulture)], project.Files.Lines("password-length"));
        var attributes = project.Instance!["attributes"]!;
        Assert.Equal("CutOver", attributes["phase"]!.GetValue<string>());
        Assert.Equal("dc2", attributes["placement"]!["site"]!.GetValue<string>());
        Assert.Equal("60s", attributes["shutdown"]!["timeout"]!.GetValue<string>());
        Assert.Equal("5m", attributes["verify"]!["probes"]![0]!["timeout"]!.GetValue<string>());
        Assert.Null(attributes["guest_password"]);

        (await project.Run("plan", "-detailed-exitcode")).Worked();

        // "1m" is what "60s" means.
        project.Migration(
            """
            shutdown = { timeout = "1m" }
            verify   = { probes = [{ guest_agent = {} }, { tcp = { port = 22 }, timeout = "90s" }] }
            """);
        (await project.Run("plan", "-detailed-exitcode")).Worked();
        Assert.Single(project.Files.Lines("apply"));

        (await project.Destroy()).Worked();
        Assert.Equal("running", project.Files.Vm("dc1", "web"));
        Assert.Null(project.Files.Vm("dc2", "web"));
        Assert.DoesNotContain(TerraformProject.Secret, project.Everything + project.StateText, StringComparison.Ordinal);
        Assert.DoesNotContain(TerraformProject.WriteOnly, project.Everything + project.StateText, StringComparison.Ordinal);
    }

    [Fact(Timeout = Minutes)]
    public async Task Drift_a_lower_goal_and_another_target_are_updates_in_place()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        (await project.Apply()).Worked();

        project.Files.SetVm("dc2", "web", "off");
        var drift = await project.Run("plan", "-detailed-exitcode");
        Assert.Equal(2, drift.Code);
        drift.Says("Warning: web was stopped by hand at dc2");
        drift.Says("will be updated in-place");
        drift.Says("~ phase = \"CuttingOver\" -> (known after apply)");
        Assert.Contains("Plan: 0 to add, 1 to change, 0 to destroy", drift.Output, StringComparison.Ordinal);
        (await project.Apply()).Worked();
        Assert.Equal("running", project.Files.Vm("dc2", "web"));

        project.Migration(target: "dc3");
        (await project.Apply()).Says("0 added, 1 changed, 0 destroyed");
        Assert.Equal("running", project.Files.Vm("dc3", "web"));
        Assert.Null(project.Files.Vm("dc2", "web"));

        project.Migration("goal = \"Replicated\"", target: "dc3");
        (await project.Apply()).Says("0 added, 1 changed, 0 destroyed");
        Assert.Equal("running", project.Files.Vm("dc1", "web"));
        Assert.Equal("Replicated", project.Instance!["attributes"]!["phase"]!.GetValue<string>());
        Assert.Empty(project.Files.Lines("delete"));
    }

    [Fact(Timeout = Minutes)]
    public async Task Another_VM_is_a_replacement_that_really_takes_the_first_one_back()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Files.SetVm("dc1", "db", "running");
        project.Migration();
        (await project.Apply()).Worked();

        project.Migration(vm: "db");
        var apply = await project.Apply();
        apply.Worked();
        apply.Says("# forces replacement");
        Assert.Equal(["delete dc1-web"], project.Files.Lines("delete"));
        Assert.Equal("running", project.Files.Vm("dc1", "web"));
        Assert.Null(project.Files.Vm("dc2", "web"));
        Assert.Equal("running", project.Files.Vm("dc2", "db"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_finished_migration_that_is_to_be_replaced_by_hand_is_taken_back_and_done_again()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        (await project.Apply()).Worked();

        (await project.Apply("-replace=vmmigrate_migration.one")).Worked();
        Assert.Equal(["delete dc1-web"], project.Files.Lines("delete"));
        Assert.Equal(10, project.Files.Lines("chunk").Count);

        (await project.Run("taint", "vmmigrate_migration.one")).Worked();
        (await project.Apply()).Worked();
        Assert.Equal(2, project.Files.Lines("delete").Count);
        Assert.Equal(15, project.Files.Lines("chunk").Count);
        Assert.Equal("running", project.Files.Vm("dc2", "web"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_VM_is_imported_and_data_sources_tell_what_runs()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Files.SetVm("dc2", "db", "running");
        project.Configure(
            """
            resource "vmmigrate_migration" "one" {
              vm     = { site = "dc2", name = "db" }
              target = { site = "dc2" }
            }
            data "vmmigrate_virtual_machine" "db" {
              site = "dc2"
              name = "db"
            }
            data "vmmigrate_virtual_machines" "all" {
              site = "dc2"
            }
            output "power" { value = data.vmmigrate_virtual_machine.db.virtual_machine.power_state }
            output "bytes" { value = data.vmmigrate_virtual_machines.all.virtual_machines[0].disks[0].bytes }
            """);
        var missing = await project.Run("import", "vmmigrate_migration.one", "dc2/nobody");
        missing.Failed();
        missing.Says("Error: There is no \"dc2/nobody\" to import");

        (await project.Run("import", "vmmigrate_migration.one", "dc2/db")).Worked();
        var apply = await project.Apply();
        apply.Worked();
        apply.Says("Resources: 0 added, 0 changed, 0 destroyed");
        apply.Says("bytes = 1099511627776");
        apply.Says("power = \"Running\"");
        Assert.Empty(project.Files.Lines("apply"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_saved_plan_and_a_connection_without_TLS_work_too()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Variables["TF_DISABLE_PLUGIN_TLS"] = "1";
        project.Migration();
        (await project.Run("plan", "-out=saved")).Worked();
        (await project.Run("apply", "saved")).Worked();
        Assert.Equal("running", project.Files.Vm("dc2", "web"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_site_whose_settings_are_known_after_apply_only_is_planned_without_its_checks()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        const string body = """
            resource "terraform_data" "host" { input = "qemu:///session" }
            resource "vmmigrate_migration" "one" {
              vm     = { site = "dc1", name = "web" }
              target = { site = "dc2" }
            }
            """;
        project.Configure(body, "late = { libvirt = { uri = terraform_data.host.output } }");
        var plan = await project.Run("plan");
        plan.Worked();
        plan.Says("Warning: The provider's configuration is not known before apply");
        Assert.Empty(project.Files.Lines("plan"));

        (await project.Apply()).Worked();
        Assert.Equal("running", project.Files.Vm("dc2", "web"));
    }
}
