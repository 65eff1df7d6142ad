using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Pulumi;
using static VmMigrate.Host.Tests.Pulumi.Wire;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>How a provider's process begins and ends. Signals are those of Unix.</summary>
public sealed class PluginProcessTests
{
    private const int Limit = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task The_port_is_all_that_is_printed_and_an_interrupt_ends_an_idle_process()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await FakeEngine.StartAsync(token);
        await using var plugin = await PluginProcess.StartAsync(["--logtostderr", "-v=9", engine.Address], token);
        Assert.InRange(int.Parse(plugin.PortLine, NumberStyles.None, CultureInfo.InvariantCulture), 1, 65535);
        Assert.Equal("1.2.3", (await plugin.Client.GetPluginInfoAsync(new Empty(), cancellationToken: token)).Version);

        await plugin.Client.CancelAsync(new Empty(), cancellationToken: token);
        await plugin.SignalAsync("INT");

        Assert.Equal((0, "", ""), await plugin.EndAsync(token));
    }

    [Fact(Timeout = Limit)]
    public async Task An_interrupt_does_not_end_a_process_that_works_and_Cancel_brings_its_state_back()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await FakeEngine.StartAsync(token);
        await using var plugin = await PluginProcess.StartAsync([engine.Address], token);
        var create = await BeginSlowRunAsync(plugin, engine);

        await plugin.SignalAsync("INT");
        await Task.Delay(300, token);
        Assert.False(plugin.Process.HasExited);
        Assert.False(create.ResponseAsync.IsCompleted);

        await plugin.Client.CancelAsync(new Empty(), cancellationToken: token);
        Assert.Equal(["Stopped at step \"move\"; the box is safe."], Detail<ErrorResourceInitFailed>(await FailsAsync(create))!.Reasons);
        await plugin.SignalAsync("INT");
        Assert.Equal(0, (await plugin.EndAsync(token)).Exit);
    }

    [Fact(Timeout = Limit)]
    public async Task A_termination_stops_the_work_first_and_hands_its_state_back()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await FakeEngine.StartAsync(token);
        await using var plugin = await PluginProcess.StartAsync([engine.Address], token);
        var create = await BeginSlowRunAsync(plugin, engine);

        await plugin.SignalAsync("TERM");

        Assert.Equal("stopped", Detail<ErrorResourceInitFailed>(await FailsAsync(create))!.Properties.Fields["phase"].StringValue);
        Assert.Equal(0, (await plugin.EndAsync(token)).Exit);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_standard_input_means_that_the_engine_is_gone()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await FakeEngine.StartAsync(token);
        await using var plugin = await PluginProcess.StartAsync([engine.Address], token);
        var create = await BeginSlowRunAsync(plugin, engine);

        plugin.Process.StandardInput.Close();

        Assert.Equal("stopped", Detail<ErrorResourceInitFailed>(await FailsAsync(create))!.Properties.Fields["phase"].StringValue);
        Assert.Equal(0, (await plugin.EndAsync(token)).Exit);
    }

    [Fact(Timeout = Limit)]
    public async Task Started_by_hand_it_outlives_its_input_and_its_engines()
    {
        var token = TestContext.Current.CancellationToken;
        await using var plugin = await PluginProcess.StartAsync([], token);
        plugin.Process.StandardInput.Close();

        for (var i = 0; i < 2; i++)
        {
            await using var engine = await FakeEngine.StartAsync(token);
            await plugin.Client.HandshakeAsync(new ProviderHandshakeRequest { EngineAddress = engine.Address }, cancellationToken: token);
            await plugin.Client.AttachAsync(new PluginAttach { Address = engine.Address }, cancellationToken: token);
            await plugin.Client.ConfigureAsync(new ConfigureRequest { Args = Config() }, cancellationToken: token);
            await plugin.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs() }, cancellationToken: token);
            await plugin.Client.CancelAsync(new Empty(), cancellationToken: token);
            Assert.Equal(["Info: box-crate stands at attic."], engine.Kept);
        }

        await plugin.SignalAsync("INT");
        Assert.Equal((0, "", ""), await plugin.EndAsync(token));
    }

    [Fact(Timeout = Limit)]
    public async Task Settings_of_other_programs_around_it_mean_nothing()
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory().FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "appsettings.json"),
            """{"Urls":"http://0.0.0.0:1","Kestrel":{"Endpoints":{"Http":{"Url":"http://0.0.0.0:1"}}},"Logging":{"LogLevel":{"Default":"Trace"}}}""", token);
        await using var engine = await FakeEngine.StartAsync(token);

        await using var plugin = await PluginProcess.StartAsync(
            [engine.Address], token, folder,
            ("ASPNETCORE_URLS", "http://0.0.0.0:1"), ("ASPNETCORE_ENVIRONMENT", "Development"), ("DOTNET_ENVIRONMENT", "Development"),
            ("HTTP_PROXY", "http://127.0.0.1:1"), ("http_proxy", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1"));
        await plugin.Client.ConfigureAsync(new ConfigureRequest { Args = Config() }, cancellationToken: token);
        await plugin.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs() }, cancellationToken: token);
        await plugin.SignalAsync("INT");

        Assert.Equal((0, "", ""), await plugin.EndAsync(token));
        Assert.Equal(["Info: box-crate stands at attic."], engine.Kept);
    }

    [Fact(Timeout = Limit)]
    public async Task Our_log_is_written_where_it_is_asked_for_is_the_owner_s_alone_and_holds_no_secret()
    {
        var token = TestContext.Current.CancellationToken;
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "log");
        await using var engine = await FakeEngine.StartAsync(token);
        await using (var plugin = await PluginProcess.StartAsync([engine.Address], token, null, (FileLog.Variable, path)))
        {
            await plugin.Client.ConfigureAsync(new ConfigureRequest { Args = Config() }, cancellationToken: token);
            await FailsAsync(plugin.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("HalfWay") }, cancellationToken: token));
            await plugin.SignalAsync("INT");
            await plugin.EndAsync(token);
        }

        var log = await File.ReadAllTextAsync(path, token);
        Assert.Contains($"Create {Urn} took ", log, StringComparison.Ordinal);
        Assert.Contains("Aborted: The box fell", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, log, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, log, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_engine_that_no_longer_answers_is_gone_and_one_that_knows_no_health_is_not()
    {
        var engine = await FakeEngine.StartAsync(TestContext.Current.CancellationToken);
        var gone = EngineWatch.UntilGoneAsync(() => engine.Address, new FastTime(), TestContext.Current.CancellationToken);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Assert.False(gone.IsCompleted);

        await engine.DisposeAsync();

        await gone;
    }

    private static async Task<Grpc.Core.AsyncUnaryCall<CreateResponse>> BeginSlowRunAsync(PluginProcess plugin, FakeEngine engine)
    {
        await plugin.Client.ConfigureAsync(new ConfigureRequest { Args = Config() }, cancellationToken: Token);
        var create = plugin.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Slow") }, cancellationToken: Token);
        while (engine.Lines.IsEmpty)
        {
            await Task.Delay(10, Token);
        }

        return create;
    }
}
