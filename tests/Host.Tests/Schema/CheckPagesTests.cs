using VmMigrate.Engine.Checks;
using VmMigrate.Host.Resources;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Schema;

public sealed class CheckPagesTests
{
    [Fact]
    public void The_checked_in_pages_are_the_checks_own() => Golden.MatchesFolder("docs/checks", CheckPages.Write());

    [Fact]
    public void Every_check_has_its_place_on_a_page_and_in_the_index()
    {
        var pages = CheckPages.Write();

        Assert.All(CheckList.Groups, group => Assert.All(group.Checks, check =>
        {
            Assert.Contains($"\n## {check.Id}\n", pages[$"{group.Key}.md"], StringComparison.Ordinal);
            Assert.Contains($"[`{check.Id}`]({group.Key}.md#", pages["README.md"], StringComparison.Ordinal);
        }));
    }

    [Fact]
    public void Every_check_says_why_and_what_to_do() => Assert.All(CheckList.All, check =>
    {
        Assert.EndsWith(".", check.Why.TrimEnd(')'), StringComparison.Ordinal);
        Assert.Matches(@"[.)]$", check.Fix);
        Assert.NotEqual("", check.Source);
        Assert.NotEqual("", check.Rule.Trips);
    });
}
