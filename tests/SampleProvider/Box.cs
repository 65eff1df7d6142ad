using System.Collections.Concurrent;
using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;

namespace VmMigrate.SampleProvider;

/// <summary>A resource that does what its input <c>behaviour</c> says.</summary>
internal sealed class Box(BoxProvider provider) : Resource
{
    private static readonly EnumType _behaviour = new(
        "Behaviour",
        "What a run does.",
        [
            new("Fine", "It succeeds."),
            new("HalfWay", "It fails half-way, until `patched` is set."),
            new("Refused", "It fails before anything exists."),
            new("Slow", "It goes on until it is stopped."),
            new("Stubborn", "As Slow, and it throws when it is stopped."),
            new("Bug", "It throws what nobody expects."),
            new("Moving", "It succeeds, but its state changes by itself."),
            new("Blocked", "Its preview finds errors."),
            new("Busy", "It reports much, then succeeds."),
        ]);

    private static readonly ObjectType _label = new(
        "Label",
        "A label.",
        [
            new("text", FieldType.Text, "What it says.") { Required = true },
            new("key", FieldType.Text, "Opens the box.") { Secret = true },
        ]);

    internal static ResourceType BoxType { get; } = new(
        "Box",
        "A box.",
        [
            new("name", FieldType.Text, "Its name.") { Required = true, Replaces = true },
            new("place", FieldType.Text, "Where it stands.") { Required = true },
            new("size", FieldType.Size, "How big it is.") { Default = Value.Text("1GiB") },
            new("colour", FieldType.Text, "Its colour."),
            new("behaviour", FieldType.Of(_behaviour), "What a run does.") { Default = Value.Text("Fine") },
            new("patched", FieldType.Bool, "Whether it has been repaired."),
            new("tags", FieldType.MapOf(FieldType.Text), "Tags."),
            new("labels", FieldType.ListOf(FieldType.Of(_label)), "Labels."),
            new("bulk", FieldType.Integer, "How many bytes of state to make up."),
        ],
        [
            new("phase", FieldType.Text, "How far it is.") { AlwaysSet = true },
            new("motto", FieldType.Text, "Says something about the box and its place."),
            new("weight", FieldType.Number, "Known after apply."),
            new("ballast", FieldType.Text, "State made up."),
            new("lock", FieldType.Text, "The lock's code.") { Secret = true },
        ]);

    internal override ResourceType Type => BoxType;

    internal ConcurrentQueue<ApplyCall> Applied { get; } = new();

    internal ConcurrentQueue<ReadCall> ReadCalls { get; } = new();

    internal ConcurrentQueue<DeleteCall> Deleted { get; } = new();

    internal ConcurrentQueue<PlanCall> Planned { get; } = new();

    /// <summary>Released when a slow run has begun.</summary>
    internal SemaphoreSlim Began { get; } = new(0);

    internal override ImmutableArray<Finding> Check(MapValue inputs)
    {
        var place = inputs["place"];
        if (place.AsText is { } name && provider.Config!["places"][name].IsNull)
        {
            return
            [
                Finding.Error("sample.no-place", PropertyPath.Of("place"), $"There is no place \"{name}\".{NearestName.Question(name, provider.Config["places"].AsMap!.Entries.Keys)}"),
            ];
        }

        return inputs["colour"].AsText == "grey"
            ? [Finding.Warning("sample.dull", PropertyPath.Of("colour"), "Grey is dull.")]
            : [];
    }

    internal override string? IdOf(MapValue inputs) => inputs["name"].AsText is { } name ? $"box-{name}" : null;

    internal override DiffOutcome Diff(DiffCall call)
    {
        var changes = InputDiff.Compare(Type.InputObject, call.OldInputs, call.Inputs);
        if (call.OldState["phase"].AsText == "stolen")
        {
            changes = changes.Add(new PropertyChange(PropertyPath.Of("phase"), ChangeKind.Update, false, false));
        }

        return new DiffOutcome(changes, ["lock"]);
    }

