using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Tests.Pulumi;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>In the order in which Pulumi's engine calls: a refresh where the provider asked for one, Check, Diff, then Create or Update.</summary>
internal sealed class PulumiFrontEnd : FrontEnd
{
    internal const string Urn = "urn:pulumi:dev::shop::vmmigrate:index:Migration::web";

    private (FakeEngine Engine, ServedProvider Served)? _open;
    private (string Id, Struct Inputs, Struct Outputs, bool RefreshFirst)? _kept;

    internal override MapValue State => StructReader.Read(_kept!.Value.Outputs);

    internal override void Forget() => _kept = null;

    internal override Task<Outcome> PlanAsync(MapValue inputs) => RunAsync(inputs, preview: true);

    internal override Task<Outcome> ApplyAsync(MapValue inputs) => RunAsync(inputs, preview: false);

    internal override Task<Outcome> RefreshAsync() => SayingAsync(async client =>
    {
        await RefreshAsync(client);
        return [];
    });

    internal override async Task<Outcome?> ImportAsync(string id)
    {
        var found = false;
        var outcome = await SayingAsync(async client =>
        {
            found = await ReadAsync(client, new ReadRequest { Id = id, Urn = Urn });
            return [];
        });
        return found ? outcome : null;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_open is { } open)
        {
            await open.Served.DisposeAsync();
            await open.Engine.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private Task<Outcome> RunAsync(MapValue declared, bool preview) => SayingAsync(async client =>
    {
        if (_kept is { RefreshFirst: true })
        {
            await RefreshAsync(client);
        }

        var check = await client.CheckAsync(new CheckRequest { Urn = Urn, Olds = _kept?.Inputs, News = StructWriter.Write(declared, Unknowns.Keep) });
        Assert.Empty(check.Failures);
        if (_kept is not { } kept)
        {
            try
            {
                var made = await client.CreateAsync(new CreateRequest { Urn = Urn, Properties = check.Inputs, Preview = preview });
                if (!preview)
                {
                    _kept = (made.Id, check.Inputs, made.Properties, made.RefreshBeforeUpdate);
                }
            }
            catch (RpcException e) when (Wire.Detail<ErrorResourceInitFailed>(e) is { } half)
            {
                _kept = (half.Id, check.Inputs, half.Properties, half.RefreshBeforeUpdate);
                throw;
            }

            return ["*"];
        }

        var diff = await client.DiffAsync(new DiffRequest { Id = kept.Id, Urn = Urn, OldInputs = kept.Inputs, Olds = kept.Outputs, News = check.Inputs });
        if (diff.Changes == DiffResponse.Types.DiffChanges.DiffSome)
        {
            var updated = await client.UpdateAsync(new UpdateRequest { Id = kept.Id, Urn = Urn, OldInputs = kept.Inputs, Olds = kept.Outputs, News = check.Inputs, Preview = preview });
            if (!preview)
            {
                _kept = (kept.Id, check.Inputs, updated.Properties, updated.RefreshBeforeUpdate);
            }
        }

        return [.. diff.DetailedDiff.Keys.Order(StringComparer.Ordinal)];
    });

    private Task<bool> RefreshAsync(ResourceProvider.ResourceProviderClient client) =>
        ReadAsync(client, new ReadRequest { Id = _kept!.Value.Id, Urn = Urn, Inputs = _kept.Value.Inputs, Properties = _kept.Value.Outputs });

    private async Task<bool> ReadAsync(ResourceProvider.ResourceProviderClient client, ReadRequest request)
    {
        try
        {
            var read = await client.ReadAsync(request);
            _kept = read.Id.Length == 0 ? null : (read.Id, read.Inputs, read.Properties, read.RefreshBeforeUpdate);
        }
        catch (RpcException e) when (Wire.Detail<ErrorResourceInitFailed>(e) is { } half)
        {
            // What the engine does with a thing that is there and not finished.
            _kept = (half.Id, half.Inputs, half.Properties, half.RefreshBeforeUpdate);
        }

        return _kept is not null;
    }

    private async Task<Outcome> SayingAsync(Func<ResourceProvider.ResourceProviderClient, Task<string[]>> act)
    {
        var open = _open ??= await OpenAsync();
        open.Engine.Lines.Clear();
        string[] changes = [];
        var (failure, failed) = ("", false);
        try
        {
            changes = await act(open.Served.Client);
        }
        catch (RpcException e)
        {
            (failure, failed) = (e.Status.Detail, true);
        }

        return new Outcome(changes, string.Join('\n', open.Engine.Kept) + failure, failed);
    }

    private async Task<(FakeEngine, ServedProvider)> OpenAsync()
    {
        var engine = await FakeEngine.StartAsync(TestContext.Current.CancellationToken);
        var served = await ServedProvider.StartAsync(Provider);
        var client = served.Client;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await client.HandshakeAsync(new ProviderHandshakeRequest { EngineAddress = engine.Address, ConfigureWithUrn = true, SupportsRefreshBeforeUpdate = true });
                break;
            }
            catch (RpcException e) when (tries < 5 && e.StatusCode is StatusCode.Internal or StatusCode.Unavailable)
            {
                // On a machine that is far too busy a first connection may fail; the engine tries again too.
                await Task.Delay(500, TestContext.Current.CancellationToken);
            }
        }

        await client.ConfigureAsync(new ConfigureRequest { Args = StructWriter.Write(Config, Unknowns.Keep), AcceptSecrets = true });
        return (engine, served);
    }
}
