using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using VmMigrate.Engine.Driving;
using VmMigrate.TestProvider;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>A folder with a configuration that the real terraform runs, with the front end in a process of its own over a platform of files.</summary>
internal sealed class TerraformProject : IDisposable
{
    internal const string Secret = "planted-key-4711";
    internal const string WriteOnly = "planted-password-0815";

    private const string Source = "registry.terraform.io/vmmigrate/vmmigrate";

    private readonly string folder = Directory.CreateTempSubdirectory("vmmigrate-terraform-").FullName;
    private readonly StringBuilder everything = new();
    private readonly CancellationToken cancellation;

    /// <param name="binary">The provider; by default the one over files.</param>
    internal TerraformProject(CancellationToken cancellation, string? binary = null)
    {
        this.cancellation = cancellation;
        var bin = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
        File.CreateSymbolicLink(
            Path.Combine(bin, "terraform-provider-vmmigrate"), binary ?? Path.Combine(AppContext.BaseDirectory, "VmMigrate.TestProvider"));
        File.WriteAllText(
            Path.Combine(folder, "terraform.rc"),
            $$"""
            provider_installation {
              dev_overrides { "{{Source}}" = "{{bin}}" }
              direct {}
            }
            """);
        Directory.CreateDirectory(Work);
        Files = new FilePlatform(Path.Combine(folder, "files"));
        Files.SetVm("dc1", "web", "running");
    }

    internal FilePlatform Files { get; }

    /// <summary>Set in the environment of terraform.</summary>
    internal Dictionary<string, string> Variables { get; } = [];

    /// <summary>All that terraform has printed and logged.</summary>
    internal string Everything => everything.ToString();

    internal string StateText => File.ReadAllText(Path.Combine(Work, "terraform.tfstate"));

    internal string MainFile => Path.Combine(Work, "main.tf");

    private string Work => Path.Combine(folder, "work");

    /// <summary>The only migration's instance in the state file, or null.</summary>
    internal JsonNode? Instance => JsonNode.Parse(StateText)!["resources"]!.AsArray()
        .Where(resource => resource!["type"]!.GetValue<string>() == "vmmigrate_migration")
        .SelectMany(resource => resource!["instances"]!.AsArray())
        .SingleOrDefault();

    /// <summary>Writes the configuration: three sites, and what is given.</summary>
    internal void Configure(string body, string sites = "") => File.WriteAllText(
        MainFile,
        $$"""
        terraform {
          required_providers {
            vmmigrate = { source = "vmmigrate/vmmigrate" }
          }
        }
        provider "vmmigrate" {
          sites = {
            dc1 = { libvirt = { uri = "qemu:///system" } }
            dc2 = { libvirt = { uri = "qemu:///system" } }
            dc3 = { libvirt = { uri = "qemu:///system" } }
            {{sites}}
          }
          access_key = "{{Secret}}"
        }
        {{body}}
        """);

    /// <summary>For the real provider: a VM of 8 MiB that boots at once, and a second site with what is given, such as faults.</summary>
    internal void ConfigureSimulator(string second, string goal = "CutOver", string more = "") => File.WriteAllText(
        MainFile,
        $$"""
        terraform {
          required_providers {
            vmmigrate = { source = "vmmigrate/vmmigrate" }
          }
        }
        locals {
          world = "{{Path.Combine(folder, "world")}}"
          guest = { boot = "0s", shutdown = "0s" }
        }
        provider "vmmigrate" {
          sites = {
            dc1 = { simulator = { state = local.world, guest = local.guest, disk_data = "8MiB", machines = [{ name = "web", disks = ["1GiB"] }] } }
            dc2 = { simulator = { state = local.world, guest = local.guest, {{second}} } }
          }
        }
        resource "vmmigrate_migration" "one" {
          vm     = { site = "dc1", name = "web" }
          target = { site = "dc2" }
          goal   = "{{goal}}"
          {{more}}
        }
        """);

    /// <summary>One migration with the few lines that a test is about.</summary>
    internal void Migration(string lines = "", string vm = "web", string target = "dc2", string name = "one") => Configure(
        $$"""
        resource "vmmigrate_migration" "{{name}}" {
          vm             = { site = "dc1", name = "{{vm}}" }
          target         = { site = "{{target}}" }
          guest_password = "{{WriteOnly}}"
          {{lines}}
        }
        """);

    internal async Task<Outcome> Run(params string[] arguments)
    {
        using var process = Start(arguments);
        return await Finish(process).ConfigureAwait(false);
    }

    internal Task<Outcome> Apply(params string[] more) => Run(["apply", "-auto-approve", .. more]);

    internal Task<Outcome> Destroy(params string[] more) => Run(["destroy", "-auto-approve", .. more]);

    /// <summary>Starts terraform, waits until the log has the line, and does what Ctrl-C does: an interrupt to it and to the provider.</summary>
    internal async Task<Outcome> ApplyAndInterrupt(string what, int lines)
    {
        using var process = Start(["apply", "-auto-approve"]);
        var rest = Finish(process);
        while (Files.Lines(what).Count < lines)
        {
            Assert.False(process.HasExited, Everything);
            await Task.Delay(20, cancellation).ConfigureAwait(false);
        }

        var provider = Files.Lines("started")[^1].Split(' ')[1];
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture), provider]);
        await kill.WaitForExitAsync(cancellation).ConfigureAwait(false);
        return await rest.ConfigureAwait(false);
    }

    /// <summary>The same, but terraform dies at once and the provider gets a signal; returns when the provider has ended.</summary>
    internal async Task ApplyAndKill(string what, int lines, string signal)
    {
        using var process = Start(["apply", "-auto-approve"]);
        var rest = Finish(process);
        while (Files.Lines(what).Count < lines)
        {
            Assert.False(process.HasExited, Everything);
            await Task.Delay(20, cancellation).ConfigureAwait(false);
        }

        var provider = int.Parse(Files.Lines("started")[^1].Split(' ')[1], CultureInfo.InvariantCulture);
        process.Kill();
        using var kill = Process.Start("kill", [signal, provider.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellation).ConfigureAwait(false);
        while (RunnerIdentity.Describe(provider) is not null)
        {
            await Task.Delay(20, cancellation).ConfigureAwait(false);
        }

        await rest.ConfigureAwait(false);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("terraform", [.. arguments, .. arguments[0] is "show" or "state" ? Array.Empty<string>() : ["-no-color"]])
        {
            WorkingDirectory = Work,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["TF_CLI_CONFIG_FILE"] = Path.Combine(folder, "terraform.rc");
        start.Environment["TF_INPUT"] = "0";
        start.Environment["CHECKPOINT_DISABLE"] = "1";
        start.Environment["TF_LOG_PROVIDER"] = "info";
        start.Environment[FilePlatform.Variable] = Path.Combine(folder, "files");
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private async Task<Outcome> Finish(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        var outcome = new Outcome(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        everything.Append(outcome.Output).Append(outcome.Error);
        return outcome;
    }

    /// <param name="Error">Errors for people, and the provider's log.</param>
    internal sealed record Outcome(int Code, string Output, string Error)
    {
        internal string All => Output + Error;

        internal void Worked() => Assert.True(Code == 0, All);

        internal void Failed() => Assert.True(Code == 1, All);

        /// <summary>Without regard to where terraform broke the lines and drew its frame.</summary>
        internal void Says(string text) => Assert.Contains(Flat(text), Flat(All), StringComparison.Ordinal);

        private static string Flat(string text) =>
            string.Join(' ', text.Split([' ', '\n', '│', '╷', '╵'], StringSplitOptions.RemoveEmptyEntries));
    }
}
