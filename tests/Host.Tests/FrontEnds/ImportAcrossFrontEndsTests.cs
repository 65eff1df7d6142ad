using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>An import takes over what is there: a VM that never moved, one that was moved and whose state is lost, one that is half moved.</summary>
public sealed class ImportAcrossFrontEndsTests
{
    private const int Limit = 60_000;

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_VM_that_never_moved_is_imported_where_it_runs_and_then_moves(string engine)
    {
        await using var front = FrontEnd.Open(engine);
        Assert.NotNull(await front.ImportAsync("dc1/web"));
        Assert.Equal(("Validated", "dc1", "Validated"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText, front.State["goal"].AsText));
        Assert.Empty((await front.PlanAsync(FrontEnd.Declare(("target", Value.Map(("site", Value.Text("dc1")))), ("goal", Value.Text("Validated"))))).Changes);

        var plan = await front.PlanAsync(FrontEnd.Declare());
        Assert.NotEmpty(plan.Changes);
        Assert.Contains("dc1 → dc2", plan.Said, StringComparison.Ordinal);
        Assert.False((await front.ApplyAsync(FrontEnd.Declare())).Failed);
        Assert.Equal("dc2", front.State["placement"]["site"].AsText);
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_moved_VM_whose_state_is_lost_is_found_where_it_lives_and_nothing_is_left_to_do(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        front.Forget();
        Assert.NotNull(await front.ImportAsync("dc1/web"));
        Assert.Equal(("CutOver", "dc2"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText));
        Assert.True(front.State["proof"]["identical"].AsBool);
        await front.AssertNoChangesAsync(FrontEnd.Declare());
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_VM_that_is_half_moved_is_imported_as_unfinished_and_the_next_run_goes_on(string engine)
    {
        await using var front = FrontEnd.Open(engine);
        // What a run leaves that died after its fence: the source down and fenced, some disks at the target.
        await HalfMoved.LeaveAsync(front.World);
        var imported = await front.ImportAsync("dc1/web");
        Assert.NotNull(imported);
        Assert.Equal("CuttingOver", front.State["phase"].AsText);
        Assert.Equal("dc2", front.State["target"]["site"].AsText);
        var plan = await front.PlanAsync(FrontEnd.Declare());
        Assert.NotEmpty(plan.Changes);
        Assert.False((await front.ApplyAsync(FrontEnd.Declare())).Failed);
        Assert.Equal(("CutOver", "Running"), (front.State["phase"].AsText, front.State["placement"]["powerState"].AsText));
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi", "dc1/nobody")]
    [InlineData("Terraform", "dc1/nobody")]
    public async Task What_is_not_there_is_not_imported(string engine, string id)
    {
        await using var front = FrontEnd.Open(engine);
        Assert.Null(await front.ImportAsync(id));
    }
}
