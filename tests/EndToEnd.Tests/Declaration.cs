using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Tests;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>A folder with a Terraform configuration for the two hosts of the lab, run by the real terraform with the real binary.</summary>
internal sealed class Declaration : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-e2e-").FullName;
    private readonly TwoHosts _lab;

    internal Declaration(TwoHosts lab)
    {
        _lab = lab;
        var binary = Repository.At("bin/terraform-provider-vmmigrate");
        Assert.True(File.Exists(binary), "bin/terraform-provider-vmmigrate is not there: run `make build` first");
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        File.CreateSymbolicLink(Path.Combine(_folder, "bin", "terraform-provider-vmmigrate"), binary);
        File.WriteAllText(
            Path.Combine(_folder, "terraform.rc"),
            $$"""
            disable_checkpoint = true
            provider_installation {
              dev_overrides { "vmmigrate.local/vmmigrate/vmmigrate" = "{{Path.Combine(_folder, "bin")}}" }
            }
            """);
    }

    /// <summary>Attributes of the migration beside vm and target, one a line.</summary>
    internal string More { get; set; } = "";

    internal string Target { get; set; } = "site = \"dc2\"";

    internal string Vm { get; set; } = "site = \"dc1\", name = \"web-01\"";

    internal string Sites { get; set; } = "";

    /// <summary>How dc2 is reached; null: as the lab says.</summary>
    internal string? TargetUri { get; set; }

    /// <summary>More of the provider's block, beside its sites.</summary>
    internal string Provider { get; set; } = "";

    internal string StateText => File.ReadAllText(Path.Combine(_folder, "terraform.tfstate"));

    internal JsonNode? Attributes => JsonNode.Parse(StateText)!["resources"]!.AsArray().SingleOrDefault()?["instances"]![0]!["attributes"];

    internal void DeleteState() => File.Delete(Path.Combine(_folder, "terraform.tfstate"));

    internal Task<Outcome> PlanAsync() => RunAsync("plan", "-input=false");

    internal Task<Outcome> ApplyAsync() => RunAsync("apply", "-auto-approve", "-input=false");

    internal Task<Outcome> DestroyAsync() => RunAsync("destroy", "-auto-approve", "-input=false");

    internal async Task<Outcome> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await FinishAsync(process);
    }

    /// <summary>Applies and sends a signal to terraform and its provider once a line of the provider's log shows the step.</summary>
    /// <param name="signal">INT as Ctrl-C sends it to both, KILL to the provider alone.</param>
    internal Task<Outcome> ApplyAndSignalAsync(string step, string signal, TimeSpan later = default) => ApplyAndAsync(
        step,
        async terraform =>
        {
            await Task.Delay(later);
            await SignalAsync(signal, [.. await ProvidersAsync(), .. signal == "INT" ? new[] { terraform } : []]);
        });

    /// <summary>Applies and does something once a line of the provider's log shows the step.</summary>
    /// <param name="act">Gets the id of terraform's process.</param>
    internal async Task<Outcome> ApplyAndAsync(string step, Func<string, Task> act)
    {
        using var process = Start(["apply", "-auto-approve", "-input=false"]);
        var finish = FinishAsync(process);
        var log = Path.Combine(_folder, "provider.log");
        while (!(File.Exists(log) && ReadShared(log).Contains(step, StringComparison.Ordinal)))
        {
            Assert.False(process.HasExited, "terraform ended before the step was seen:\n" + (finish.IsCompleted ? (await finish).Text : ""));
            await Task.Delay(20);
        }

        await act($"{process.Id}");
        return await finish;
    }

    /// <summary>The processes of the provider that run for this declaration.</summary>
    internal async Task<string[]> ProvidersAsync() =>
        (await TwoHosts.RunAsync("pgrep", ["-f", Path.Combine(_folder, "bin", "terraform-provider-vmmigrate")])).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    internal static Task<string> SignalAsync(string signal, params string[] processes) => TwoHosts.RunAsync("kill", [$"-{signal}", .. processes]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private Process Start(string[] arguments)
    {
        File.WriteAllText(
            Path.Combine(_folder, "main.tf"),
            $$"""
            terraform {
              required_providers {
                vmmigrate = { source = "vmmigrate.local/vmmigrate/vmmigrate" }
              }
            }
            provider "vmmigrate" {
              {{Provider}}
              sites = {
                dc1 = { libvirt = { uri = "{{_lab.Uri("dc1")}}" } }
                dc2 = { libvirt = { uri = "{{TargetUri ?? _lab.Uri("dc2")}}" } }
                {{Sites}}
              }
            }
            resource "vmmigrate_migration" "web" {
              vm     = { {{Vm}} }
              target = { {{Target}} }
              {{More}}
            }
            """);
        File.Delete(Path.Combine(_folder, "provider.log"));
        var start = new ProcessStartInfo("terraform", [arguments[0], "-no-color", .. arguments.Skip(1)])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["TF_CLI_CONFIG_FILE"] = Path.Combine(_folder, "terraform.rc");
        start.Environment["TF_IN_AUTOMATION"] = "1";
        start.Environment["TF_LOG_PROVIDER"] = "info";
        start.Environment["TF_LOG_PATH"] = Path.Combine(_folder, "provider.log");
        return Process.Start(start)!;
    }

    private static async Task<Outcome> FinishAsync(Process process)
    {
        process.StandardInput.Close();
        var text = new StringBuilder();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, text.Append(await output).Append(await errors).ToString());
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
