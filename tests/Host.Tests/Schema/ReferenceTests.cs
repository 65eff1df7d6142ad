using System.Text.RegularExpressions;
using VmMigrate.Host.Cli;
using VmMigrate.Host.Resources;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Schema;

public sealed partial class ReferenceTests
{
    [Fact]
    public void The_checked_in_reference_is_the_model_s_own() => Golden.Matches("docs/reference.md", ReferenceWriter.Write(Package.Model));

    [Fact]
    public void Every_link_has_its_heading()
    {
        var page = ReferenceWriter.Write(Package.Model);
        var headings = Heading().Matches(page).Select(match => match.Groups[1].Value.ToLowerInvariant().Replace(' ', '-')).ToHashSet();

        var links = Link().Matches(page).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.Contains(link, headings));
    }

    [Fact(Timeout = 15_000)]
    public async Task The_reference_command_prints_the_page()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exit = await CommandLine.RunAsync(["reference"], output, error, TestContext.Current.CancellationToken);

        Assert.Equal((0, ReferenceWriter.Write(Package.Model), ""), (exit, output.ToString(), error.ToString()));
    }

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]*)\)")]
    private static partial Regex Link();
}
