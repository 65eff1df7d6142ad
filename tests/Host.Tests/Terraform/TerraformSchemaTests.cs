using System.Text.Json;
using System.Text.RegularExpressions;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Terraform;
using VmMigrate.TestProvider;
using WireSchema = VmMigrate.Host.Protos.Terraform.Schema;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>The rules by which core refuses a schema, held against the whole product surface.</summary>
public sealed partial class TerraformSchemaTests
{
    private static readonly GetProviderSchema.Types.Response _wire = new TerraformSchema(Package.Model).ToWire();

    private static IEnumerable<(string Where, WireSchema Schema)> Schemas =>
    [
        ("provider", _wire.Provider),
        .. _wire.ResourceSchemas.Select(pair => (pair.Key, pair.Value)),
        .. _wire.DataSourceSchemas.Select(pair => (pair.Key, pair.Value)),
    ];

    [Fact]
    public void Names_follow_the_models()
    {
        Assert.Contains("vmmigrate_migration", _wire.ResourceSchemas.Keys);
        Assert.Contains("vmmigrate_virtual_machine", _wire.DataSourceSchemas.Keys);
        Assert.Contains("vmmigrate_virtual_machines", _wire.DataSourceSchemas.Keys);
        Assert.True(_wire.ServerCapabilities.PlanDestroy);
        Assert.True(_wire.ServerCapabilities.GetProviderSchemaOptional);
    }

    [Fact]
    public void Every_name_is_legal_and_comes_back_from_snake_case()
    {
        foreach (var (where, attribute) in All())
        {
            Assert.True(LegalName().IsMatch(attribute.Name), where);
            Assert.Equal(attribute.Name, TerraformNames.Snake(TerraformNames.Camel(attribute.Name)));
        }

        foreach (var field in Fields())
        {
            Assert.Equal(field, TerraformNames.Camel(TerraformNames.Snake(field)));
        }
    }

    [Fact]
    public void Every_attribute_is_exactly_one_of_required_optional_and_computed()
    {
        foreach (var (where, attribute) in All())
        {
            var kinds = (attribute.Required, attribute.Optional, attribute.Computed);
            Assert.True(kinds is (true, false, false) or (false, true, false) or (false, false, true) or (false, true, true), where);
            Assert.False(attribute.WriteOnly && attribute.Computed, where);
            Assert.True(attribute.Type.IsEmpty != attribute.NestedType is null, where);
            Assert.False(string.IsNullOrWhiteSpace(attribute.Description), where);
            if (!attribute.Type.IsEmpty)
            {
                using var type = JsonDocument.Parse(attribute.Type.Memory);
            }
        }
    }

    [Fact]
    public void No_reserved_name_is_used()
    {
        foreach (var (where, schema) in Schemas)
        {
            string[] reserved = where == "provider"
                ? ["alias", "version"]
                : ["count", "for_each", "provider", "lifecycle", "depends_on", "connection", "provisioner"];
            Assert.Empty(schema.Block.Attributes.Select(attribute => attribute.Name).Intersect(reserved));
            Assert.Equal(schema.Block.Attributes.Count, schema.Block.Attributes.Select(attribute => attribute.Name).Distinct().Count());
        }
    }

    [Fact]
    public void An_input_with_a_default_is_computed_too_and_an_output_is_only_computed()
    {
        var migration = _wire.ResourceSchemas["vmmigrate_migration"].Block.Attributes.ToDictionary(attribute => attribute.Name);
        Assert.True(migration["goal"] is { Optional: true, Computed: true });
        Assert.True(migration["vm"] is { Required: true, Computed: false });
        Assert.True(migration["timeouts"] is { Optional: true, Computed: false });
        Assert.True(migration["placement"] is { Optional: false, Computed: true });
        Assert.All(migration["placement"].NestedType.Attributes, attribute => Assert.True(attribute is { Computed: true, Optional: false, Required: false }));
        Assert.Equal("\"string\"", migration["id"].Type.ToStringUtf8());
        Assert.Equal("[\"map\",\"string\"]", migration["target"].NestedType.Attributes.Single(attribute => attribute.Name == "networks").Type.ToStringUtf8());
    }

    [Fact]
    public void A_secret_is_sensitive_everywhere_and_write_only_where_it_would_be_kept()
    {
        using var folder = new TemporaryFiles();
        var wire = new TerraformSchema(new FileProvider(folder.Platform).Model).ToWire();
        var config = wire.Provider.Block.Attributes.Single(attribute => attribute.Name == "access_key");
        Assert.True(config is { Sensitive: true, WriteOnly: false });
        var input = wire.ResourceSchemas["vmmigrate_migration"].Block.Attributes.Single(attribute => attribute.Name == "guest_password");
        Assert.True(input is { Sensitive: true, WriteOnly: true, Optional: true, Computed: false });
    }

    [Fact]
    public void No_data_source_takes_a_secret_since_its_arguments_are_kept_in_the_state() =>
        Assert.DoesNotContain(Package.Model.Functions.SelectMany(function => function.Inputs.Fields), field => field.Secret);

    [Fact]
    public void Descriptions_speak_of_attributes_by_their_names()
    {
        var camel = Fields().Where(name => name.Any(char.IsUpper)).ToHashSet();
        foreach (var (where, attribute) in All())
        {
            var words = attribute.Description.Split([' ', '`', '.', ',', ':', ';', '(', ')', '[', ']', '"'], StringSplitOptions.RemoveEmptyEntries);
            Assert.True(!words.Any(camel.Contains), $"{where}: {attribute.Description}");
        }
    }

    [Theory]
    [InlineData("Set `target.storagePool` or namePattern.", "Set `target.storage_pool` or name_pattern.")]
    [InlineData("`goal: Committed` removes it.", "`goal = \"Committed\"` removes it.")]
    [InlineData("`shutdown: ask` with `force: true`", "`shutdown = \"ask\"` with `force = true`")]
    [InlineData("The VM my-storagePool stays, and so does storagePool2.", "The VM my-storagePool stays, and so does storagePool2.")]
    [InlineData("someOtherName stays", "someOtherName stays")]
    public void Texts_are_rewritten_where_they_name_attributes(string given, string expected) =>
        Assert.Equal(expected, new TerraformText(Package.Model).Localize(given));

    private static IEnumerable<(string Where, WireSchema.Types.Attribute Attribute)> All() =>
        Schemas.SelectMany(one => one.Schema.Block.Attributes.SelectMany(attribute => All(one.Where, attribute)));

    private static IEnumerable<(string Where, WireSchema.Types.Attribute Attribute)> All(string parent, WireSchema.Types.Attribute attribute)
    {
        var where = $"{parent}.{attribute.Name}";
        return attribute.NestedType is { } nested
            ? nested.Attributes.SelectMany(inner => All(where, inner)).Prepend((where, attribute))
            : [(where, attribute)];
    }

    private static HashSet<string> Fields()
    {
        var types = new NamedTypes(Package.Model).Objects.Values.SelectMany(type => type.Fields);
        return
        [
            .. types.Concat(Package.Model.Config).Concat(Package.Model.Resources.SelectMany(one => one.Inputs.Concat(one.Outputs)))
                .Concat(Package.Model.Functions.SelectMany(one => one.Inputs.Fields.Concat(one.Outputs.Fields)))
                .Select(field => field.Name),
        ];
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]*$")]
    private static partial Regex LegalName();
}
