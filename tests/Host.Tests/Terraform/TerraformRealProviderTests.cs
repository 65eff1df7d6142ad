using CliWrap.Buffered;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>The built binary itself, with the real migration on simulated sites, driven by the real terraform.</summary>
public sealed class TerraformRealProviderTests
{
    private const int Minutes = 5 * 60 * 1000;

    [Fact(Timeout = Minutes)]
    public async Task A_create_that_failed_goes_on_and_a_destroy_after_another_one_leaves_the_VM_at_home()
    {
        var binary = Repository.At("bin/terraform-provider-vmmigrate");
        Assert.SkipUnless(File.Exists(binary), "bin/terraform-provider-vmmigrate is not built; `make build` does it.");
        using var project = new TerraformProject(TestContext.Current.CancellationToken, binary);

        project.ConfigureSimulator("faults = [{ kind = \"Refuse\", call = \"WriteBlocks\", nth = 40, message = \"no room\" }]");
        var failed = await project.Apply();
        failed.Failed();
        failed.Says("Migration of web stopped at step \"copy disks\"");
        Assert.Equal("tainted", project.Instance!["status"]!.GetValue<string>());

        project.ConfigureSimulator("");
        var goesOn = await project.Apply();
        goesOn.Worked();
        goesOn.Says("Warning: The migration goes on where it stopped");
        Assert.Equal("CutOver", project.Instance!["attributes"]!["phase"]!.GetValue<string>());
        Assert.True(project.Instance!["attributes"]!["proof"]!["identical"]!.GetValue<bool>());
        (await project.Run("plan", "-detailed-exitcode")).Worked();

        project.ConfigureSimulator("", "Replicated");
        (await project.Apply()).Says("0 added, 1 changed, 0 destroyed");
        Assert.Equal("dc1", project.Instance!["attributes"]!["placement"]!["site"]!.GetValue<string>());
        (await project.Destroy()).Worked();
        Assert.Null(project.Instance);
    }

    [Fact(Timeout = Minutes)]
    public async Task A_replica_is_tested_kept_as_points_and_the_VM_comes_home_as_it_was_at_one()
    {
        var binary = Repository.At("bin/terraform-provider-vmmigrate");
        Assert.SkipUnless(File.Exists(binary), "bin/terraform-provider-vmmigrate is not built; `make build` does it.");
        using var project = new TerraformProject(TestContext.Current.CancellationToken, binary);

        const string Warm = "mode = \"Warm\"";
        project.ConfigureSimulator("", "Tested", Warm);
        (await project.Apply()).Worked();
        Assert.Equal("Tested", project.Instance!["attributes"]!["phase"]!.GetValue<string>());
        var test = project.Instance!["attributes"]!["test"]!["disks"]![0]!;
        Assert.Equal(test["source_digest"]!.GetValue<string>(), test["target_digest"]!.GetValue<string>());
        (await project.Apply()).Worked();
        var points = project.Instance!["attributes"]!["recovery_points"]!.AsArray().Select(point => point!["id"]!.GetValue<string>()).ToList();
        Assert.Equal(2, points.Count);

        project.ConfigureSimulator("", "CutOver", Warm);
        (await project.Apply()).Worked();
        project.ConfigureSimulator("", "Replicated", $"{Warm}\n  rollback = {{ to = \"{points[0]}\" }}");
        (await project.Run("plan")).Says($"web goes back to {points[0]}");
        (await project.Apply()).Worked();
        Assert.Equal("dc1", project.Instance!["attributes"]!["placement"]!["site"]!.GetValue<string>());
        Assert.Contains(project.Instance!["attributes"]!["steps"]!.AsArray(), step => step!["name"]!.GetValue<string>() == "restore recovery point");
        (await project.Destroy()).Worked();
        Assert.Null(project.Instance);
    }

    [Fact(Timeout = Minutes)]
    public async Task The_rehearsal_example_kills_a_run_goes_on_goes_back_and_leaves_nothing()
    {
        var binary = Repository.At("bin/terraform-provider-vmmigrate");
        Assert.SkipUnless(File.Exists(binary), "bin/terraform-provider-vmmigrate is not built; `make build` does it.");
        var folder = Directory.CreateTempSubdirectory("vmmigrate-rehearsal-").FullName;
        var config = Path.Combine(folder, "terraform.rc");
        await File.WriteAllTextAsync(
            config, $$"""provider_installation { dev_overrides { "vmmigrate/vmmigrate" = "{{Path.GetDirectoryName(binary)}}" } }""".Replace("{ ", "{\n", StringComparison.Ordinal).Replace(" }", "\n}", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var run = await CliWrap.Cli.Wrap("bash")
            .WithArguments([Repository.At("examples/rehearsal/rehearse.sh")])
            .WithEnvironmentVariables(variables => variables.Set("TF_CLI_CONFIG_FILE", config).Set("CHECKPOINT_DISABLE", "1"))
            .WithValidation(CliWrap.CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        Directory.Delete(folder, recursive: true);
        Assert.True(run.ExitCode == 0 && run.StandardOutput.Contains("rehearsed", StringComparison.Ordinal), run.StandardOutput + run.StandardError);
    }
}
