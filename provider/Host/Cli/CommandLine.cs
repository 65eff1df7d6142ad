using System.CommandLine;
using System.CommandLine.Invocation;
using VmMigrate.Engine.Schema;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Platforms.Libvirt.Relay;

namespace VmMigrate.Host.Cli;

/// <summary>The binary under its own name: commands for people. As a plugin it never gets here.</summary>
internal static class CommandLine
{
    internal static Task<int> RunAsync(string[] args) => RunAsync(args, Console.Out, Console.Error, CancellationToken.None);

    internal static Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var root = new RootCommand($"{Package.Model.DisplayName}: {Package.Model.Description}");
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        foreach (var command in Commands())
        {
            root.Subcommands.Add(command);
        }

        return root.Parse(args).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, cancellation);
    }

    /// <summary>Every command: one line each.</summary>
    private static IEnumerable<Command> Commands() =>
    [
        PreflightCommand.New(TimeProvider.System),
        WatchCommand.New(TimeProvider.System),
        Relay(),
        Page("schema", "Print the package's schema for Pulumi.", SchemaWriter.Write),
        Page("reference", "Print the reference page.", ReferenceWriter.Write),
    ];

    /// <summary>What the provider runs of itself on a far host: nobody types this.</summary>
    private static Command Relay()
    {
        var command = new Command("relay", "Serve one disk of this machine over stdin and stdout.") { Hidden = true };
        command.SetAction((_, _) => RelayProgram.RunAsync(TimeProvider.System));
        return command;
    }

    /// <summary>Prints something made from the model: for those who build releases, so it does not show in the help.</summary>
    private static Command Page(string name, string description, Func<PackageModel, string> write)
    {
        var command = new Command(name, description) { Hidden = true };
        command.SetAction(result => result.InvocationConfiguration.Output.Write(write(Package.Model)));
        return command;
    }

    /// <summary>The package's version alone: the assembly's own text goes on with a commit's id.</summary>
    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Package.Version);
            return 0;
        }
    }
}
