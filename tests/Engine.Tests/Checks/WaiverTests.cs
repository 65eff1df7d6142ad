using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Tests.Checks;

public sealed class WaiverTests
{
    private static readonly DateOnly Today = new(2026, 11, 25);

    private static readonly Finding Shared = new("disk.shared", Severity.Error, PropertyPath.Of("vm"), "shared") { Subject = "disk vda", Waivable = true };

    private static readonly Finding Arch = new("cpu.arch", Severity.Error, PropertyPath.Of("target"), "arm");

    [Fact]
    public void A_waived_finding_stays_with_who_why_and_until_when()
    {
        var finding = Assert.Single(Apply([Shared], new Waiver("disk.shared", null, "all move together", Today.AddDays(7), "Ada")));

        Assert.Equal(Severity.Note, finding.Severity);
        Assert.Equal(new Waived(Severity.Error, "all move together", Today.AddDays(7), "Ada"), finding.Waived);
        Assert.StartsWith("(waived until 2026-12-02 by Ada: all move together) ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_waiver_that_names_nobody_is_the_declaration_s() =>
        Assert.Equal("urn:1", Assert.Single(Apply([Shared], new Waiver("disk.shared", null, "all move together", Today, null))).Waived!.By);

    [Fact]
    public void A_waiver_holds_on_its_last_day_and_not_on_the_next()
    {
        Assert.NotNull(Apply([Shared], new Waiver("disk.shared", null, "r", Today, null))[0].Waived);

        var over = Apply([Shared], new Waiver("disk.shared", null, "r", Today.AddDays(-1), null));

        Assert.Equal(["disk.shared", "waiver.expired"], over.Select(finding => finding.Id));
        Assert.Equal(Severity.Error, over[0].Severity);
    }

    [Fact]
    public void What_is_impossible_cannot_be_waived()
    {
        var findings = Apply([Arch], new Waiver("cpu.arch", null, "r", Today, null));

        Assert.Equal(["cpu.arch", "waiver.refused"], findings.Select(finding => finding.Id));
        Assert.Equal(Severity.Error, findings[0].Severity);
    }

    [Fact]
    public void A_waiver_without_a_match_is_a_finding() =>
        Assert.Equal("waiver.unused", Assert.Single(Apply([], new Waiver("disk.shared", null, "r", Today, null))).Id);

    [Fact]
    public void A_waiver_of_an_unknown_check_names_the_near_ones() =>
        Assert.Contains("\"disk.shared\"", Assert.Single(Apply([], new Waiver("disk.share", null, "r", Today, null))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_waiver_of_one_disk_leaves_the_others()
    {
        var findings = Apply([Shared, Shared with { Subject = "disk vdb" }], new Waiver("disk.shared", "vdb", "r", Today, null));

        Assert.Equal(("disk vda", Severity.Error), (findings[0].Subject, findings[0].Severity));
        Assert.Equal(("disk vdb", Severity.Note), (findings[1].Subject, findings[1].Severity));
    }

    [Fact]
    public void A_waiver_for_years_is_told() =>
        Assert.Contains(Apply([Shared], new Waiver("disk.shared", null, "r", Today.AddDays(91), null)), finding => finding.Id == "waiver.long");

    private static System.Collections.Immutable.ImmutableArray<Finding> Apply(Finding[] findings, params Waiver[] waivers) => Waivers.Apply(findings, [.. waivers], Today, "urn:1");
}
