using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;

namespace VmMigrate.SampleProvider;

/// <summary>
/// A small provider with everything that is hard on the wire: secrets inside maps of the config and inside inputs, lists, units,
/// a property that replaces, runs that are slow, fail half-way, fail at once or have a bug.
/// </summary>
internal sealed class BoxProvider : Provider
{
    private static readonly ObjectType _login = new(
        "Login",
        "How to get in.",
        [
            new("user", FieldType.Text, "Who.") { Required = true },
            new("password", FieldType.Text, "The password.") { Secret = true },
        ]);

    private static readonly ObjectType _place = new(
        "Place",
        "A place.",
        [
            new("uri", FieldType.Text, "Where it is.") { Required = true },
            new("login", FieldType.Of(_login), "How to get in."),
            new("slots", FieldType.Integer, "How many fit in.") { Default = Value.Number(4) },
        ]);

    private readonly Box _box;

    internal BoxProvider()
    {
        _box = new Box(this);
        Resources = new Dictionary<string, Resource> { ["Box"] = _box };
        Functions = new Dictionary<string, Function> { ["getBox"] = new GetBox(this) };
        Model = new PackageModel(
            "sample",
            "1.2.3",
            "Sample",
            "A package for tests.",
            [
                new("places", FieldType.MapOf(FieldType.Of(_place)), "The places.") { Required = true },
                new("strict", FieldType.Bool, "Whether to be strict.") { Default = Value.Bool(false) },
            ],
            [Box.BoxType],
            [GetBox.GetBoxType]);
    }

    internal override PackageModel Model { get; }

    internal override IReadOnlyDictionary<string, Resource> Resources { get; }

    internal override IReadOnlyDictionary<string, Function> Functions { get; }

    /// <summary>What <see cref="Configure"/> was last given.</summary>
    internal MapValue? Config { get; private set; }

    internal Box TheBox => _box;

    internal override (MapValue Config, ImmutableArray<Finding> Findings) CheckConfig(Value config) =>
        InputCheck.Run(Model.ConfigObject, config, "Provider");

    internal override void Configure(MapValue config) => Config = config;
}
