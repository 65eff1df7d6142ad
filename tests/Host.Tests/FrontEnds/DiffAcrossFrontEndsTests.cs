using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>What is no change is none in either engine; what costs says so in preview.</summary>
public sealed class DiffAcrossFrontEndsTests
{
    private const int Limit = 60_000;

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task The_same_declaration_in_other_words_is_no_change(string engine)
    {
        await using var front = FrontEnd.Open(engine);
        var made = await front.ApplyAsync(Declared("2m", "60s", "1h30m", "XxHash128", ["a", "b"]));
        Assert.False(made.Failed, made.Said);

        // Terraform's core itself shows a block that is left out as a change, though nothing is done about it.
        var shorter = Declared("2 min", null, "5400s", null, ["a", "b"]);
        MapValue[] others = [Declared("120s", "1m", "90min", "XxHash128", ["b", "a"]), Declared("2 min", "0.5m30s", "5400s", "XxHash128", ["a", "b"]), .. engine == "Pulumi" ? new[] { shorter } : []];
        foreach (var same in others)
        {
            await front.AssertNoChangesAsync(same);
        }

        var other = await front.PlanAsync(Declared("121s", "1m", "90min", null, ["a", "b"]));
        Assert.Equal(engine == "Pulumi" ? "shutdown.timeout" : "*", Assert.Single(other.Changes));
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task Another_target_after_the_cutover_is_a_move_that_preview_puts_a_price_on(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        var free = await front.PlanAsync(FrontEnd.Declare(("shutdown", Value.Map(("timeout", Value.Text("3m"))))));
        Assert.NotEmpty(free.Changes);
        Assert.Contains("nothing to do", free.Said, StringComparison.Ordinal);

        var costly = await front.PlanAsync(FrontEnd.Declare(("target", Value.Map(("site", Value.Text("dc3"))))));
        Assert.Equal(engine == "Pulumi" ? "target.site" : "*", Assert.Single(costly.Changes));
        Assert.Contains("dc2 → dc3", costly.Said, StringComparison.Ordinal);
        Assert.Contains("downtime", costly.Said, StringComparison.Ordinal);
    }

    private static MapValue Declared(string shutdown, string? downtime, string create, string? digest, string[] networks) => FrontEnd.Declare(
        ("target", Value.Map(("site", Value.Text("dc2")), ("networks", Value.Map(networks.Select(name => KeyValuePair.Create(name, Value.Text("default"))))))),
        ("shutdown", Value.Map(("timeout", Value.Text(shutdown)))),
        ("cutover", downtime is null ? Value.Null : Value.Map(("maxDowntime", Value.Text(downtime)))),
        ("timeouts", Value.Map(("create", Value.Text(create)))),
        ("verify", digest is null ? Value.Null : Value.Map(("digest", Value.Text(digest)))));
}
