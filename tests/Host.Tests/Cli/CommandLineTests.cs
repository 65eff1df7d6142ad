using VmMigrate.Host.Cli;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact(Timeout = 15_000)]
    public async Task Version_prints_the_package_s_version_alone()
    {
        var (exit, output, error) = await RunAsync(TestContext.Current.CancellationToken, "--version");

        Assert.Equal((0, Package.Version + Environment.NewLine, ""), (exit, output, error));
    }

    [Fact(Timeout = 15_000)]
    public async Task Help_says_what_it_is_and_leaves_out_what_is_not_for_users()
    {
        var (exit, output, _) = await RunAsync(TestContext.Current.CancellationToken, "--help");

        Assert.Equal(0, exit);
        Assert.Contains(Package.Model.Description, output, StringComparison.Ordinal);
        Assert.DoesNotContain("schema", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 15_000)]
    public async Task An_unknown_command_fails_and_is_named()
    {
        var (exit, _, error) = await RunAsync(TestContext.Current.CancellationToken, "migrat");

        Assert.Equal(1, exit);
        Assert.Contains("migrat", error, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(CancellationToken cancellation, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await CommandLine.RunAsync(args, output, error, cancellation);
        return (exit, output.ToString(), error.ToString());
    }
}
