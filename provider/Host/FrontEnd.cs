namespace VmMigrate.Host;

/// <summary>One of the faces of this program: a provider for some engine, or the command line.</summary>
/// <param name="FilePrefix">How the executable's name begins where an engine starts it; empty for none.</param>
/// <param name="Fits">Tells, where the name says nothing, whether this start is meant for it.</param>
/// <param name="RunAsync">Takes the arguments and returns the exit code.</param>
internal sealed record FrontEnd(string FilePrefix, Func<Invocation, bool> Fits, Func<string[], Task<int>> RunAsync)
{
    /// <summary>An engine's name for the executable decides; under any other name the environment and the arguments do.</summary>
    /// <param name="table">Its last entry fits always.</param>
    internal static FrontEnd Pick(IReadOnlyCollection<FrontEnd> table, Invocation invocation) =>
        table.FirstOrDefault(front => front.FilePrefix.Length > 0 && invocation.FileName.StartsWith(front.FilePrefix, StringComparison.OrdinalIgnoreCase))
        ?? table.First(front => front.Fits(invocation));
}

/// <summary>How this process was started.</summary>
/// <param name="FileName">The executable's name without folders: as it was called, so that a link's own name counts.</param>
/// <param name="Variable">Looks up an environment variable.</param>
internal sealed record Invocation(string FileName, string[] Arguments, Func<string, string?> Variable)
{
    internal static Invocation OfThisProcess(string[] arguments) => new(
        Path.GetFileName(Environment.GetCommandLineArgs()[0]),
        arguments,
        Environment.GetEnvironmentVariable);
}
