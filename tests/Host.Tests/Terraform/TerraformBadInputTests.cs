namespace VmMigrate.Host.Tests.Terraform;

/// <summary>Bad input as a user of the real terraform sees it: at the line, with what to do, and nothing is changed.</summary>
public sealed class TerraformBadInputTests
{
    private const int Minutes = 5 * 60 * 1000;

    [Theory(Timeout = Minutes)]
    [InlineData("shutdown = { timeout = \"5x\" }", "such as \"30s\", \"5m\", \"1h30m\". At shutdown.timeout (input.malformed-duration).", "shutdown = { timeout = \"5x\" }")]
    [InlineData("goal = \"Cutover\"", "Did you mean \"CutOver\"? Choose one of: Validated, Replicated, Tested, CutOver, Committed. At goal (input.not-one-of).", "goal = \"Cutover\"")]
    [InlineData("verify = { probes = [{ timeout = \"1m\" }] }", "Error: \"verify.probes[0]\" needs one of: guest_agent, tcp, console", "verify = { probes = [{ timeout = \"1m\" }] }")]
    public async Task Validate_points_at_the_line(string line, string message, string snippet)
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration(line);
        var outcome = await project.Run("validate");
        outcome.Failed();
        outcome.Says(message);
        outcome.Says(snippet);
        Assert.Empty(project.Files.Lines("plan"));
    }

    [Fact(Timeout = Minutes)]
    public async Task Validate_knows_the_sites_and_plan_the_VMs()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration(target: "dc22");
        var validate = await project.Run("validate");
        validate.Failed();
        validate.Says("Error: The provider's config has no site \"dc22\"");

        project.Migration(vm: "wbe");
        var plan = await project.Run("plan");
        plan.Failed();
        plan.Says("Error: There is no VM \"wbe\" at site \"dc1\"");
        plan.Says("Did you mean \"web\"? It has: web. At vm.name (vm.not-found).");
        plan.Says("vm = { site = \"dc1\", name = \"wbe\" }");
        Assert.Empty(project.Files.Lines("apply"));
    }

    [Fact(Timeout = Minutes)]
    public async Task A_site_without_a_platform_is_an_error_of_the_provider_block()
    {
        using var project = new TerraformProject(TestContext.Current.CancellationToken);
        project.Migration();
        project.Configure("data \"vmmigrate_virtual_machines\" \"all\" {\n  site = \"dc1\"\n}", "empty = {}");
        var outcome = await project.Run("validate");
        outcome.Failed();
        outcome.Says("needs one of: libvirt");
    }
}
