using VmMigrate.Host.Cli;

namespace VmMigrate.Host;

internal static class Program
{
    internal static Task<int> Main(string[] args) => CommandLine.RunAsync(args);
}
