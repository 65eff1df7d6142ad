using Spectre.Console;

namespace VmMigrate.Host.Cli;

/// <summary>Where a command prints for people: with colour and to the width of a terminal, or plain where it is none.</summary>
internal static class Terminal
{
    /// <summary>Lines of a log are not broken: whoever reads or searches them has a width of his own.</summary>
    private const int WidthOfNone = 4000;

    /// <summary>A terminal narrower than this gets what a table would not fit into as lines.</summary>
    internal const int Narrow = 90;

    internal static IAnsiConsole Of(TextWriter output)
    {
        if (!ReferenceEquals(output, Console.Out) || Console.IsOutputRedirected)
        {
            return Plain(output);
        }

        var console = New(output, Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb" ? AnsiSupport.No : AnsiSupport.Detect);
        console.Profile.Width = Math.Max(20, Width());
        return console;
    }

    /// <param name="width">For tests; null: no limit.</param>
    internal static IAnsiConsole Plain(TextWriter output, int? width = null)
    {
        var console = New(output, AnsiSupport.No);
        console.Profile.Width = width ?? WidthOfNone;
        return console;
    }

    private static IAnsiConsole New(TextWriter output, AnsiSupport ansi) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = ansi,
        ColorSystem = ansi == AnsiSupport.No ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(output),
    });

    private static int Width()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
