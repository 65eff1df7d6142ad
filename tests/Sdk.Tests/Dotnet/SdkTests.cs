using VmMigrate.SdkGenerator;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Dotnet;

public sealed class SdkTests
{
    [Fact]
    public void The_checked_in_sdk_is_what_the_schema_gives() => Golden.MatchesFolder("sdk/dotnet", Generate(), "bin", "obj");

    [Fact]
    public void The_same_schema_gives_the_same_sdk() => Assert.Equal(Generate(), Generate());

    [Fact]
    public void The_sdk_compiles_without_a_warning() => Assert.NotEmpty(SdkBuild.Sdk(Generate()));

    [Fact]
    public void The_sdk_tells_the_schema_s_version()
    {
        using var loaded = SdkBuild.Load();

        Assert.Equal(PackageSpec.Parse(Schema).Version, loaded.Sdk.GetType("VmMigrate.Sdk.Utilities")!.GetProperty("Version")!.GetValue(null));
    }

    [Fact]
    public void Every_field_and_token_of_the_schema_is_in_the_sdk()
    {
        var package = PackageSpec.Parse(Schema);
        using var loaded = SdkBuild.Load();

        foreach (var resource in package.Resources.Append(package.Provider))
        {
            var type = loaded.Sdk.GetType($"VmMigrate.Sdk.{(resource.IsProvider ? "Provider" : Names.Class(resource.Token))}")!;
            Assert.Equal(resource.Token, loaded.Attribute(type, "ResourceTypeAttribute", "Type"));
            Assert.Equal(resource.Outputs.Select(field => field.Name), loaded.WireNames(type, "OutputAttribute"));
            Assert.Equal(resource.Inputs.Select(field => field.Name), loaded.WireNames(loaded.Sdk.GetType(type.FullName + "Args")!, "InputAttribute"));
        }
    }

    [Fact]
    public void A_secret_input_is_marked_and_a_secret_output_is_listed()
    {
        var files = DotnetSdk.Generate(PackageSpec.Parse(SmallSchema(
            """
            "token": { "type": "string", "secret": true },
            "tokens": { "type": "array", "items": { "type": "string" }, "secret": true },
            "named": { "type": "object", "additionalProperties": { "type": "string" }, "secret": true }
            """)));

        Assert.NotEmpty(SdkBuild.Sdk(files));
        Assert.Contains("AdditionalSecretOutputs =", files["Thing.cs"], StringComparison.Ordinal);
        Assert.Equal(3, files["Thing.cs"].Split("Output.CreateSecret").Length - 1);
    }

    [Fact]
    public void A_field_with_a_keyword_s_name_or_its_class_s_name_compiles()
    {
        var files = DotnetSdk.Generate(PackageSpec.Parse(SmallSchema(
            """
            "class": { "$ref": "#/types/small:index:Nested" },
            "thing": { "type": "integer", "default": 3, "language": { "csharp": { "name": "ThingValue" } } }
            """)));

        Assert.NotEmpty(SdkBuild.Sdk(files));
    }

    [Theory]
    [InlineData("""{ "oneOf": [{ "type": "string" }, { "type": "number" }] }""", "oneOf")]
    [InlineData("""{ "$ref": "pulumi.json#/Asset" }""", "pulumi.json#/Asset")]
    [InlineData("""{ "type": "string", "const": "x" }""", "const")]
    public void What_the_generator_does_not_know_it_refuses(string field, string named)
    {
        var exception = Assert.Throws<FormatException>(() => DotnetSdk.Generate(PackageSpec.Parse(SmallSchema($"\"odd\": {field}"))));

        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    private static string Schema => File.ReadAllText(Repository.At("schema.json"));

    private static IReadOnlyDictionary<string, string> Generate() => DotnetSdk.Generate(PackageSpec.Parse(Schema));

    /// <summary>A package with one resource that has these fields as inputs and as outputs.</summary>
    private static string SmallSchema(string fields) =>
        $$"""
        {
          "name": "small", "version": "1.0.0",
          "types": { "small:index:Nested": { "type": "object", "properties": { "event": { "type": "boolean" }, "new": { "type": "number", "default": 0.5 } } } },
          "resources": { "small:index:Thing": { "properties": { {{fields}} }, "inputProperties": { {{fields}} } } }
        }
        """;
}
