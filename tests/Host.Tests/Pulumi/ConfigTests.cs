using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using VmMigrate.Host.Protos.Pulumi;
using static VmMigrate.Host.Tests.Pulumi.Wire;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class ConfigTests
{
    private const int Limit = 30_000;
    private const string Json = """{"attic":{"uri":"sample://attic","login":{"user":"root","password":"hunter2-and-more"},"slots":"7"}}""";

    [Fact(Timeout = Limit)]
    public async Task Config_as_JSON_texts_is_read_and_its_secret_goes_back_marked()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckConfigAsync(new CheckRequest { News = Map(("places", Text(Json)), ("strict", Text("true"))) });

        Assert.Empty(answer.Failures);
        Assert.Equal(
            Map(
                ("places", Of(("attic", Of(
                    ("uri", Text("sample://attic")),
                    ("login", Of(("user", Text("root")), ("password", Secret(Text(Password))))),
                    ("slots", Number(7)))))),
                ("strict", Flag(true))),
            answer.Inputs);
    }

    [Fact(Timeout = Limit)]
    public async Task A_checked_config_checked_again_is_the_same()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var once = await wire.Client.CheckConfigAsync(new CheckRequest { News = Map(("places", Text(Json))) });
        var twice = await wire.Client.CheckConfigAsync(new CheckRequest { News = once.Inputs });

        Assert.Equal(once.Inputs, twice.Inputs);
    }

    [Fact(Timeout = Limit)]
    public async Task The_engine_s_own_keys_go_back_as_they_are_and_mean_nothing()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);
        var config = Config();
        config.Fields["version"] = Text("1.2.3");
        config.Fields["pluginDownloadURL"] = Text("https://example.com");
        config.Fields["__internal"] = Of(("a", Text("b")));

        var answer = await wire.Client.CheckConfigAsync(new CheckRequest { News = config });

        Assert.Empty(answer.Failures);
        Assert.Equal("1.2.3", answer.Inputs.Fields["version"].StringValue);
        Assert.Equal("https://example.com", answer.Inputs.Fields["pluginDownloadURL"].StringValue);
        Assert.False(answer.Inputs.Fields.ContainsKey("__internal"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_misspelt_key_is_named_at_its_place()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckConfigAsync(new CheckRequest
        {
            News = Map(("places", Text("""{"attic":{"uri":"x","logni":{"password":"hunter2-and-more"}}}"""))),
        });

        var failure = Assert.Single(answer.Failures);
        Assert.Equal("places.attic.logni", failure.Property);
        Assert.Contains("Did you mean \"login\"?", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, failure.Reason, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("""{"attic":{"login":{"password":"hunter2-and-more"}""")]
    [InlineData("hunter2-and-more")]
    [InlineData("\"hunter2-and-more\"")]
    public async Task Broken_JSON_is_reported_without_its_text_and_without_the_property_whose_value_the_engine_would_print(string broken)
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckConfigAsync(new CheckRequest { News = Map(("places", Text(broken))) });

        var failure = Assert.Single(answer.Failures);
        Assert.Equal("", failure.Property);
        Assert.StartsWith("places: A text was given here", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", answer.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_missing_key_says_how_to_set_it()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckConfigAsync(new CheckRequest { News = new Struct() });

        Assert.Contains("pulumi config set --path 'sample:places", Assert.Single(answer.Failures).Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Unknown_values_pass_CheckConfig_and_stay_unknown()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);
        var config = Map(("places", Of(("attic", Of(("uri", Unknown))), ("cellar", Unknown))), ("strict", Unknown));

        var answer = await wire.Client.CheckConfigAsync(new CheckRequest { News = config });

        Assert.Empty(answer.Failures);
        Assert.Equal(WireMarks, answer.Inputs.Fields["places"].StructValue.Fields["attic"].StructValue.Fields["uri"].StringValue);
        Assert.Equal(WireMarks, answer.Inputs.Fields["strict"].StringValue);
    }

    public static TheoryData<string> Forms => ["structured", "json", "secret json", "variables"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Forms))]
    public async Task Configure_takes_every_form(string form)
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);
        var request = new ConfigureRequest();
        switch (form)
        {
            case "structured":
                request.Args = Config();
                request.Args.Fields["places"].StructValue.Fields["attic"].StructValue.Fields["slots"] = Number(7);
                break;
            case "json":
                request.Args = Map(("places", Text(Json)));
                break;
            case "secret json":
                request.Args = Map(("places", Secret(Text(Json))));
                break;
            default:
                request.Variables["sample:config:places"] = Json;
                break;
        }

        await wire.Client.ConfigureAsync(request);

        var attic = wire.Provider.Config!["places"]["attic"];
        Assert.Equal((Password, 7, false), (attic["login"]["password"].AsText, attic["slots"].AsNumber, wire.Provider.Config["strict"].AsBool));
        Assert.True(attic["login"]["password"].IsSecret);
    }

    [Fact(Timeout = Limit)]
    public async Task Keys_that_Configure_misses_come_as_the_detail_for_them()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.ConfigureAsync(new ConfigureRequest { Args = Map(("strict", Text("true"))) }));

        var missing = Assert.Single(Detail<ConfigureErrorMissingKeys>(error)!.MissingKeys);
        Assert.Equal(("sample:places", "The places."), (missing.Name, missing.Description));
    }

    [Fact(Timeout = Limit)]
    public async Task A_bad_config_is_refused_at_Configure_without_its_secrets()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.ConfigureAsync(new ConfigureRequest
        {
            Args = Map(("places", Of(("attic", Of(("uri", Number(1)), ("login", Of(("user", Text("root")), ("password", List(Text(Password)))))))))),
        }));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("places.attic.uri", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("places.attic.login.password", error.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task With_a_config_that_is_not_known_yet_previews_say_what_they_can_and_all_else_waits()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);
        await wire.GreetAsync();
        await wire.Client.ConfigureAsync(new ConfigureRequest { Args = Map(("places", Of(("attic", Of(("uri", Unknown)))))) });

        var check = await wire.Client.CheckAsync(new CheckRequest { Urn = Urn, News = Inputs() });
        var preview = await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = check.Inputs, Preview = true });
        var invoke = await wire.Client.InvokeAsync(new InvokeRequest { Tok = "sample:index:getBox", Args = Map(("name", Text("crate"))), Preview = true });
        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = check.Inputs }));

        Assert.Empty(check.Failures);
        Assert.Equal(check.Inputs, preview.Properties);
        Assert.Empty(invoke.Return.Fields);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Empty(wire.Provider.TheBox.Planned);
    }

    [Fact(Timeout = Limit)]
    public async Task A_changed_config_is_an_update_of_the_provider_and_never_a_replacement()
    {
        await using var wire = await ConnectAsync(TestContext.Current.CancellationToken);
        var changed = Config();
        changed.Fields["places"].StructValue.Fields["attic"].StructValue.Fields["uri"] = Text("sample://roof");

        var same = await wire.Client.DiffConfigAsync(new DiffRequest { OldInputs = Map(("places", Text(Json.Replace(",\"slots\":\"7\"", "", StringComparison.Ordinal)))), Olds = Config(), News = Config() });
        var other = await wire.Client.DiffConfigAsync(new DiffRequest { OldInputs = Config(), Olds = Config(), News = changed });

        Assert.Equal(DiffResponse.Types.DiffChanges.DiffNone, same.Changes);
        Assert.Equal(DiffResponse.Types.DiffChanges.DiffSome, other.Changes);
        Assert.Equal("places.attic.uri", Assert.Single(other.DetailedDiff).Key);
        Assert.Empty(other.Replaces);
    }

    private static string WireMarks => VmMigrate.Host.Pulumi.WireMarks.UnknownText;
}
