using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>A create that cannot be begun, after one of the same declaration whose process was killed: what that one left must not be lost from sight.</summary>
public sealed class BlockedCreateTests
{
    private const int Limit = 60_000;

    private static MapValue Blocked => FrontEnd.Declare(("target", Value.Map(("site", Value.Text("dc2")), ("storagePool", Value.Text("nowhere")))));

    [Fact(Timeout = Limit)]
    public async Task What_a_killed_run_of_the_same_declaration_left_is_kept_in_the_state_so_that_a_destroy_takes_it_away()
    {
        await using var front = FrontEnd.Open("Pulumi");
        await HalfMoved.LeaveAsync(front.World, PulumiFrontEnd.Urn);

        var blocked = await front.ApplyAsync(Blocked);

        Assert.True(blocked.Failed, blocked.Said);
        Assert.Contains("nowhere", blocked.Said, StringComparison.Ordinal);
        Assert.Equal(("CuttingOver", "dc1"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText));
    }

    [Fact(Timeout = Limit)]
    public async Task What_another_declaration_has_begun_is_not_taken_into_the_state_of_this_one()
    {
        await using var front = FrontEnd.Open("Pulumi");
        await HalfMoved.LeaveAsync(front.World, "urn:pulumi:prod::shop::vmmigrate:index:Migration::other");

        var blocked = await front.ApplyAsync(Blocked);

        Assert.True(blocked.Failed, blocked.Said);
        Assert.Throws<InvalidOperationException>(() => front.State);
    }
}
