using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Checks.Limits;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Tests.Checks;

public sealed class DeclaredFactsTests
{
    [Fact]
    public void A_link_is_declared_in_one_line()
    {
        var (facts, findings) = Read(("link", "1 Gbit/s, 3 ms, 0.1 %"));

        Assert.Empty(findings);
        Assert.Equal((125e6, 0.003, 0.1), (facts.Get(LinkFact.Rate).Value, facts.Get(LinkFact.Latency).Value, facts.Get(LinkFact.Loss).Value));
    }

    [Theory]
    [InlineData("link", "fast", "input.malformed-fact")]
    [InlineData("guest.bitlockr", "on", "input.unknown-fact")]
    [InlineData("plan.rpo", "soon", "input.malformed-fact")]
    [InlineData("vm.ha@vda", "true", "input.unknown-fact")]
    [InlineData("source.vm.ha", "true", "input.unknown-fact")]
    public void What_cannot_be_read_is_an_error_at_its_place(string name, string text, string id)
    {
        var finding = Assert.Single(Read((name, text)).Findings);

        Assert.Equal((id, Severity.Error), (finding.Id, finding.Severity));
        Assert.Equal(PropertyPath.Of("facts").Key(name).ToString(), finding.At.ToString());
    }

    [Fact]
    public void A_near_name_is_asked_for() => Assert.Contains("guest.bitlocker", Read(("guest.bitlockr", "on")).Findings[0].Message, StringComparison.Ordinal);

    [Fact]
    public void The_table_of_limits_can_be_read_and_is_dated()
    {
        Assert.Equal(27, ProviderLimits.Of("aws").Get(SiteFact.MaxDisks).Value);
        Assert.True(ProviderLimits.Of("gcp").Get(SiteFact.LimitsAsOf).IsKnown);
        Assert.StartsWith("limits of 20", ProviderLimits.Of("azure").OriginOf("site.maxDisks"), StringComparison.Ordinal);
        Assert.False(ProviderLimits.Of("nowhere").Get(SiteFact.MaxDisks).IsKnown);
    }

    [Fact]
    public void A_threshold_of_the_migration_goes_before_the_provider_s()
    {
        var provider = Policy.Default.With(PolicyKeys.CpuAverage, 60).With(PolicyKeys.CpuPeak, 80).WithUnknownFacts(Severity.Warning);

        var policy = provider.Under(Policy.Default.With(PolicyKeys.CpuAverage, 50));

        Assert.Equal((50, 80, 300, Severity.Warning), (policy.Of(PolicyKeys.CpuAverage), policy.Of(PolicyKeys.CpuPeak), policy.Of(PolicyKeys.Rpo), policy.UnknownFacts));
    }

    [Fact]
    public void Facts_that_are_not_known_may_stop_a_run_where_the_policy_says_so()
    {
        var subject = Subjects.Between("libvirt", "libvirt") with { Policy = Policy.Default.WithUnknownFacts(Severity.Error) };

        Assert.Equal(Severity.Error, Assert.Single(CheckList.Judge(subject).Findings, finding => finding.Id == "facts.unknown").Severity);
    }

    private static (FactSet Facts, System.Collections.Immutable.ImmutableArray<Finding> Findings) Read(params (string Name, string Text)[] texts) =>
        DeclaredFacts.Read(texts.Select(pair => KeyValuePair.Create(pair.Name, pair.Text)), PropertyPath.Of("facts"));
}
