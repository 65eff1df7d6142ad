using System.Diagnostics;
using System.Text.Json.Nodes;
using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>A folder with a Terraform configuration for the two hosts of the lab, run by the real terraform with the real binary.</summary>
internal sealed class Declaration : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-e2e-").FullName;
    private readonly TwoHosts _lab;

    internal Declaration(TwoHosts lab)
    {
        _lab = lab;
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        File.CreateSymbolicLink(Path.Combine(_folder, "bin", "terraform-provider-vmmigrate"), Terraform.Provider);
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

    /// <summary>What the provider has logged in the last run.</summary>
    internal string Log => ReadShared(Path.Combine(_folder, "provider.log"));

    internal JsonNode? Attributes => JsonNode.Parse(StateText)!["resources"]!.AsArray().SingleOrDefault()?["instances"]![0]!["attributes"];

    internal void DeleteState() => File.Delete(Path.Combine(_folder, "terraform.tfstate"));

    internal Task<Terraform.Outcome> PlanAsync() => RunAsync("plan", "-input=false");

    internal Task<Terraform.Outcome> ApplyAsync() => RunAsync("apply", "-auto-approve", "-input=false");

    internal Task<Terraform.Outcome> DestroyAsync() => RunAsync("destroy", "-auto-approve", "-input=false");

    internal async Task<Terraform.Outcome> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await Terraform.FinishAsync(process);
    }

    /// <summary>Applies and destroys: the guest's own files are whole at both ends of the move, and no lease is left.</summary>
    internal async Task MoveThereAndBackAsync()
    {
        (await ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(_lab, TwoHosts.Dc2);
        await GuestLog.AssertWholeAsync(_lab, TwoHosts.Dc2);
        (await DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(_lab);
        await GuestLog.AssertWholeAsync(_lab, TwoHosts.Dc1);
        Assert.DoesNotContain("vmmigrate/lease", await _lab.VirshAsync(TwoHosts.Dc1, "secret-list"), StringComparison.Ordinal);
    }

    /// <summary>Applies and sends a signal to terraform and its provider once a line of the provider's log shows the step.</summary>
    /// <param name="signal">INT as Ctrl-C sends it to both, KILL to the provider alone.</param>
    internal Task<Terraform.Outcome> ApplyAndSignalAsync(string step, string signal, TimeSpan later = default) => ApplyAndAsync(
        step,
        async terraform =>
        {
            await Task.Delay(later);
            await SignalAsync(signal, [.. await ProvidersAsync(), .. signal == "INT" ? new[] { terraform } : []]);
        });

    /// <summary>Applies and does something once a line of the provider's log shows the step.</summary>
    /// <param name="act">Gets the id of terraform's process.</param>
    internal async Task<Terraform.Outcome> ApplyAndAsync(string step, Func<string, Task> act)
    {
        using var process = Start(["apply", "-auto-approve", "-input=false"]);
        var finish = Terraform.FinishAsync(process);
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
        (await TwoHosts.RunAsync("bash", ["-c", $"pgrep -f '{Path.Combine(_folder, "bin", "[t]erraform-provider-vmmigrate")}' || :"])).Split('\n', StringSplitOptions.RemoveEmptyEntries);

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
        return Terraform.Start(_folder, arguments, new Dictionary<string, string?> { ["TF_LOG_PROVIDER"] = "info", ["TF_LOG_PATH"] = Path.Combine(_folder, "provider.log") });
    }
}
