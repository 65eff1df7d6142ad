using Grpc.Core;
using VmMigrate.Host.Protos.Pulumi;
using static VmMigrate.Host.Tests.Pulumi.Wire;
using DiffChanges = VmMigrate.Host.Protos.Pulumi.DiffResponse.Types.DiffChanges;
using DiffKind = VmMigrate.Host.Protos.Pulumi.PropertyDiff.Types.Kind;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class ResourceTests
{
    private const int Limit = 30_000;

    [Fact(Timeout = Limit)]
    public async Task Check_fills_defaults_keeps_marks_and_unknowns_and_is_idempotent()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var news = Map(("name", Unknown), ("place", Secret(Text("attic"))), ("labels", List(Of(("text", Text("fragile")), ("key", Text(Key))))));

        var once = await wire.Client.CheckAsync(new CheckRequest { Urn = Urn, News = news });
        var twice = await wire.Client.CheckAsync(new CheckRequest { Urn = Urn, Olds = once.Inputs, News = once.Inputs });

        Assert.Empty(once.Failures);
        Assert.Equal(
            Map(
                ("name", Unknown),
                ("place", Secret(Text("attic"))),
                ("size", Text("1GiB")),
                ("behaviour", Text("Fine")),
                ("labels", List(Of(("text", Text("fragile")), ("key", Secret(Text(Key))))))),
            once.Inputs);
        Assert.Equal(once.Inputs, twice.Inputs);
    }

    [Fact(Timeout = Limit)]
    public async Task Check_names_every_failure_at_its_property()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckAsync(new CheckRequest
        {
            Urn = Urn,
            News = Map(("place", Text("attik")), ("size", Text("big")), ("colr", Text("red")), ("labels", List(Of(("key", Number(1)))))),
        });

        Assert.Equal(
            ["colr", "labels[0].key", "labels[0].text", "name", "place", "size"],
            answer.Failures.Select(failure => failure.Property).Order(StringComparer.Ordinal));
        Assert.Contains(answer.Failures, failure => failure.Reason.EndsWith("[input.malformed-size]", StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task A_misspelt_property_does_not_hide_what_the_resource_itself_has_to_say()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.CheckAsync(new CheckRequest { Urn = Urn, News = Inputs("Fine", ("colr", Text("red")), ("place", Text("attik"))) });

        Assert.Equal(["colr", "place"], answer.Failures.Select(failure => failure.Property));
        Assert.Equal("There is no place \"attik\". Did you mean \"attic\"? [sample.no-place]", answer.Failures[1].Reason);
    }

    [Fact(Timeout = Limit)]
    public async Task Check_never_tells_the_value_of_a_secret()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        // The engine prints the value of the property that a failure names, and these would be in it.
        var answer = await wire.Client.CheckAsync(new CheckRequest
        {
            Urn = Urn,
            News = Map(
                ("name", Text("crate")),
                ("place", Secret(Text("hidden-place"))),
                ("behaviour", Secret(Text("hidden-behaviour"))),
                ("size", Secret(Text("xl"))),
                ("labels", Secret(Text("hidden-labels")))),
        });
        var place = await wire.Client.CheckAsync(new CheckRequest { Urn = Urn, News = Map(("name", Text("crate")), ("place", Secret(Text("hidden-place")))) });

        Assert.Equal(4, answer.Failures.Count);
        Assert.Single(place.Failures);
        foreach (var failure in answer.Failures.Concat(place.Failures))
        {
            Assert.Equal("", failure.Property);
            Assert.DoesNotContain("hidden", failure.Reason, StringComparison.Ordinal);
            Assert.DoesNotContain("\"xl\"", failure.Reason, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_asset_is_a_failure_at_its_property_in_Check()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var asset = Of((VmMigrate.Host.Pulumi.WireMarks.Signature, Text(VmMigrate.Host.Pulumi.WireMarks.Asset)), ("text", Text("x")), ("hash", Text("h")));

        var answer = await wire.Client.CheckAsync(new CheckRequest { Urn = Urn, News = Inputs("Fine", ("name", asset)) });

        Assert.Equal("name", Assert.Single(answer.Failures).Property);
    }

    [Fact(Timeout = Limit)]
    public async Task What_Check_warns_of_is_told_once()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var request = new CheckRequest { Urn = Urn, News = Inputs("Fine", ("colour", Text("grey"))) };

        await wire.Client.CheckAsync(request);
        await wire.Client.CheckAsync(request);

        Assert.Equal(["Warning: colour: Grey is dull. [sample.dull]"], wire.Engine.Kept);
    }

    [Fact(Timeout = Limit)]
    public async Task Diff_compares_by_meaning_and_takes_new_defaults_for_no_change()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var old = Map(("name", Text("crate")), ("place", Text("attic")), ("size", Text("1024MiB")));

        var answer = await wire.Client.DiffAsync(new DiffRequest { Id = "box-crate", Urn = Urn, OldInputs = old, Olds = old, News = Map(("name", Text("crate")), ("place", Text("attic")), ("size", Text("1GiB")), ("behaviour", Text("Fine"))) });

        Assert.Equal((DiffChanges.DiffNone, true), (answer.Changes, answer.HasDetailedDiff));
        Assert.Empty(answer.DetailedDiff);
    }

    [Fact(Timeout = Limit)]
    public async Task Diff_tells_each_change_its_kind_and_its_place()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var old = Inputs("Fine", ("colour", Text("red")), ("tags", Of(("a", Text("1")))));
        var state = Inputs("Fine", ("phase", Text("stolen")));
        var news = Inputs("Fine", ("name", Text("chest")), ("tags", Of(("a", Text("2")), ("b c", Text("3")))));

        var answer = await wire.Client.DiffAsync(new DiffRequest { Id = "box-crate", Urn = Urn, OldInputs = old, Olds = state, News = news });

        Assert.Equal(DiffChanges.DiffSome, answer.Changes);
        Assert.Equal(
            new Dictionary<string, (DiffKind, bool)>
            {
                ["colour"] = (DiffKind.Delete, true),
                ["name"] = (DiffKind.UpdateReplace, true),
                ["tags.a"] = (DiffKind.Update, true),
                ["tags[\"b c\"]"] = (DiffKind.Add, true),
                ["phase"] = (DiffKind.Update, false),
            },
            answer.DetailedDiff.ToDictionary(entry => entry.Key, entry => (entry.Value.Kind, entry.Value.InputDiff)));
        Assert.Equal(["name"], answer.Replaces);
        Assert.Equal(["colour", "name", "phase", "tags"], answer.Diffs.Order(StringComparer.Ordinal));
        Assert.Equal(["lock"], answer.Stables);
    }

    [Fact(Timeout = Limit)]
    public async Task An_unknown_new_value_is_a_change_and_replaces_where_a_change_would()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.DiffAsync(new DiffRequest { Id = "box-crate", Urn = Urn, OldInputs = Inputs(), Olds = Inputs(), News = Inputs("Fine", ("name", Unknown)) });

        Assert.Equal(DiffKind.UpdateReplace, answer.DetailedDiff["name"].Kind);
        Assert.Equal(["name"], answer.Replaces);
    }

    [Fact(Timeout = Limit)]
    public async Task Changes_that_the_user_ignores_are_left_out()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.DiffAsync(new DiffRequest
        {
            Id = "box-crate",
            Urn = Urn,
            OldInputs = Inputs(),
            Olds = Inputs("Fine", ("phase", Text("stolen"))),
            News = Inputs("Fine", ("tags", Of(("a", Text("1"))))),
            IgnoreChanges = { "tags", "phase" },
        });

        Assert.Equal(DiffChanges.DiffNone, answer.Changes);
    }

    [Fact(Timeout = Limit)]
    public async Task Old_inputs_are_taken_from_the_state_where_they_are_not_sent()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.DiffAsync(new DiffRequest { Id = "box-crate", Urn = Urn, Olds = Inputs("Fine", ("phase", Text("done")), ("weight", Number(1))), News = Inputs() });

        Assert.Equal(DiffChanges.DiffNone, answer.Changes);
    }

    [Fact(Timeout = Limit)]
    public async Task A_preview_of_create_touches_nothing_shows_the_plan_and_leaves_unknown_outputs_out()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = wire.Create(Inputs(), preview: true);

        Assert.Empty(wire.Provider.TheBox.Applied);
        Assert.Equal("box-crate", answer.Id);
        Assert.Equal("planned", answer.Properties.Fields["phase"].StringValue);
        Assert.False(answer.Properties.Fields.ContainsKey("weight"));
        Assert.False(answer.Properties.Fields.ContainsKey("motto"));
        Assert.Equal(
            [
                "Warning: size: The box is old. [sample.old]",
                "Info: The lock was not seen; its key is [secret]. [sample.unseen]",
                "Info: box \"crate\" to \"attic\" · 1 GiB\n  1. pack: 1 GiB\n  2. move: by hand",
            ],
            wire.Engine.Kept);
        Assert.All(wire.Engine.Lines, line => Assert.Equal(Urn, line.Urn));
    }

    [Fact(Timeout = Limit)]
    public async Task A_preview_with_unknown_inputs_has_no_id_and_still_plans()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = wire.Create(Inputs("Fine", ("name", Unknown), ("tags", Of(("a", Unknown)))), preview: true);

        Assert.Equal("", answer.Id);
        Assert.False(answer.Properties.Fields.ContainsKey("name"));
        Assert.Equal(Of(("a", Unknown)), answer.Properties.Fields["tags"]);
    }

    [Fact(Timeout = Limit)]
    public async Task Errors_found_by_a_preview_fail_it_with_every_property_and_no_secret()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Blocked"), Preview = true }));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Equal(
            "2 things stand in the way. Nothing has been changed.\n"
            + "  place: The place has 0 free slots, 1 is needed. [sample.full]\n"
            + "  labels[0].key: The key [secret] does not fit. [sample.locked]",
            error.Status.Detail);
        Assert.Contains("Warning: size: The box is old. [sample.old]", wire.Engine.Kept);
    }

    [Fact(Timeout = Limit)]
    public async Task Create_returns_the_state_with_every_secret_marked_and_ends_with_a_kept_line()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = wire.Create(Inputs());

        Assert.Equal("box-crate", answer.Id);
        Assert.Equal(Secret(Text("0000")), answer.Properties.Fields["lock"]);
        Assert.Equal(Secret(List(Of(("text", Text("fragile")), ("key", Secret(Text(Key)))))), answer.Properties.Fields["labels"]);

        // Nobody had marked this one; it holds the config's password.
        Assert.Equal(Secret(Text($"opened with {Password}")), answer.Properties.Fields["motto"]);
        Assert.Equal(Text("done"), answer.Properties.Fields["phase"]);
        Assert.False(answer.RefreshBeforeUpdate);
        Assert.Equal("Info: box-crate stands at attic.", wire.Engine.Kept.Last());
    }

    [Fact(Timeout = Limit)]
    public async Task A_state_that_changes_by_itself_asks_for_a_refresh_first_where_the_engine_can()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        Assert.True(wire.Create(Inputs("Moving")).RefreshBeforeUpdate);

        await wire.Client.HandshakeAsync(new ProviderHandshakeRequest { EngineAddress = wire.Engine.Address });
        Assert.False(wire.Create(Inputs("Moving")).RefreshBeforeUpdate);
    }

    [Fact(Timeout = Limit)]
    public async Task A_run_that_failed_half_way_hands_its_state_back_with_reasons()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("HalfWay") }));
        var detail = Detail<ErrorResourceInitFailed>(error)!;

        Assert.Equal("box-crate", detail.Id);
        Assert.Equal(["The box fell at step \"move\" (2 of 3 done); the password [secret] was refused."], detail.Reasons);
        Assert.Equal(Text("moving"), detail.Properties.Fields["phase"]);
        Assert.Equal(Secret(Text("0000")), detail.Properties.Fields["lock"]);
        Assert.True(detail.RefreshBeforeUpdate);

        // The next run: Diff finds nothing, and Update goes on all the same.
        var diff = await wire.Client.DiffAsync(new DiffRequest { Id = detail.Id, Urn = Urn, OldInputs = Inputs("HalfWay"), Olds = detail.Properties, News = Inputs("HalfWay") });
        var again = await FailsAsync(wire.Client.UpdateAsync(new UpdateRequest { Id = detail.Id, Urn = Urn, OldInputs = Inputs("HalfWay"), Olds = detail.Properties, News = Inputs("HalfWay") }));
        var done = await wire.Client.UpdateAsync(new UpdateRequest { Id = detail.Id, Urn = Urn, OldInputs = Inputs("HalfWay"), Olds = detail.Properties, News = Inputs("HalfWay", ("patched", Flag(true))) });

        Assert.Equal(DiffChanges.DiffNone, diff.Changes);
        Assert.Equal("box-crate", Detail<ErrorResourceInitFailed>(again)!.Id);
        Assert.Equal(Text("done"), done.Properties.Fields["phase"]);
        Assert.Equal("moving", wire.Provider.TheBox.Applied.Last().OldState!["phase"].AsText);
        Assert.True(wire.Provider.TheBox.Applied.Last().OldState!["labels"].IsSecret);
    }

    [Fact(Timeout = Limit)]
    public async Task A_large_state_fits_into_the_error()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("HalfWay", ("bulk", Number(1_000_000))) }));

        Assert.Equal(1_000_000, Detail<ErrorResourceInitFailed>(error)!.Properties.Fields["ballast"].StringValue.Length);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_before_anything_exists_is_a_plain_error_without_state_or_secret()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Refused") }));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("The place refused the box: login with [secret] failed.\n  place: Use another place. [sample.login]", error.Status.Detail);
        Assert.Null(Detail<ErrorResourceInitFailed>(error));
    }

    [Fact(Timeout = Limit)]
    public async Task A_bug_in_a_run_keeps_the_id_and_is_told_without_a_stack()
    {
        var path = System.IO.Path.Combine(Directory.CreateTempSubdirectory().FullName, "log");
        await using (var wire = await ConfiguredAsync(path, TimeProvider.System, TestContext.Current.CancellationToken))
        {
            var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Bug") }));
            var detail = Detail<ErrorResourceInitFailed>(error)!;

            Assert.Equal("box-crate", detail.Id);
            var reason = Assert.Single(detail.Reasons);
            Assert.StartsWith("This is a bug in sample, please report it: InvalidOperationException in Create: index out of range near [secret]", reason, StringComparison.Ordinal);
            Assert.DoesNotContain(" at ", reason, StringComparison.Ordinal);
            Assert.Equal(Text("crate"), detail.Properties.Fields["name"]);
        }

        var log = await File.ReadAllTextAsync(path);
        Assert.Contains("at VmMigrate.SampleProvider.Box.ApplyAsync", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, log, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, log, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refresh_passes_inputs_and_state_and_keeps_their_marks()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);
        var created = wire.Create(Inputs());

        var answer = await wire.Client.ReadAsync(new ReadRequest { Id = "box-crate", Urn = Urn, Properties = created.Properties, Inputs = Inputs() });

        Assert.Equal("box-crate", answer.Id);
        Assert.Equal(created.Properties, answer.Properties);
        Assert.Equal(Secret(List(Of(("text", Text("fragile")), ("key", Secret(Text(Key)))))), answer.Inputs.Fields["labels"]);
    }

    [Fact(Timeout = Limit)]
    public async Task An_import_has_no_state_and_gets_inputs()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.ReadAsync(new ReadRequest { Id = "box-chest", Urn = Urn });

        var call = Assert.Single(wire.Provider.TheBox.ReadCalls);
        Assert.Null(call.OldState);
        Assert.Null(call.OldInputs);
        Assert.Equal(Map(("name", Text("chest")), ("place", Text("attic"))), answer.Inputs);
        Assert.Equal(Text("done"), answer.Properties.Fields["phase"]);
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_gone_has_no_id_and_no_properties()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var answer = await wire.Client.ReadAsync(new ReadRequest { Id = "box-gone", Urn = Urn, Properties = Inputs(), Inputs = Inputs() });

        Assert.Equal("", answer.Id);
        Assert.Null(answer.Properties);
        Assert.Null(answer.Inputs);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refresh_of_something_unfinished_says_so_again()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.ReadAsync(new ReadRequest { Id = "box-half", Urn = Urn, Properties = Inputs(), Inputs = Inputs() }));
        var detail = Detail<ErrorResourceInitFailed>(error)!;

        Assert.Equal(("box-half", true), (detail.Id, detail.RefreshBeforeUpdate));
        Assert.Equal(["The box is still on its way."], detail.Reasons);
        Assert.Equal(Text("moving"), detail.Properties.Fields["phase"]);
        Assert.Equal(Text("crate"), detail.Inputs.Fields["name"]);
    }

    [Fact(Timeout = Limit)]
    public async Task Delete_passes_the_state_and_tells_why_it_cannot()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        await wire.Client.DeleteAsync(new DeleteRequest { Id = "box-crate", Urn = Urn, Properties = Inputs("Fine", ("phase", Text("done"))), Timeout = 90 });
        var error = await FailsAsync(wire.Client.DeleteAsync(new DeleteRequest { Id = "box-nailed", Urn = Urn, Properties = Inputs() }));

        var call = wire.Provider.TheBox.Deleted.First();
        Assert.Equal(("done", "crate", TimeSpan.FromSeconds(90)), (call.OldState["phase"].AsText, call.OldInputs!["name"].AsText, call.Timeout));
        Assert.Equal((StatusCode.FailedPrecondition, "The box is nailed to the floor."), (error.StatusCode, error.Status.Detail));
    }

    [Fact(Timeout = Limit)]
    public async Task A_function_returns_its_result_with_secrets_marked_or_failures()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var found = await wire.Client.InvokeAsync(new InvokeRequest { Tok = "sample:index:getBox", Args = Map(("name", Text("crate"))) });
        var lost = await wire.Client.InvokeAsync(new InvokeRequest { Tok = "sample:index:getBox", Args = Map(("name", Text("lost"))) });
        var wrong = await wire.Client.InvokeAsync(new InvokeRequest { Tok = "sample:index:getBox", Args = Map(("nmae", Text("lost"))) });
        var unknown = await FailsAsync(wire.Client.InvokeAsync(new InvokeRequest { Tok = "sample:index:getBix" }));

        Assert.Equal(Map(("place", Text("attic")), ("code", Secret(Text("1234567")))), found.Return);
        Assert.Equal(("name", "There is no box \"lost\". [sample.no-box]"), (lost.Failures[0].Property, lost.Failures[0].Reason));
        Assert.Equal(["nmae", "name"], wrong.Failures.Select(failure => failure.Property));
        Assert.Contains("Did you mean \"getBox\"?", unknown.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(("Info: It is far away. [sample.far]", ""), (wire.Engine.Kept.Single(), wire.Engine.Lines.Single().Urn));
    }

    [Fact(Timeout = Limit)]
    public async Task A_time_limit_is_passed_on_in_its_unit()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs(), Timeout = 90.5 });
        await wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs() });

        Assert.Equal([TimeSpan.FromSeconds(90.5), null], wire.Provider.TheBox.Applied.Select(call => call.Timeout));
    }

    [Fact(Timeout = Limit)]
    public async Task A_run_with_inputs_that_are_not_known_is_refused()
    {
        await using var wire = await ConfiguredAsync(TestContext.Current.CancellationToken);

        var error = await FailsAsync(wire.Client.CreateAsync(new CreateRequest { Urn = Urn, Properties = Inputs("Fine", ("colour", Unknown)) }));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Empty(wire.Provider.TheBox.Applied);
    }
}
