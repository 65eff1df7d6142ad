using System.Collections.Immutable;
using VmMigrate.Host.Cli;

namespace VmMigrate.Host;

internal static class Program
{
    /// <summary>Every front end, one line each; where the executable's name decides nothing, the first that fits is taken.</summary>
    private static ImmutableArray<FrontEnd> FrontEnds { get; } =
    [
        new("", _ => true, CommandLine.RunAsync),
    ];

    internal static Task<int> Main(string[] args) => FrontEnd.Pick(FrontEnds, Invocation.OfThisProcess(args)).RunAsync(args);
}
