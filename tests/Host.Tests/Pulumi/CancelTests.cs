using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Host.Protos.Pulumi;
using static VmMigrate.Host.Tests.Pulumi.Wire;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class CancelTests
{
    private const int Limit = 30_000;

    [Theory(Timeout = Limit)]
    [InlineData("Slow", "stopped", "Stopped at step \"move\"; the box is safe.")]
    [InlineData("Stubborn", null, "Stopped, as the engine asked.")]
    public async Task Cancel_stops_what_runs_and_its_state_comes_back(string behaviour, string? phase, string reason)
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var create = wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs(behaviour) });
        await wire.Provider.TheBox.Began.WaitAsync();

        await wire.Client.CancelAsync(new Empty());
        var detail = Detail<ErrorResourceInitFailed>(await FailsAsync(create))!;

        Assert.Equal("box-crate", detail.Id);
        Assert.Equal([reason], detail.Reasons);
        Assert.Equal(phase, detail.Properties.Fields.TryGetValue("phase", out var value) ? value.StringValue : null);
    }

    [Fact(Timeout = Limit)]
    public async Task After_Cancel_nothing_new_begins_until_the_next_engine_comes()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        await wire.Client.CancelAsync(new Empty());

        var refused = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs() }));
        Assert.Equal(StatusCode.Cancelled, refused.StatusCode);
        Assert.Empty(wire.Provider.TheBox.Applied);

        await wire.GreetAsync();
        Assert.Equal("box-crate", wire.Create(Inputs()).Id);

        await wire.Client.CancelAsync(new Empty());
        await wire.Client.AttachAsync(new PluginAttach { Address = wire.Engine.Address });
        Assert.Equal("box-crate", wire.Create(Inputs()).Id);
    }

    [Fact(Timeout = Limit)]
    public async Task An_engine_that_hangs_up_stops_what_runs_for_it()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        using var hangUp = new CancellationTokenSource();
        var create = wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Slow") }, cancellationToken: hangUp.Token);
        await wire.Provider.TheBox.Began.WaitAsync();

        await hangUp.CancelAsync();

        await FailsAsync(create);
        await wire.Calls.WhenIdleAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_run_over_its_time_limit_is_stopped_and_keeps_its_state()
    {
        await using var wire = await ConfiguredAsync(null, new FastTime(), TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Stubborn"), Timeout = 2 }));

        var reason = Assert.Single(Detail<ErrorResourceInitFailed>(error)!.Reasons);
        Assert.StartsWith("The time limit of 2 s (customTimeouts) is over.", reason, StringComparison.Ordinal);
    }
}
