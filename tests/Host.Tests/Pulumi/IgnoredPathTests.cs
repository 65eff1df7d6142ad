using VmMigrate.Engine.Values;
using VmMigrate.Host.Pulumi;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class IgnoredPathTests
{
    [Theory]
    [InlineData("target", true)]
    [InlineData("target.networks", true)]
    [InlineData("target.networks[\"vlan 7\"]", true)]
    [InlineData("target[\"networks\"]", true)]
    [InlineData("*", true)]
    [InlineData("target.*", true)]
    [InlineData("target.networks.other", false)]
    [InlineData("targ", false)]
    [InlineData("target.networks[\"vlan 7\"].deeper", false)]
    [InlineData("", false)]
    public void A_pattern_covers_what_it_names_and_all_below(string pattern, bool covers) =>
        Assert.Equal(covers, IgnoredPath.Covers(pattern, PropertyPath.Of("target.networks").Key("vlan 7")));

    [Theory]
    [InlineData("waive[0].until", true)]
    [InlineData("waive[*].until", true)]
    [InlineData("waive[1]", false)]
    public void Items_are_named_by_index_or_star(string pattern, bool covers) =>
        Assert.Equal(covers, IgnoredPath.Covers(pattern, PropertyPath.Of("waive").Item(0).Child("until")));
}
