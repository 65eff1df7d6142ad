using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using VmMigrate.Engine.Schema;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Terraform;

/// <summary>The product surface in Terraform's words: blocks by their Terraform names, and the schema that core asks for.</summary>
internal sealed class TerraformSchema
{
    /// <summary>The attribute that holds a resource's id; core prints it while it waits for a run.</summary>
    internal static Field IdField { get; } = new("id", FieldType.Text, "The declaration's id for its whole life.") { AlwaysSet = true };

    private readonly TerraformText text;

    internal TerraformSchema(PackageModel model)
    {
        Model = model;
        text = new TerraformText(model);
        Provider = WireObject.Of(model.Config, FieldRole.Config);
        Resources = model.Resources.ToImmutableDictionary(
            type => $"{model.Name}_{TerraformNames.Snake(type.Name)}",
            type => new ResourceBlock(type, new WireObject(
            [
                WireAttribute.Of(IdField, FieldRole.Output),
                .. WireObject.Of(type.Inputs, FieldRole.Input).Attributes,
                .. WireObject.Of(type.Outputs, FieldRole.Output).Attributes,
            ])));
        DataSources = model.Functions.ToImmutableDictionary(
            type => $"{model.Name}_{TerraformNames.DataSource(type.Name)}",
            type => new DataSourceBlock(type, new WireObject(
            [
                .. WireObject.Of(type.Inputs.Fields, FieldRole.Argument).Attributes,
                .. WireObject.Of(type.Outputs.Fields, FieldRole.Output).Attributes,
            ])));
    }

    internal PackageModel Model { get; }

    internal WireObject Provider { get; }

    internal ImmutableDictionary<string, ResourceBlock> Resources { get; }

    internal ImmutableDictionary<string, DataSourceBlock> DataSources { get; }

    internal static ServerCapabilities Capabilities => new() { PlanDestroy = true, GetProviderSchemaOptional = true };

    internal GetProviderSchema.Types.Response ToWire()
    {
        var response = new GetProviderSchema.Types.Response
        {
            Provider = ToWire(Provider, Model.Description, 0),
            ServerCapabilities = Capabilities,
        };
        foreach (var (name, block) in Resources)
        {
            response.ResourceSchemas.Add(name, ToWire(block.Shape, FieldText.Of(block.Type.InputObject), block.Type.StateVersion));
        }

        foreach (var (name, block) in DataSources)
        {
            response.DataSourceSchemas.Add(name, ToWire(block.Shape, block.Type.Description, 0));
        }

        return response;
    }

    /// <summary>A type constraint in core's JSON form, such as <c>["list","string"]</c>.</summary>
    internal static string TypeJson(WireType type) => type switch
    {
        WireScalar scalar => $"\"{scalar.Json}\"",
        WireList list => $"[\"list\",{TypeJson(list.Item)}]",
        WireMap map => $"[\"map\",{TypeJson(map.Item)}]",
        WireObject named => $"[\"object\",{{{string.Join(',', named.Attributes.Select(one => $"\"{one.Name}\":{TypeJson(one.Type)}"))}}}]",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private Schema ToWire(WireObject block, string description, int version)
    {
        var wire = new Schema.Types.Block { Description = text.Localize(description), DescriptionKind = StringKind.Markdown };
        wire.Attributes.AddRange(block.Attributes.Select(ToWire));
        return new Schema { Version = version, Block = wire };
    }

    private Schema.Types.Attribute ToWire(WireAttribute attribute)
    {
        var wire = new Schema.Types.Attribute
        {
            Name = attribute.Name,
            Description = text.Localize(Describe(attribute)),
            DescriptionKind = StringKind.Markdown,
            Required = attribute.Required,
            Optional = attribute.Optional,
            Computed = attribute.Computed,
            Sensitive = attribute.Field.Secret,
            WriteOnly = attribute.WriteOnly,
        };
        var (inner, nesting) = attribute.Type switch
        {
            WireObject one => (one, Schema.Types.Object.Types.NestingMode.Single),
            WireList { Item: WireObject item } => (item, Schema.Types.Object.Types.NestingMode.List),
            WireMap { Item: WireObject item } => (item, Schema.Types.Object.Types.NestingMode.Map),
            _ => (null, Schema.Types.Object.Types.NestingMode.Invalid),
        };
        if (inner is null)
        {
            wire.Type = ByteString.CopyFrom(TypeJson(attribute.Type), Encoding.UTF8);
        }
        else
        {
            wire.NestedType = new Schema.Types.Object { Nesting = nesting };
            wire.NestedType.Attributes.AddRange(inner.Attributes.Select(ToWire));
        }

        return wire;
    }

    private static string Describe(WireAttribute attribute)
    {
        var description = new StringBuilder(FieldText.Of(attribute.Field));
        if (attribute.Field.Type is EnumRef { Type.Words: var words })
        {
            description.Append(" One of ").AppendJoin(", ", words.Select(word => $"`{word.Name}` ({Lower(word.Description)})")).Append('.');
        }

        if (attribute.Field.Default is { } standard && attribute.IsInput)
        {
            description.Append(" Default: `").Append(standard.AsText ?? standard.ToString()).Append("`.");
        }

        return description.ToString();
    }

    private static string Lower(string sentence) =>
        sentence is [var first, var second, ..] && !char.IsUpper(second) ? char.ToLowerInvariant(first) + sentence[1..].TrimEnd('.') : sentence.TrimEnd('.');
}

/// <summary>A resource type with all its attributes: the id, then inputs, then outputs.</summary>
internal sealed record ResourceBlock(ResourceType Type, WireObject Shape)
{
    internal IEnumerable<WireAttribute> Inputs => Shape.Attributes.Where(attribute => attribute.IsInput);
}

/// <summary>A data source with its arguments and results.</summary>
internal sealed record DataSourceBlock(FunctionType Type, WireObject Shape);
