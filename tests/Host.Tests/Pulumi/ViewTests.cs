using VmMigrate.Host.Protos.Pulumi;
using static VmMigrate.Host.Tests.Pulumi.Wire;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class ViewTests
{
    private const int Limit = 30_000;

    [Fact(Timeout = Limit)]
    public async Task A_preview_shows_its_steps_as_rows_under_the_resource()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Fine"), Preview = true, ResourceStatusAddress = wire.Engine.Address, ResourceStatusToken = "t-1" });

        var request = Assert.Single(wire.Engine.Views);
        Assert.Equal("t-1", request.Token);
        Assert.Equal(["crate 1. pack", "crate 2. move"], request.Steps.Select(step => step.Name));
        Assert.All(request.Steps, step =>
        {
            Assert.Equal(ViewStep.Types.Op.Create, step.Op);
            Assert.Equal(ViewStep.Types.Status.Ok, step.Status);
            Assert.Equal((step.Type, step.Name), (step.New.Type, step.New.Name));
            Assert.Equal("sample:index:Step", step.Type);

            // A named parent would have to be another row: without one they stand under the resource.
            Assert.Equal(("", ""), (step.New.ParentType, step.New.ParentName));

            // The engine stops with an assertion when it is told of an old row that it does not know.
            Assert.Null(step.Old);
        });
        Assert.Equal("by hand", request.Steps[1].New.Outputs.Fields["detail"].StringValue);
    }

    [Fact(Timeout = Limit)]
    public async Task An_update_s_preview_shows_them_too_and_a_run_leaves_none_in_the_state()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var created = await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Fine"), ResourceStatusAddress = wire.Engine.Address, ResourceStatusToken = "t-2" });
        Assert.Empty(wire.Engine.Views);
        await wire.Client.UpdateAsync(new UpdateRequest
        {
            Urn = Urn,
            Id = created.Id,
            Olds = created.Properties,
            News = Inputs("Fine"),
            Preview = true,
            ResourceStatusAddress = wire.Engine.Address,
            ResourceStatusToken = "t-3",
        });
        Assert.Equal("t-3", Assert.Single(wire.Engine.Views).Token);
    }

    [Fact(Timeout = Limit)]
    public async Task An_engine_without_rows_or_one_that_refuses_them_gets_the_same_preview()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var without = await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Fine"), Preview = true });
        Assert.Empty(wire.Engine.Views);
        wire.Engine.Refuses = true;
        var refused = await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Fine"), Preview = true, ResourceStatusAddress = wire.Engine.Address, ResourceStatusToken = "t" });
        Assert.Equal(without, refused);
    }

    [Fact(Timeout = Limit)]
    public async Task Rows_hold_no_secret_and_a_blocked_preview_shows_none()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Blocked"), Preview = true, ResourceStatusAddress = wire.Engine.Address, ResourceStatusToken = "t" }));
        Assert.Empty(wire.Engine.Views);
        await wire.Client.CreateAsync(new CreateRequest
        {
            Urn = Urn,
            Properties = Inputs("Fine", ("labels", List(Of(("text", Text("fragile")), ("key", Secret(Text(Key))))))),
            Preview = true,
            ResourceStatusAddress = wire.Engine.Address,
            ResourceStatusToken = "t",
        });
        Assert.DoesNotContain(Key, Assert.Single(wire.Engine.Views).ToString(), StringComparison.Ordinal);
    }
}
