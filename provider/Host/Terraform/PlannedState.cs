using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Terraform;

/// <summary>The values that a plan may show under core's rules of consistency.</summary>
/// <remarks>
/// An attribute that the config sets is planned as the config has it, or as the prior state has it; one that the config leaves out is
/// null, unless it is computed. What is planned as known must come back from apply unchanged, and from the second plan that core asks
/// for just before it: so only that is known which rests on the declaration alone.
/// </remarks>
internal static class PlannedState
{
    /// <summary>The config's inputs with defaults filled in, and nothing else touched.</summary>
    internal static Value WithDefaults(WireType type, Value config) => (type, config) switch
    {
        (WireObject shape, MapValue map) => Value.Map(shape.Attributes
            .Select(attribute => KeyValuePair.Create(attribute.Field.Name, Input(attribute, map[attribute.Field.Name])))
            .Where(entry => !entry.Value.IsNull)),
        (WireList list, ListValue items) => Value.List(items.Items.Select(item => WithDefaults(list.Item, item))),
        (WireMap map, MapValue entries) => Value.Map(
            entries.Entries.Select(entry => KeyValuePair.Create(entry.Key, WithDefaults(map.Item, entry.Value)))),
        _ => config,
    };

    /// <summary>A plan with work to do: inputs as declared, outputs as <paramref name="output"/> says by their names in the model.</summary>
    internal static MapValue ForRun(ResourceBlock block, MapValue config, Func<Field, Value> output) => Value.Map(
        block.Shape.Attributes.Select(attribute => KeyValuePair.Create(
            attribute.Field.Name,
            attribute.IsInput ? Input(attribute, config[attribute.Field.Name]) : output(attribute.Field))));

    /// <summary>A plan with nothing to do: the prior state, as far as the config allows it.</summary>
    internal static MapValue Unchanged(ResourceBlock block, MapValue config, MapValue prior) => Value.Map(
        block.Shape.Attributes
            .Select(attribute => KeyValuePair.Create(
                attribute.Field.Name,
                attribute.IsInput ? Kept(attribute, config[attribute.Field.Name], prior[attribute.Field.Name]) : prior[attribute.Field.Name]))
            .Where(entry => !entry.Value.IsNull));

    /// <summary>What a run left: inputs and known outputs as planned, the others as they came out.</summary>
    internal static MapValue After(ResourceBlock block, MapValue planned, MapValue outcome) => Value.Map(
        block.Shape.Attributes
            .Select(attribute => attribute.Field.Name)
            .Select(name => KeyValuePair.Create(name, Settle(planned[name], outcome[name])))
            .Where(entry => !entry.Value.IsNull));

    /// <summary>What a refresh saw: an input stays as it is written in the state where it still means the same.</summary>
    internal static MapValue Refreshed(ResourceBlock block, MapValue prior, string id, MapValue inputs, MapValue outputs) => Value.Map(
        block.Shape.Attributes
            .Select(attribute => KeyValuePair.Create(
                attribute.Field.Name,
                ReferenceEquals(attribute.Field, TerraformSchema.IdField) ? Value.Text(id)
                : !attribute.IsInput ? Known(outputs[attribute.Field.Name])
                : InputDiff.SameMeaning(attribute.Field.Type, prior[attribute.Field.Name], inputs[attribute.Field.Name]) ? prior[attribute.Field.Name]
                : Known(inputs[attribute.Field.Name])))
            .Where(entry => !entry.Value.IsNull));

    private static Value Input(WireAttribute attribute, Value given) =>
        !given.IsNull ? WithDefaults(attribute.Type, given)
        : attribute is { IsInput: true, Computed: true } ? attribute.Field.Default!
        : Value.Null;

    private static Value Kept(WireAttribute attribute, Value given, Value prior) =>
        given.IsNull ? (attribute.Computed ? prior : Value.Null)
        : given.HasUnknown || prior.IsNull ? WithDefaults(attribute.Type, given)
        : prior;

    // No unknown may be left after apply; what nobody can tell is null.
    private static Value Settle(Value planned, Value outcome) =>
        !planned.HasUnknown ? planned : Known(outcome);

    /// <summary>The tree with each unknown as null.</summary>
    internal static Value Known(Value value) => value switch
    {
        UnknownValue => Value.Null,
        ListValue list => Value.List(list.Items.Select(Known)),
        MapValue map => Value.Map(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, Known(entry.Value)))),
        _ => value,
    };
}
