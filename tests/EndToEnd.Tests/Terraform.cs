using System.Diagnostics;
using VmMigrate.Tests;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>The real terraform in a folder with a configuration and a <c>terraform.rc</c>.</summary>
internal static class Terraform
{
    /// <summary>The native provider, as `make build` makes it.</summary>
    internal static string Provider
    {
        get
        {
            var binary = Repository.At("bin/terraform-provider-vmmigrate");
            Assert.True(File.Exists(binary), "bin/terraform-provider-vmmigrate is not there: run `make build` first");
            return binary;
        }
    }

    /// <param name="environment">Beside the configuration's own; null removes a variable.</param>
    internal static Process Start(string folder, string[] arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo("terraform", [arguments[0], "-no-color", .. arguments.Skip(1)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["TF_CLI_CONFIG_FILE"] = Path.Combine(folder, "terraform.rc");
        start.Environment["TF_IN_AUTOMATION"] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Waits until it ends; one that is not waited for any more is killed.</summary>
    internal static async Task<Outcome> FinishAsync(Process process, CancellationToken cancellation = default)
    {
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        return new Outcome(process.ExitCode, await output + await errors);
    }

    /// <param name="Text">All that was printed. Terraform breaks lines; <see cref="Flat"/> has none.</param>
    internal sealed record Outcome(int ExitCode, string Text)
    {
        internal string Flat => string.Join(' ', Text.Split(['\n', ' ', '│'], StringSplitOptions.RemoveEmptyEntries));

        internal Outcome Succeeded()
        {
            Assert.True(ExitCode == 0, Text);
            return this;
        }

        internal Outcome Failed(params string[] words)
        {
            Assert.True(ExitCode != 0, Text);
            foreach (var word in words)
            {
                Assert.Contains(word, Flat, StringComparison.Ordinal);
            }

            return this;
        }
    }
}
