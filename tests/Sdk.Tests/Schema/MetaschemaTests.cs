using CliWrap;
using CliWrap.Buffered;
using Newtonsoft.Json.Linq;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Schema;

/// <summary>schema.json against Pulumi's own description of package schemas, which is not ours to keep here.</summary>
public sealed class MetaschemaTests
{
    private const string Variable = "VMMIGRATE_METASCHEMA";

    [Fact(Timeout = 180_000)]
    public async Task The_schema_is_valid() => Assert.Equal("", await ErrorsAsync(_ => { }, TestContext.Current.CancellationToken));

    [Fact(Timeout = 180_000)]
    public async Task A_schema_with_an_unknown_key_a_bad_type_and_a_nameless_word_is_not()
    {
        var errors = await ErrorsAsync(schema =>
        {
            schema["nonsense"] = 1;
            schema["types"]!["vmmigrate:index:Target"]!["properties"]!["site"]!["type"] = "text";
            ((JObject)schema["types"]!["vmmigrate:index:MigrationMode"]!["enum"]![0]!).Remove("value");
        }, TestContext.Current.CancellationToken);

        Assert.Contains("/ must NOT have additional properties", errors, StringComparison.Ordinal);
        Assert.Contains("/properties/site", errors, StringComparison.Ordinal);
        Assert.Contains("/enum/0 must have required property 'value'", errors, StringComparison.Ordinal);
    }

    private static async Task<string> ErrorsAsync(Action<JObject> change, CancellationToken cancellation)
    {
        var metaschema = Environment.GetEnvironmentVariable(Variable) ?? Repository.At("../shared/data/pulumi-metaschema.json");
        Assert.SkipUnless(File.Exists(metaschema), $"Pulumi's metaschema is not at {metaschema}; {Variable} names another place.");
        var validator = Repository.At("tests/Sdk.Tests/Schema/Validator");
        if (!Directory.Exists(Path.Combine(validator, "node_modules")))
        {
            await Cli.Wrap("npm").WithArguments(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).WithWorkingDirectory(validator).ExecuteBufferedAsync(cancellation);
        }

        var schema = JObject.Parse(await File.ReadAllTextAsync(Repository.At("schema.json"), cancellation));
        change(schema);
        var result = await (PipeSource.FromString(schema.ToString()) | Cli.Wrap("node").WithArguments(["validate.js", Path.GetFullPath(metaschema)]).WithWorkingDirectory(validator))
            .ExecuteBufferedAsync(cancellation);
        return result.StandardOutput;
    }
}
