using System.Collections.Immutable;
using VmMigrate.Host.Cli;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Terraform;

namespace VmMigrate.Host;

internal static class Program
{
    /// <summary>Every front end, one line each; where the executable's name decides nothing, the first that fits is taken.</summary>
    private static ImmutableArray<FrontEnd> FrontEnds { get; } =
    [
        new("pulumi-resource-", start => PulumiArguments.EngineAddress(start.Arguments) is not null, args => PulumiHost.RunAsync(Real(), args)),
        new("terraform-provider-", start => start.Variable(PluginHandshake.CookieName) is not null, _ => TerraformHost.RunAsync(Real())),
        new("", _ => true, CommandLine.RunAsync),
    ];

    internal static Task<int> Main(string[] args) => FrontEnd.Pick(FrontEnds, Invocation.OfThisProcess(args)).RunAsync(args);

    private static VmMigrateProvider Real() => new(TimeProvider.System);
}
