using Newtonsoft.Json.Linq;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Schema;

public sealed class SchemaLintTests
{
    private const string Migration = "$.resources['vmmigrate:index:Migration']";
    private const string Target = "$.types['vmmigrate:index:Target']";

    [Fact]
    public void The_schema_has_nothing_that_the_binder_or_a_generator_refuses() => Assert.Empty(SchemaLint.Findings(Schema()));

    /// <summary>Each rule, broken once: where, what is put there, and how the finding begins.</summary>
    [Theory]
    [InlineData("$.types", "vmmigrate:index:target2:x", """{ "type": "object", "description": "x" }""", "token:")]
    [InlineData("$.types", "other:index:Thing", """{ "type": "object", "description": "x" }""", "token:")]
    [InlineData("$.functions", "vmmigrate:index:GetThing", """{ "description": "x" }""", "token:")]
    [InlineData("$.types", "vmmigrate:index:TARGET", """{ "type": "object", "description": "x" }""", "token twice:")]
    [InlineData(Target + ".properties.site", "$ref", "\"#/types/vmmigrate:index:Nowhere\"", "reference:")]
    [InlineData(Target, "required", """["site", "sight"]""", "required: sight")]
    [InlineData(Migration, "requiredInputs", """["vm", "target", "phase"]""", "required: phase")]
    [InlineData(Migration + ".properties", "id", """{ "type": "string", "description": "x" }""", "reserved: id")]
    [InlineData(Target + ".properties", "pulumi", """{ "type": "string", "description": "x" }""", "reserved: pulumi")]
    [InlineData("$.provider.inputProperties", "version", """{ "type": "string", "description": "x" }""", "reserved: version")]
    [InlineData("$.config.variables", "region", """{ "type": "string", "description": "x" }""", "config.variables and")]
    [InlineData(Migration + ".inputProperties", "extra", """{ "type": "string", "description": "x" }""", "input not in the outputs: extra")]
    [InlineData(Migration + ".properties", "goal", """{ "type": "string", "description": "x" }""", "input differs from its output: goal")]
    [InlineData(Migration + ".inputProperties.mode", "default", "\"Tepid\"", "default: Tepid")]
    [InlineData("$.types['vmmigrate:index:TcpProbe'].properties.port", "default", "1.5", "default: 1.5")]
    [InlineData(Target + ".properties.networks", "default", "\"x\"", "default: x")]
    [InlineData(Target + ".properties.site", "description", "\" \"", "no description: types.vmmigrate:index:Target.site")]
    [InlineData(Target + ".properties", "target", """{ "type": "string", "description": "x" }""", "C# member called as its class: Target")]
    [InlineData(Target + ".properties", "Site", """{ "type": "string", "description": "x" }""", "C# member twice: Site")]
    [InlineData("$.types", "vmmigrate:index:MigrationArgs", """{ "type": "string", "description": "x", "enum": [] }""", "C# class twice: MigrationArgs")]
    public void A_broken_rule_is_found(string at, string name, string value, string finding)
    {
        var schema = Schema();
        ((JObject)schema.SelectToken(at, errorWhenNoMatch: true)!)[name] = JToken.Parse(value);

        Assert.Contains(SchemaLint.Findings(schema), text => text.StartsWith(finding, StringComparison.Ordinal));
    }

    private static JObject Schema() => JObject.Parse(File.ReadAllText(Repository.At("schema.json")));
}
