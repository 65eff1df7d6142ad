using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>What hands do to a moved VM is told at refresh and preview, and answered as declared: the same through both engines.</summary>
public sealed class DriftAcrossFrontEndsTests
{
    private const int Limit = 60_000;

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_VM_stopped_by_hand_is_shown_and_started_again(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        front.Hand.PowerOff("dc2", "web");

        var plan = await front.PlanAsync(FrontEnd.Declare());
        Assert.NotEmpty(plan.Changes);
        Assert.Contains("where it should run", plan.Said, StringComparison.Ordinal);
        Assert.Equal("Stopped", Assert.Single(front.State["drift"].AsList!.Items)["kind"].AsText);

        Assert.False((await front.ApplyAsync(FrontEnd.Declare())).Failed);
        Assert.Equal("Running", front.State["placement"]["powerState"].AsText);
        Assert.Empty(front.State["drift"].AsList!.Items);
        await front.AssertNoChangesAsync(FrontEnd.Declare());
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task What_is_adopted_becomes_the_truth_and_the_VM_is_not_touched(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        front.Hand.PowerOff("dc2", "web");
        front.Hand.Reshape("dc2", "web", cpus: 5, memoryBytes: 3L << 30);
        var declared = FrontEnd.Declare(("onDrift", Value.Text("Adopt")));
        var writes = front.World.Calls.Count(call => call.Writes);

        Assert.NotEmpty((await front.PlanAsync(declared)).Changes);
        Assert.False((await front.ApplyAsync(declared)).Failed);

        Assert.Equal(writes, front.World.Calls.Count(call => call.Writes));
        Assert.Equal((false, 5.0), (front.State["recorded"]["running"].AsBool, front.State["recorded"]["cpus"].AsNumber));
        await front.AssertNoChangesAsync(declared);

        // What was adopted stays so when the declaration says Return again.
        await front.ApplyAsync(FrontEnd.Declare());
        await front.AssertNoChangesAsync(FrontEnd.Declare());
        Assert.Equal("Off", front.State["placement"]["powerState"].AsText);
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task What_is_ignored_is_told_and_nothing_is_done(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        var declared = FrontEnd.Declare(("onDrift", Value.Text("Ignore")));
        await front.ApplyAsync(declared);
        front.Hand.PowerOff("dc2", "web");

        var plan = await front.PlanAsync(declared);
        Assert.Empty(plan.Changes);
        Assert.Equal("Stopped", Assert.Single(front.State["drift"].AsList!.Items)["kind"].AsText);
        Assert.Empty((await front.ApplyAsync(declared)).Changes);
        Assert.Equal("Off", front.State["placement"]["powerState"].AsText);
        Assert.Contains("is Ignore: nothing is done", plan.Said, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_shape_that_no_run_puts_back_is_told_at_every_preview_and_plans_nothing(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        front.Hand.Reshape("dc2", "web", memoryBytes: 3L << 30);
        for (var i = 0; i < 2; i++)
        {
            var plan = await front.PlanAsync(FrontEnd.Declare());
            Assert.Empty(plan.Changes);
            Assert.Contains("3 GiB of memory", plan.Said, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_name_is_put_back_while_the_VM_runs_and_the_preview_says_so(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        var declared = FrontEnd.Declare(("target", Value.Map(("site", Value.Text("dc2")), ("name", Value.Text("web")))));
        await front.ApplyAsync(declared);
        front.Hand.Rename("dc2", "web", "other");
        var plan = await front.PlanAsync(declared);
        Assert.NotEmpty(plan.Changes);
        Assert.Contains("The next run puts it back", plan.Said, StringComparison.Ordinal);
        Assert.False((await front.ApplyAsync(declared)).Failed);
        Assert.Equal(("web", "Running"), (front.State["placement"]["name"].AsText, front.State["placement"]["powerState"].AsText));
        Assert.Equal(["put back"], front.State["steps"].AsList!.Items.Select(step => step["name"].AsText));
        await front.AssertNoChangesAsync(declared);
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_shape_that_needs_a_restart_is_put_back_once_one_is_declared(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        front.Hand.Reshape("dc2", "web", cpus: 7);
        var plan = await front.PlanAsync(FrontEnd.Declare());
        Assert.Empty(plan.Changes);
        Assert.Contains("to have the next run shut it down for that", plan.Said, StringComparison.Ordinal);

        var declared = FrontEnd.Declare(("shutdown", Value.Map(("forDrift", Value.Bool(true)))));
        Assert.NotEmpty((await front.PlanAsync(declared)).Changes);
        Assert.False((await front.ApplyAsync(declared)).Failed);
        Assert.Equal(["stop VM at target", "put back", "start VM at target"], front.State["steps"].AsList!.Items.Select(step => step["name"].AsText));
        Assert.Equal("Running", front.State["placement"]["powerState"].AsText);
        Assert.Empty(front.State["drift"].AsList!.Items);
        await front.AssertNoChangesAsync(declared);
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_source_that_runs_too_is_an_alarm_even_where_drift_is_ignored(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        var declared = FrontEnd.Declare(("onDrift", Value.Text("Ignore")));
        await front.ApplyAsync(declared);
        front.Hand.Start("dc1", "web");
        var plan = await front.PlanAsync(declared);
        Assert.Contains("two VMs with one identity", plan.Said, StringComparison.Ordinal);
        Assert.Equal("TwoRunning", Assert.Single(front.State["drift"].AsList!.Items)["kind"].AsText);
        Assert.True((await front.ApplyAsync(FrontEnd.Declare(("onDrift", Value.Text("Ignore")), ("shutdown", Value.Map(("timeout", Value.Text("3m"))))))).Failed);
    }

    [Theory(Timeout = Limit)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task A_VM_deleted_at_the_target_is_shown_with_what_is_lost(string engine)
    {
        await using var front = await FrontEnd.MovedAsync(engine);
        front.Hand.Delete("dc2", "web");
        var plan = await front.PlanAsync(FrontEnd.Declare());
        Assert.NotEmpty(plan.Changes);
        Assert.Contains("deleted there by hand, with everything that it wrote since the cutover", plan.Said, StringComparison.Ordinal);
        Assert.False((await front.ApplyAsync(FrontEnd.Declare())).Failed);
        Assert.Equal(("dc2", "Running"), (front.State["placement"]["site"].AsText, front.State["placement"]["powerState"].AsText));
    }
}
