using VmMigrate.TestProvider;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>Runs that fail or are stopped, driven by the real terraform: see docs/design/tainted-creates.md.</summary>
public sealed class TerraformFailureTests
{
    private const int Minutes = 5 * 60 * 1000;

    [Fact(Timeout = Minutes)]
    public async Task A_failed_create_fails_the_run_and_the_next_apply_goes_on_without_doing_anything_twice()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Files.SetSwitch("fail", "chunk2");
        var first = await project.Apply();
        first.Failed();
        first.Says("Error: Migration web stopped at chunk 2 of 5");
        first.Says("Warning: The link was slow");
        Assert.Equal("tainted", project.Instance!["status"]!.GetValue<string>());
        Assert.Equal("running", project.Files.Vm("dc1", "web"));

        // It may fail more than once.
        project.Files.SetSwitch("fail", "chunk4");
        (await project.Apply()).Failed();
        Assert.Equal("tainted", project.Instance!["status"]!.GetValue<string>());

        project.Files.SetSwitch("fail", null);
        var last = await project.Apply();
        last.Worked();
        last.Says("Warning: The migration goes on where it stopped");
        Assert.Equal([.. Enumerable.Range(0, FilePlatform.Chunks).Select(chunk => $"chunk dc1-web {chunk}")], project.Files.Lines("chunk"));
        Assert.Equal(["apply dc1-web new", "apply dc1-web old", "apply dc1-web old"], project.Files.Lines("apply"));
        Assert.Empty(project.Files.Lines("delete"));
        Assert.Null(project.Instance!["status"]);
        (await project.Run("plan", "-detailed-exitcode")).Worked();
        Assert.DoesNotContain(TerraformProject.Secret, project.Everything + project.StateText, StringComparison.Ordinal);
        Assert.Contains("replicate 0 of 5 with [secret]", project.Everything, StringComparison.Ordinal);
    }

    [Fact(Timeout = Minutes)]
    public async Task A_failed_create_goes_on_without_a_refresh_and_towards_another_target_too()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Files.SetSwitch("fail", "chunk3");
        (await project.Apply()).Failed();

        project.Files.SetSwitch("fail", null);
        project.Migration(target: "dc3");
        (await project.Apply("-refresh=false")).Worked();
        Assert.Equal("running", project.Files.Vm("dc3", "web"));
        Assert.Equal(FilePlatform.Chunks, project.Files.Lines("chunk").Count);
        Assert.Empty(project.Files.Lines("delete"));
    }

    [Theory(Timeout = Minutes)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_destroy_after_a_failed_create_leaves_nothing(bool byRemovingTheResource)
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Files.SetSwitch("fail", "chunk2");
        (await project.Apply()).Failed();

        project.Files.SetSwitch("fail", null);
        if (byRemovingTheResource)
        {
            project.Configure("");
            (await project.Apply()).Worked();
        }
        else
        {
            (await project.Destroy()).Worked();
        }

        Assert.Equal(["delete dc1-web"], project.Files.Lines("delete"));
        Assert.Equal(0, project.Files.Copied("dc1-web"));
        Assert.Null(project.Files.Phase("dc1-web"));
        Assert.Equal("running", project.Files.Vm("dc1", "web"));
        Assert.Null(project.Instance);
    }

    [Fact(Timeout = Minutes)]
    public async Task A_failed_create_of_another_VM_is_taken_back_before_the_new_one_begins()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Files.SetVm("dc1", "db", "running");
        project.Migration();
        project.Files.SetSwitch("fail", "chunk2");
        (await project.Apply()).Failed();

        project.Files.SetSwitch("fail", null);
        project.Migration(vm: "db");
        (await project.Apply()).Worked();
        Assert.Equal(["delete dc1-web"], project.Files.Lines("delete"));
        Assert.Equal(0, project.Files.Copied("dc1-web"));
        Assert.Equal("running", project.Files.Vm("dc2", "db"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_failed_create_with_create_before_destroy_goes_on_and_is_not_taken_back_after_it()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration("lifecycle { create_before_destroy = true }");
        project.Files.SetSwitch("fail", "chunk2");
        (await project.Apply()).Failed();

        project.Files.SetSwitch("fail", null);
        (await project.Apply()).Worked();
        Assert.Empty(project.Files.Lines("delete"));
        Assert.Equal(FilePlatform.Chunks, project.Files.Lines("chunk").Count);
        Assert.Equal("running", project.Files.Vm("dc2", "web"));
        Assert.Equal("CutOver", project.Instance!["attributes"]!["phase"]!.GetValue<string>());
    }

    [Fact(Timeout = Minutes)]
    public async Task A_failed_update_is_not_tainted_and_the_next_apply_goes_on()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration("goal = \"Validated\"");
        (await project.Apply()).Worked();

        project.Migration();
        project.Files.SetSwitch("fail", "chunk1");
        (await project.Apply()).Failed();
        Assert.Null(project.Instance!["status"]);
        Assert.Equal("Replicating", project.Instance!["attributes"]!["phase"]!.GetValue<string>());

        project.Files.SetSwitch("fail", null);
        (await project.Apply()).Says("0 added, 1 changed, 0 destroyed");
        Assert.Equal(FilePlatform.Chunks, project.Files.Lines("chunk").Count);
    }

    [Fact(Timeout = Minutes)]
    public async Task Ctrl_C_stops_at_a_safe_point_and_keeps_what_is_done()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Files.SetSwitch("hold", "chunk2");
        var stopped = await project.ApplyAndInterrupt("chunk", 2);
        stopped.Failed();
        stopped.Says("Error: Migration web was stopped at chunk 2 of 5");
        Assert.Equal("Replicating", project.Instance!["attributes"]!["phase"]!.GetValue<string>());

        project.Files.SetSwitch("hold", null);
        (await project.Apply()).Worked();
        Assert.Equal(FilePlatform.Chunks, project.Files.Lines("chunk").Count);
        Assert.Equal("running", project.Files.Vm("dc2", "web"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_killed_core_and_the_end_of_its_terminal_do_not_cut_short_what_is_being_taken_back()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Files.SetSwitch("hold", "chunk2");
        project.Files.SetSwitch("undo", "3000");
        await project.ApplyAndKill("chunk", 2, "-HUP");
        Assert.Single(project.Files.Lines("undone"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_create_that_left_nothing_is_not_remembered_and_a_fault_of_ours_is()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Files.SetSwitch("fail", "before");
        var refused = await project.Apply();
        refused.Failed();
        refused.Says("Error: Site dc1 refused the login with [secret]");
        Assert.Null(project.Instance);

        project.Files.SetSwitch("fail", "bug");
        var fault = await project.Apply();
        fault.Failed();
        fault.Says("Error: This is a fault of the provider, please report it");
        Assert.Equal("dc1-web", project.Instance!["attributes"]!["id"]!.GetValue<string>());

        project.Files.SetSwitch("fail", null);
        (await project.Destroy()).Worked();
        Assert.DoesNotContain(TerraformProject.Secret, project.Everything + project.StateText, StringComparison.Ordinal);
    }

    [Fact(Timeout = Minutes)]
    public async Task A_destroy_that_fails_stays_in_the_state()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        (await project.Apply()).Worked();
        project.Files.SetSwitch("fail", "delete");
        var failed = await project.Destroy();
        failed.Failed();
        failed.Says("Error: The target does not let go of the copy");
        Assert.NotNull(project.Instance);

        project.Files.SetSwitch("fail", null);
        (await project.Destroy()).Worked();
        Assert.Null(project.Instance);
    }

    [Fact(Timeout = Minutes)]
    public async Task A_renamed_resource_is_not_taken_back_by_its_old_name()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        (await project.Apply()).Worked();
        project.Migration(name: "other");
        var plan = await project.Run("plan");
        plan.Failed();
        plan.Says("Error: One resource of this plan destroys the migration that another one declares");

        File.AppendAllText(project.MainFile, "\nmoved {\n  from = vmmigrate_migration.one\n  to   = vmmigrate_migration.other\n}\n");
        (await project.Apply()).Says("0 added, 0 changed, 0 destroyed");
    }
}
