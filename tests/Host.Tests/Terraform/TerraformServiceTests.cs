using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Tests.Terraform;

public sealed class TerraformServiceTests
{
    [Fact]
    public async Task A_default_comes_back_when_its_input_is_taken_out()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var state = await calls.Created(ServiceCalls.Config(more: ("goal", Value.Text("Replicated"))));
        Assert.Equal("Replicated", state["goal"].AsText);

        // Core proposes the prior value for an attribute that is computed too; the config decides.
        var plan = await calls.Plan(state, ServiceCalls.Config());
        Assert.Equal("CutOver", calls.Read(plan.PlannedState)["goal"].AsText);
        Assert.True(calls.Read(plan.PlannedState)["phase"].IsUnknown);
    }

    [Fact]
    public async Task What_is_planned_as_known_comes_back_unchanged_and_nothing_stays_unknown()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var config = ServiceCalls.Config(more:
        [
            ("target", Value.Map(("site", Value.Text("dc2")), ("networks", Value.Map(("a", Value.Null), ("b", Value.Text("c")))))),
            ("verify", Value.Map(("probes", Value.List([Value.Map(("tcp", Value.Map(("port", Value.Number(22)))))])))),
        ]);
        var plan = await calls.Plan(Value.Null, config);
        var planned = calls.Read(plan.PlannedState).AsMap!;
        var state = calls.Read((await calls.Apply(Value.Null, plan, config)).NewState);
        Assert.False(state.HasUnknown);
        foreach (var (name, value) in planned.Entries.Where(entry => !entry.Value.HasUnknown))
        {
            Assert.Equal(value, state[name]);
        }

        Assert.True(planned["target"]["networks"].AsMap!.Entries.ContainsKey("a"));
        Assert.Equal("5m", planned["verify"]["probes"].AsList!.Items[0]["timeout"].AsText);
    }

    [Fact]
    public async Task A_plan_without_a_change_returns_the_prior_state_to_the_byte()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var state = await calls.Created(ServiceCalls.Config(more: ("shutdown", Value.Map(("timeout", Value.Text("60s"))))));
        var plan = await calls.Plan(state, ServiceCalls.Config(more: ("shutdown", Value.Map(("timeout", Value.Text("1m"))))));
        Assert.Equal(ServiceCalls.Write(state, calls.Shape), plan.PlannedState);
        Assert.Empty(plan.Diagnostics);
    }

    [Fact]
    public async Task An_empty_map_that_is_taken_out_is_no_work_though_core_wants_to_see_it_go()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var config = ServiceCalls.Config(more: ("timeouts", Value.EmptyMap));
        var state = await calls.Created(config);
        Assert.NotNull(state["timeouts"].AsMap);

        var plan = await calls.Plan(state, ServiceCalls.Config());
        Assert.True(calls.Read(plan.PlannedState)["timeouts"].IsNull);
        var before = calls.Files.Lines("apply").Count;
        var apply = await calls.Apply(state, plan, ServiceCalls.Config());
        Assert.Equal(plan.PlannedState, apply.NewState);
        Assert.Equal(before, calls.Files.Lines("apply").Count);
    }

    [Fact]
    public async Task Another_VM_is_a_replacement_at_the_attribute_that_says_so()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var state = await calls.Created(ServiceCalls.Config());
        calls.Files.SetVm("dc1", "db", "running");
        var plan = await calls.Plan(state, ServiceCalls.Config("db"));
        var path = Assert.Single(plan.RequiresReplace);
        Assert.Equal(["vm", "name"], path.Steps.Select(step => step.AttributeName));

        // Core asks again as for a create, and hands our note on.
        var second = await calls.Plan(Value.Null, ServiceCalls.Config("db"), plan.PlannedPrivate);
        Assert.Equal("dc1-db", calls.Read(second.PlannedState)["id"].AsText);
    }

    [Fact]
    public async Task An_unknown_VM_is_planned_with_an_unknown_id()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var config = Value.Map(("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Unknown))), ("target", Value.Unknown));
        var plan = await calls.Plan(Value.Null, config);
        Assert.Empty(ServiceCalls.Errors(plan.Diagnostics));
        var planned = calls.Read(plan.PlannedState);
        Assert.True(planned["id"].IsUnknown);
        Assert.True(planned["vm"]["name"].IsUnknown);
        Assert.True(planned["target"].IsUnknown);
    }

    [Fact]
    public async Task A_secret_input_reaches_the_run_and_neither_plan_nor_state_nor_diff()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var config = ServiceCalls.Config(more: ("guestPassword", Value.Text("planted-write-only")));
        var plan = await calls.Plan(Value.Null, config);
        var apply = await calls.Apply(Value.Null, plan, config);
        Assert.Single(calls.Files.Lines("password-length"));
        Assert.DoesNotContain("planted-write-only", plan.ToString() + apply + plan.PlannedState.Msgpack.ToStringUtf8() + apply.NewState.Msgpack.ToStringUtf8(), StringComparison.Ordinal);

        var again = await calls.Plan(calls.Read(apply.NewState), config);
        Assert.Equal(apply.NewState, again.PlannedState);
    }

    [Fact]
    public async Task A_refresh_keeps_the_words_of_the_state_and_forgets_what_is_gone()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var state = await calls.Created(ServiceCalls.Config(more: [("shutdown", Value.Map(("timeout", Value.Text("120s")))), ("goal", Value.Text("Replicated"))]));
        var read = await calls.Refresh(state);
        Assert.Equal("120s", calls.Read(read.NewState)["shutdown"]["timeout"].AsText);
        Assert.Equal(state, calls.Read(read.NewState));

        calls.Files.SetPhase("dc1-web", null);
        Assert.True(calls.Read((await calls.Refresh(state)).NewState).IsNull);
    }

    [Fact]
    public async Task Calls_after_a_stop_end_at_once_with_an_error_and_the_state_they_came_with()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        calls.Files.SetSwitch("slow", "60000");
        var config = ServiceCalls.Config();
        var plan = await calls.Plan(Value.Null, config);
        var running = calls.Apply(Value.Null, plan, config);
        await calls.Stop();
        var apply = await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains("was stopped at chunk 0 of 5", Assert.Single(ServiceCalls.Errors(apply.Diagnostics)), StringComparison.Ordinal);
        Assert.Equal("Replicating", calls.Read(apply.NewState)["phase"].AsText);
    }

    [Fact]
    public async Task Two_resources_cannot_declare_one_VM()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        await calls.Plan(Value.Null, ServiceCalls.Config());
        var second = await calls.Plan(Value.Null, ServiceCalls.Config(target: "dc1"));
        Assert.Contains("Two resources declare the migration of the same VM", Assert.Single(ServiceCalls.Errors(second.Diagnostics)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_resource_may_be_planned_twice_before_it_is_made_and_another_of_the_same_words_is_refused_at_its_apply()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        await calls.Plan(Value.Null, ServiceCalls.Config());
        var plan = await calls.Plan(Value.Null, ServiceCalls.Config());
        Assert.Empty(ServiceCalls.Errors(plan.Diagnostics));
        Assert.Empty(ServiceCalls.Errors((await calls.Apply(Value.Null, plan, ServiceCalls.Config())).Diagnostics));
        var other = await calls.Apply(Value.Null, plan, ServiceCalls.Config());
        Assert.Contains("Two resources declare the migration of the same VM", Assert.Single(ServiceCalls.Errors(other.Diagnostics)), StringComparison.Ordinal);
        Assert.Equal(Value.Null, calls.Read(other.NewState));
    }

    [Fact]
    public async Task A_destroy_beside_a_plan_that_keeps_the_same_migration_lets_go_of_it()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        var state = await calls.Created(ServiceCalls.Config());
        await calls.Plan(state, ServiceCalls.Config());
        var destroy = await calls.Plan(state, Value.Null);
        Assert.Empty(destroy.Diagnostics);
        Assert.True(calls.Read((await calls.Apply(state, destroy, Value.Null)).NewState).IsNull);
        Assert.Empty(calls.Files.Lines("delete"));
        Assert.Equal("running", calls.Files.Vm("dc2", "web"));
    }

    [Fact]
    public async Task A_destroy_that_nobody_planned_is_a_real_one()
    {
        // A core without the plan_destroy capability, or a plan file from elsewhere.
        using var calls = new ServiceCalls();
        await calls.Configure();
        var state = await calls.Created(ServiceCalls.Config());
        var plan = new PlanResourceChange.Types.Response { PlannedState = ServiceCalls.Write(Value.Null, calls.Shape) };
        Assert.True(calls.Read((await calls.Apply(state, plan, Value.Null)).NewState).IsNull);
        Assert.Single(calls.Files.Lines("delete"));
    }

    [Fact]
    public async Task State_of_this_version_is_taken_over_and_of_a_later_one_refused()
    {
        using var calls = new ServiceCalls();
        var upgraded = await calls.Upgrade("""{ "id": "dc1-web", "phase": "CutOver", "no_longer": 1, "transferred": 12345678901 }""", 0);
        Assert.Empty(upgraded.Diagnostics);
        Assert.Equal(12345678901, calls.Read(upgraded.UpgradedState)["transferred"].AsNumber);
        Assert.Contains("newer version", Assert.Single(ServiceCalls.Errors((await calls.Upgrade("{}", 99)).Diagnostics)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_config_is_known_validation_keeps_to_what_it_can_know()
    {
        using var calls = new ServiceCalls();
        var unconfigured = await calls.Validate(ServiceCalls.Config(target: "nowhere"));
        Assert.Empty(unconfigured.Diagnostics);
        await calls.Configure();
        var diagnostic = Assert.Single((await calls.Validate(ServiceCalls.Config(target: "nowhere"))).Diagnostics);
        Assert.Equal("The provider's config has no site \"nowhere\"", diagnostic.Summary);
        Assert.Equal("At target.site (input.unknown-site).", diagnostic.Detail);
        Assert.Equal(["target"], diagnostic.Attribute.Steps.Select(step => step.AttributeName));
    }

    [Fact]
    public async Task An_unknown_config_leaves_state_as_it_is_and_says_so_in_the_plan()
    {
        using var calls = new ServiceCalls();
        await calls.Configure(Value.Unknown);
        var plan = await calls.Plan(Value.Null, ServiceCalls.Config());
        Assert.Contains("not known before apply", Assert.Single(plan.Diagnostics).Summary, StringComparison.Ordinal);
        Assert.Empty(calls.Files.Lines("plan"));
        var state = ServiceCalls.Config().With("id", Value.Text("dc1-web"));
        Assert.Equal(state, calls.Read((await calls.Refresh(state)).NewState));
    }

    [Fact]
    public async Task A_fault_of_ours_is_a_diagnostic_and_goes_to_the_log_without_the_secret()
    {
        using var calls = new ServiceCalls();
        await calls.Configure();
        calls.Files.SetSwitch("fail", "bug");
        var config = ServiceCalls.Config();
        var apply = await calls.Apply(Value.Null, await calls.Plan(Value.Null, config), config);
        var error = Assert.Single(ServiceCalls.Errors(apply.Diagnostics));
        Assert.Contains("Something with [secret] that nobody thought of", error, StringComparison.Ordinal);
        Assert.Contains("\"@level\":\"error\"", calls.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", calls.Log, StringComparison.Ordinal);
        Assert.Equal("dc1-web", calls.Read(apply.NewState)["id"].AsText);
    }
}
