using VmMigrate.Host.Cli;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Schema;

public sealed class SchemaTests
{
    [Fact]
    public void The_checked_in_schema_is_the_model_s_own() => Golden.Matches("schema.json", SchemaWriter.Write(Package.Model));

    [Fact]
    public void The_same_model_gives_the_same_bytes() => Assert.Equal(SchemaWriter.Write(Package.Model), SchemaWriter.Write(Package.Model));

    [Fact(Timeout = 15_000)]
    public async Task The_schema_command_prints_the_schema()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exit = await CommandLine.RunAsync(["schema"], output, error, TestContext.Current.CancellationToken);

        Assert.Equal((0, SchemaWriter.Write(Package.Model), ""), (exit, output.ToString(), error.ToString()));
    }
}
