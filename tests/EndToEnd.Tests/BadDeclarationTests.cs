using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What is wrong with a declaration is told at plan, at the property, with what to do; and nothing is changed.</summary>
[Collection(Lab.Name)]
public sealed class BadDeclarationTests(TwoHosts lab)
{
    private const int Limit = 120_000;

    [Theory(Timeout = Limit)]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc3\"", "", "has no site \"dc3\"", "Did you mean", "target")]
    [InlineData("site = \"dc1\", name = \"web-1\"", "site = \"dc2\"", "", "has no VM \"web-1\"", "Did you mean \"web-01\"?", "vm")]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc2\", storage_pool = \"image\"", "", "has no storage pool \"image\"", "Did you mean \"images\"?", "storage_pool")]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc2\", networks = { user = \"br7\" }", "", "Site \"dc2\" has no network \"br7\"", "It has:", "networks")]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc1\"", "", "nothing to move", "another site", "target")]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc2\"", "shutdown = { timeout = \"soon\" }", "\"soon\" is no duration", "\"30s\"", "timeout")]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc2\"", "goal = \"Cutover\"", "\"Cutover\" is no MigrationGoal", "Did you mean \"CutOver\"?", "goal")]
    [InlineData("site = \"dc1\", name = \"web-01\"", "site = \"dc2\"", "verfy = {}", "verfy", "not expected here", "verfy")]
    [InlineData("site = \"dc1\"", "site = \"dc2\"", "", "one of: name, id", "vm", "main.tf")]
    public async Task Bad_input_is_refused_at_its_property(string vm, string target, string more, string what, string why, string where)
    {
        await EnsureGuestAsync();
        using var declaration = new Declaration(lab) { Vm = vm, Target = target, More = more };
        (await declaration.PlanAsync()).Failed(what, why, where);
        await AssertUntouchedAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_site_with_two_platforms_is_refused()
    {
        await EnsureGuestAsync();
        using var declaration = new Declaration(lab) { Sites = "both = { libvirt = { uri = \"qemu:///system\" }, simulator = {} }" };
        (await declaration.PlanAsync()).Failed("exactly one of", "both");
    }

    [Fact(Timeout = Limit)]
    public async Task A_host_that_does_not_answer_is_told_with_libvirts_own_words()
    {
        await EnsureGuestAsync();
        using var declaration = new Declaration(lab)
        {
            Sites = "gone = { libvirt = { uri = \"qemu+unix:///session?socket=/nowhere/libvirt-sock\" } }",
            Target = "site = \"gone\"",
        };
        (await declaration.PlanAsync()).Failed("/nowhere/libvirt-sock", "No such file or directory", "target");
        await AssertUntouchedAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_name_that_another_VM_has_at_the_target_is_refused()
    {
        await EnsureGuestAsync();
        await TwoHosts.FreshGuestAsync("taken", "--on", "dc2");
        try
        {
            using var declaration = new Declaration(lab) { Target = "site = \"dc2\", name = \"taken\"" };
            (await declaration.PlanAsync()).Failed("has a VM \"taken\" already", "target.name");
            await AssertUntouchedAsync();
        }
        finally
        {
            await TwoHosts.ForgetAsync("taken");
        }
    }

    private async Task EnsureGuestAsync()
    {
        if (!await Lab.RunsAsync(lab, TwoHosts.Dc1))
        {
            await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        }

        await Lab.UntilUpAsync(lab, TwoHosts.Dc1);
    }

    private Task AssertUntouchedAsync() => Lab.AssertAtHomeAsync(lab);
}
