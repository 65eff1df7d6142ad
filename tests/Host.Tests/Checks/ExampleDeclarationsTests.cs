using Newtonsoft.Json.Linq;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using VmMigrate.Sdk.Tests.Examples;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Checks;

/// <summary>What the examples declare passes the provider's own checks: names, types, units, what is required, and the rules beyond them.</summary>
public sealed class ExampleDeclarationsTests
{
    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Repository.At("examples"), "Pulumi.yaml", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file)).Where(file => (string?)YamlProgram.Read(file)["runtime"] == "yaml").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_s_declaration_has_no_fault(string file)
    {
        var declared = YamlProgram.Parse(YamlProgram.Read(file)).Resources;
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        var (config, faults) = provider.CheckConfig(Read(Assert.Single(declared, entry => entry.Key.StartsWith("pulumi:providers:vmmigrate ", StringComparison.Ordinal)).Value));
        Assert.Empty(faults.Where(finding => finding.Severity == Severity.Error).Select(finding => $"{finding.At}: {finding.Message}"));
        provider.Configure(config);

        var migration = provider.Resources["Migration"];
        var migrations = declared.Where(entry => entry.Key.StartsWith("vmmigrate:index:Migration ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(migrations);
        foreach (var (name, inputs) in migrations)
        {
            var (read, findings) = InputCheck.Run(migration.Type.InputObject, Read(inputs), "Migration");
            Assert.Empty(InputCheck.With(findings, migration.Check(read)).Select(finding => $"{name} {finding.At}: {finding.Message}"));
        }
    }

    private static Value Read(JToken token) => token switch
    {
        JObject map => Value.Map(map.Properties().Select(entry => KeyValuePair.Create(entry.Name, Read(entry.Value)))),
        JArray list => Value.List(list.Select(Read)),
        JValue { Value: string text } => text.StartsWith(YamlProgram.Reference, StringComparison.Ordinal) ? Value.Unknown : Value.Text(text),
        JValue { Value: bool flag } => Value.Bool(flag),
        JValue { Value: long number } => Value.Number(number),
        _ => throw new NotSupportedException($"{token.Type}"),
    };
}
