using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>Recovery points and test boots as a user of each engine declares and sees them.</summary>
public sealed class RecoveryAcrossFrontEndsTests
{
    private const int Limit = 60_000;

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task Points_are_listed_named_in_a_declaration_and_gone_back_to(string engine)
    {
        await using var front = FrontEnd.Open(engine);
        for (var round = 0; round < 2; round++)
        {
            await ApplyAsync(front, Declare("Replicated"));
        }

        var points = Points(front);
        Assert.Equal(2, points.Count);
        Assert.All(front.State["recoveryPoints"].AsList!.Items, point => Assert.Equal("dc2", point["site"].AsText));
        await ApplyAsync(front, Declare("CutOver"));
        Assert.Equal(points, Points(front));

        var unknown = await front.PlanAsync(Declare("Replicated", ("to", Value.Text("2001-01-01T00:00:00Z"))));
        Assert.All(points, point => Assert.Contains(point, unknown.Said, StringComparison.Ordinal));

        var back = Declare("Replicated", ("to", Value.Text(points[0])));
        var plan = await front.PlanAsync(back);
        Assert.NotEmpty(plan.Changes);
        Assert.Contains($"goes back to {points[0]}", plan.Said, StringComparison.Ordinal);
        await ApplyAsync(front, back);
        Assert.Equal("dc1", front.State["placement"]["site"].AsText);
        Assert.Contains(front.State["steps"].AsList!.Items, step => step["name"].AsText == "restore recovery point");
        Assert.Contains(points[1], Points(front));

        await ApplyAsync(front, Declare("Replicated", ("keep", Value.Number(1))));
        Assert.Single(Points(front));
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_test_boot_is_told_with_the_digests_of_what_was_tested_and_the_gates_that_it_leaves_out(string engine)
    {
        await using var front = FrontEnd.Open(engine);
        Value Gate(string kind, params (string, Value)[] more) => Value.Map((kind, Value.Map(more)));
        var declared = FrontEnd.Declare(
            ("goal", Value.Text("Tested")),
            ("verify", Value.Map(("probes", Value.List([Gate("guestAgent"), Gate("tcp", ("host", Value.Text("10.9.8.7")), ("port", Value.Number(8443)))])))));
        Assert.Contains("TCP 10.9.8.7:8443 accepts", await ApplyAsync(front, declared), StringComparison.Ordinal);

        Assert.Equal(("Tested", "dc1", "Running"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText, front.State["placement"]["powerState"].AsText));
        var test = front.State["test"];
        Assert.True(test["current"].AsBool);
        var disk = Assert.Single(test["disks"].AsList!.Items);
        Assert.StartsWith("xxh128-tree:", disk["sourceDigest"].AsText, StringComparison.Ordinal);
        Assert.Equal(disk["sourceDigest"].AsText, disk["targetDigest"].AsText);
        await front.AssertNoChangesAsync(declared);
    }

    private static MapValue Declare(string goal, params (string, Value)[] rollback) =>
        FrontEnd.Declare([("mode", Value.Text("Warm")), ("goal", Value.Text(goal)), .. rollback.Length == 0 ? Array.Empty<(string, Value)>() : [("rollback", Value.Map(rollback))]]);

    private static async Task<string> ApplyAsync(FrontEnd front, MapValue declared)
    {
        var applied = await front.ApplyAsync(declared);
        Assert.False(applied.Failed, applied.Said);
        return applied.Said;
    }

    private static List<string> Points(FrontEnd front) => [.. front.State["recoveryPoints"].AsList!.Items.Select(point => point["id"].AsText!)];
}