    internal override Task<PlanOutcome> PlanAsync(PlanCall call, CancellationToken cancellation)
    {
        Planned.Enqueue(call);
        var findings = ImmutableArray.Create(
            Finding.Warning("sample.old", PropertyPath.Of("size"), "The box is old."),
            Finding.Note("sample.unseen", PropertyPath.Root, $"The lock was not seen; its key is {call.Inputs["labels"].AsList?.Items[0]["key"].AsText}."));
        if (call.Inputs["behaviour"].AsText == "Blocked")
        {
            findings =
            [
                .. findings,
                Finding.Error("sample.full", PropertyPath.Of("place"), "The place has 0 free slots, 1 is needed."),
                Finding.Error("sample.locked", PropertyPath.Of("labels").Item(0).Child("key"), $"The key {call.Inputs["labels"].AsList?.Items[0]["key"].AsText} does not fit."),
            ];
        }

        var state = State(call.Inputs, "planned").With("weight", Value.Unknown).With("motto", Value.Unknown);
        return Task.FromResult(new PlanOutcome(
            state,
            findings,
            $"box {call.Inputs["name"]} to {call.Inputs["place"]} · 1 GiB",
            [new("pack", "1 GiB"), new("move", "by hand")]));
    }

    internal override async Task<ApplyOutcome> ApplyAsync(ApplyCall call, RunEvents reporter, CancellationToken cancellation)
    {
        Applied.Enqueue(call);
        var behaviour = call.Inputs["behaviour"].AsText;
        var findings = ImmutableArray<Finding>.Empty;
        switch (behaviour)
        {
            case "HalfWay" when call.Inputs["patched"].AsBool != true:
                reporter.Status("move", "move 40 %");
                return new ApplyOutcome(
                    State(call.Inputs, "moving"),
                    [$"The box fell at step \"move\" (2 of 3 done); the password {Password(call.Inputs)} was refused."],
                    [],
                    AtRest: false);
            case "Refused":
                throw new ResourceException($"The place refused the box: login with {Password(call.Inputs)} failed.")
                {
                    Findings = [Finding.Error("sample.login", PropertyPath.Of("place"), "Use another place.")],
                };
            case "Bug":
                throw new InvalidOperationException($"index out of range near {Password(call.Inputs)}");
            case "Slow" or "Stubborn":
                reporter.Status("move", "move 1 %");
                Began.Release();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
                }
                catch (OperationCanceledException) when (behaviour == "Slow")
                {
                    return new ApplyOutcome(State(call.Inputs, "stopped"), ["Stopped at step \"move\"; the box is safe."], [], AtRest: true);
                }

                break;
            case "Busy":
                for (var i = 0; i < 1000; i++)
                {
                    reporter.Status(i < 500 ? "pack" : "move", $"{(i < 500 ? "pack" : "move")} {i}\nsecond line");
                }

                findings = [Finding.Warning("sample.hot", PropertyPath.Root, "It got hot.")];
                break;
        }

        reporter.Say(Severity.Note, $"{call.Id} stands at {call.Inputs["place"].AsText}.");
        return new ApplyOutcome(State(call.Inputs, "done"), [], findings, AtRest: behaviour != "Moving");
    }

    /// <summary>The id says what is found: <c>box-gone</c>, <c>box-half</c>, or a box.</summary>
    internal override Task<ReadOutcome?> ReadAsync(ReadCall call, CancellationToken cancellation)
    {
        ReadCalls.Enqueue(call);
        if (call.Id == "box-gone")
        {
            return Task.FromResult<ReadOutcome?>(null);
        }

        var inputs = call.OldInputs?.Reveal() as MapValue ?? Value.Map(("name", Value.Text(call.Id["box-".Length..])), ("place", Value.Text("attic")));
        var half = call.Id == "box-half";
        var state = State(inputs, call.Id == "box-stolen" ? "stolen" : half ? "moving" : "done");
        return Task.FromResult<ReadOutcome?>(new ReadOutcome(
            call.Id, inputs, state, half ? ["The box is still on its way."] : [], [], AtRest: !half));
    }

    internal override Task DeleteAsync(DeleteCall call, RunEvents reporter, CancellationToken cancellation)
    {
        Deleted.Enqueue(call);
        return call.Id == "box-nailed" ? throw new ResourceException("The box is nailed to the floor.") : Task.CompletedTask;
    }

    /// <summary>As a careless resource would make it: without a single secret mark.</summary>
    private MapValue State(MapValue inputs, string phase)
    {
        var state = ((MapValue)inputs.Reveal())
            .With("phase", Value.Text(phase))
            .With("weight", Value.Number(12.5))
            .With("lock", Value.Text("0000"))
            .With("motto", Value.Text($"opened with {Password(inputs)}"));
        return inputs["bulk"].AsNumber is { } bulk ? state.With("ballast", Value.Text(new string('b', (int)bulk))) : state;
    }

    private string? Password(MapValue inputs) =>
        inputs["place"].AsText is { } place ? provider.Config!["places"][place]["login"]["password"].AsText : null;
}
