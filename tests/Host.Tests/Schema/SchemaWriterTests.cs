using Newtonsoft.Json.Linq;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Tests.Schema;

public sealed class SchemaWriterTests
{
    [Fact]
    public void A_secret_and_a_replacing_field_are_marked_on_both_sides()
    {
        var thing = Thing(new Field("token", FieldType.Text, "A token.") { Secret = true, Replaces = true, Required = true });

        foreach (var side in new[] { "properties", "inputProperties" })
        {
            Assert.Equal(
                """{"description":"A token.","type":"string","secret":true,"willReplaceOnChanges":true}""",
                thing[side]!["token"]!.ToString(Newtonsoft.Json.Formatting.None));
        }

        Assert.Equal(["token"], Names(thing["required"]));
        Assert.Equal(["token"], Names(thing["requiredInputs"]));
    }

    [Fact]
    public void An_input_with_a_default_need_not_be_given_and_is_always_in_the_outputs()
    {
        var thing = Thing(new("count", FieldType.Integer, "How many.") { Default = Value.Number(100_000) }, new("ratio", FieldType.Number, "How much.") { Default = Value.Number(0.5) });

        Assert.Equal("100000", thing["inputProperties"]!["count"]!["default"]!.ToString(Newtonsoft.Json.Formatting.None));
        Assert.Equal("0.5", thing["inputProperties"]!["ratio"]!["default"]!.ToString(Newtonsoft.Json.Formatting.None));
        Assert.Null(thing["properties"]!["count"]!["default"]);
        Assert.Equal(["count", "ratio"], Names(thing["required"]));
        Assert.Null(thing["requiredInputs"]);
    }

    [Fact]
    public void A_field_called_as_its_resource_gets_another_name_in_csharp()
    {
        var thing = Thing(new Field("thing", FieldType.Text, "Itself."));

        Assert.Equal("ThingValue", (string?)thing["inputProperties"]!["thing"]!["language"]!["csharp"]!["name"]);
        Assert.Equal("ThingValue", (string?)thing["properties"]!["thing"]!["language"]!["csharp"]!["name"]);
    }

    [Fact]
    public void Units_and_groups_stand_in_the_descriptions()
    {
        var type = new ObjectType("Place", "A place.", [new("wait", FieldType.Duration, "How long."), new("a", FieldType.Text, "A."), new("b", FieldType.Text, "B.")])
        {
            ExactlyOne = [["a", "b"]],
        };
        var place = JObject.Parse(SchemaWriter.Write(Model(new Field("place", FieldType.ListOf(FieldType.Of(type)), "Places."))))["types"]!["small:index:Place"]!;

        Assert.Equal("A place. Exactly one of `a` and `b` must be set.", (string?)place["description"]);
        Assert.Equal("How long. A duration with its unit, such as `30s` or `2m`.", (string?)place["properties"]!["wait"]!["description"]);
    }

    [Fact]
    public void Two_types_with_one_name_are_refused()
    {
        var model = Model(
            new("one", FieldType.Of(new ObjectType("Same", "One.", [])), "One."),
            new("two", FieldType.MapOf(FieldType.Of(new EnumType("Same", "Two.", []))), "Two."));

        Assert.Contains("Same", Assert.Throws<InvalidOperationException>(() => SchemaWriter.Write(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_binary_s_version_is_the_package_s() =>
        Assert.Equal(Package.Version, typeof(Package).Assembly.GetName().Version!.ToString(3));

    private static JObject Thing(params Field[] inputs) => (JObject)JObject.Parse(SchemaWriter.Write(Model(inputs)))["resources"]!["small:index:Thing"]!;

    private static PackageModel Model(params Field[] inputs) =>
        new("small", "1.0.0", "Small", "A small package.", [], [new ResourceType("Thing", "A thing.", [.. inputs], [])], []);

    private static IEnumerable<string?> Names(JToken? list) => list!.Select(item => (string?)item);
}
