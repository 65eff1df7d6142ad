using System.CommandLine;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Host.Cli;

/// <summary>How every command ends: 0, 1 or 2, and a sentence instead of a stack trace.</summary>
internal static class CliRun
{
    internal const int Fine = 0;

    internal const int Failed = 1;

    /// <summary>It has looked, and something stands against the move: what a pipeline stops at.</summary>
    internal const int Blocked = 2;

    internal static async Task<int> GuardAsync(ParseResult result, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (e is CliException or PlatformException or IOException or UnauthorizedAccessException)
        {
            result.InvocationConfiguration.Error.WriteLine(e.Message);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            result.InvocationConfiguration.Error.WriteLine("Stopped.");
            return Failed;
        }
    }
}
