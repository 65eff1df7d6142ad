using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;

namespace VmMigrate.SampleProvider;

/// <summary>Looks a box up.</summary>
internal sealed class GetBox(BoxProvider provider) : Function
{
    internal static FunctionType GetBoxType { get; } = new(
        "getBox",
        "A box.",
        new("GetBoxArgs", "Which box.", [new("name", FieldType.Text, "Its name.") { Required = true }]),
        new(
            "GetBoxResult",
            "The box.",
            [
                new("place", FieldType.Text, "Where it stands.") { AlwaysSet = true },
                new("code", FieldType.Text, "Its lock's code.") { Secret = true },
            ]));

    internal override FunctionType Type => GetBoxType;

    internal override Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation)
    {
        var name = arguments["name"].AsText!;
        return Task.FromResult(name == "lost"
            ? new FunctionOutcome(Value.EmptyMap, [Finding.Error("sample.no-box", PropertyPath.Of("name"), $"There is no box \"{name}\".")])
            : new FunctionOutcome(
                Value.Map(("place", Value.Text(provider.Config!["places"].AsMap!.Entries.Keys.First())), ("code", Value.Text("1234567"))),
                [Finding.Note("sample.far", PropertyPath.Root, "It is far away.")]));
    }
}
