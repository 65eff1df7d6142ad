using Newtonsoft.Json.Linq;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Examples;

public sealed class ExamplesTests
{
    private const string Cold = "examples/cold-libvirt-to-libvirt";
    private const string VSphere = "examples/vsphere-to-kvm";

    private const string Ec2 = "examples/vsphere-to-ec2";
    private const string Graviton = "examples/x86-to-graviton";

    [Theory]
    [InlineData(Cold)]
    [InlineData(Graviton)]
    public async Task An_example_means_the_same_in_yaml_and_in_csharp(string example)
    {
        var yaml = YamlProgram.Read($"{example}/yaml/Pulumi.yaml");
        var csharp = await CSharpProgram.RunAsync($"{example}/csharp", YamlProgram.ConfigDefaults(YamlProgram.Read($"{example}/csharp/Pulumi.yaml")));

        Assert.Equal(WithDefaults(YamlProgram.Parse(yaml)), WithDefaults(csharp));
    }

    [Theory]
    [InlineData(Cold, "kvm")]
    [InlineData(VSphere, "estate")]
    [InlineData(Ec2, "estate")]
    [InlineData(Graviton, "estate")]
    public void An_example_means_the_same_in_yaml_and_in_terraform(string example, string provider)
    {
        var yaml = YamlProgram.Parse(YamlProgram.Read($"{example}/yaml/Pulumi.yaml"));
        var terraform = TerraformProgram.Parse(File.ReadAllText(Repository.At($"{example}/terraform/main.tf")), providerName: provider);

        Assert.Equal(yaml.ToString(), terraform.ToString());
    }

    [Fact]
    public async Task The_quickstart_asks_for_no_more_than_which_vm_and_where_to()
    {
        var project = YamlProgram.Read("Pulumi.yaml");
        var declared = await CSharpProgram.RunAsync((string)project["main"]!, YamlProgram.ConfigDefaults(project));

        var migration = (JObject)declared.Resources["vmmigrate:index:Migration web-01"];
        Assert.Equal(["vm", "target"], Schema()["resources"]!["vmmigrate:index:Migration"]!["requiredInputs"]!.Select(name => (string)name!));
        Assert.Equal("""{"site":"dc1","name":"web-01"}""", Compact(migration["vm"]!, "site", "name"));
        Assert.Equal("""{"site":"dc2"}""", Compact(migration["target"]!, "site"));
        Assert.Equal(["conversion", "goal", "mode", "onDrift", "target", "vm"], migration.Properties().Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Pulumi.yaml")]
    [InlineData(Cold + "/csharp/Pulumi.yaml")]
    [InlineData(Cold + "/yaml/Pulumi.yaml")]
    [InlineData(VSphere + "/csharp/Pulumi.yaml")]
    [InlineData(VSphere + "/yaml/Pulumi.yaml")]
    [InlineData(Ec2 + "/csharp/Pulumi.yaml")]
    [InlineData(Ec2 + "/yaml/Pulumi.yaml")]
    [InlineData(Graviton + "/csharp/Pulumi.yaml")]
    [InlineData(Graviton + "/yaml/Pulumi.yaml")]
    public void A_project_finds_the_provider_where_the_build_leaves_it(string file)
    {
        var project = YamlProgram.Read(file);
        var plugin = Assert.Single((JArray)project["plugins"]!["providers"]!);

        Assert.Equal("vmmigrate", (string?)plugin["name"]);
        Assert.Equal(Repository.At("bin"), Path.GetFullPath((string)plugin["path"]!, Path.GetDirectoryName(Repository.At(file))!));
        Assert.True(project["main"] is null || Directory.Exists(Repository.At((string)project["main"]!)));
    }

    /// <summary>Every name in the YAML example is one of the schema's: an example with a misspelt property would teach it.</summary>
    [Theory]
    [InlineData(Cold)]
    [InlineData(VSphere)]
    [InlineData(Ec2)]
    [InlineData(Graviton)]
    public void An_example_uses_the_schema_s_names_only(string example)
    {
        var schema = Schema();
        foreach (var (key, inputs) in YamlProgram.Parse(YamlProgram.Read($"{example}/yaml/Pulumi.yaml")).Resources)
        {
            var body = key.StartsWith("pulumi:providers:", StringComparison.Ordinal) ? schema["provider"]! : schema["resources"]![key.Split(' ')[0]]!;
            Check(key, (JObject)inputs, (JObject)body["inputProperties"]!, schema);
        }
    }

    private static void Check(string at, JObject value, JObject properties, JObject schema)
    {
        foreach (var (name, content) in value)
        {
            Assert.True(properties[name] is JObject, $"{at} has no {name}");
            Check($"{at}.{name}", content!, (JObject)properties[name]!, schema);
        }
    }

    private static void Check(string at, JToken value, JObject type, JObject schema)
    {
        if (value is JValue { Value: string text } && text.StartsWith(YamlProgram.Reference, StringComparison.Ordinal))
        {
            // Another resource's output: its type is that resource's.
            return;
        }

        if ((string?)type["$ref"] is { } reference)
        {
            var named = (JObject)schema["types"]![reference.Split('/')[^1]]!;
            if (named["enum"] is JArray words)
            {
                Assert.Contains((string)value!, words.Select(word => (string)word["value"]!));
                return;
            }

            Check(at, (JObject)value, (JObject)(named["properties"] ?? new JObject()), schema);
        }
        else if (value is JObject map)
        {
            map.Properties().ToList().ForEach(entry => Check($"{at}.{entry.Name}", entry.Value, (JObject)type["additionalProperties"]!, schema));
        }
        else if (value is JArray list)
        {
            list.ToList().ForEach(item => Check($"{at}[]", item, (JObject)type["items"]!, schema));
        }
    }

    /// <summary>The C# SDK fills in defaults before the provider does, so both sides get them.</summary>
    private static string WithDefaults(Declaration declaration)
    {
        var schema = Schema();
        foreach (var (key, inputs) in declaration.Resources)
        {
            var body = key.StartsWith("pulumi:providers:", StringComparison.Ordinal) ? schema["provider"]! : schema["resources"]![key.Split(' ')[0]]!;
            Fill((JObject)inputs, (JObject)body["inputProperties"]!, schema);
        }

        return declaration.ToString();
    }

    private static void Fill(JObject value, JObject properties, JObject schema)
    {
        foreach (var (name, property) in properties)
        {
            value[name] ??= property!["default"]?.DeepClone();
            var ofMap = (string?)property!["additionalProperties"]?["$ref"];
            var reference = (string?)property["$ref"] ?? (string?)property["items"]?["$ref"] ?? ofMap;
            if (reference is not null && schema["types"]![reference.Split('/')[^1]]!["properties"] is JObject nested)
            {
                foreach (var item in value[name] is JArray list ? list.OfType<JObject>() : ofMap is not null && value[name] is JObject map ? map.Properties().Select(entry => entry.Value).OfType<JObject>() : new[] { value[name] }.OfType<JObject>())
                {
                    Fill(item, nested, schema);
                }
            }
        }
    }

    private static string Compact(JToken value, params string[] order) =>
        new JObject(order.Select(name => new JProperty(name, value[name]))) is var ordered && ordered.Count == ((JObject)value).Count
            ? ordered.ToString(Newtonsoft.Json.Formatting.None)
            : value.ToString(Newtonsoft.Json.Formatting.None);

    private static JObject Schema() => JObject.Parse(File.ReadAllText(Repository.At("schema.json")));
}
