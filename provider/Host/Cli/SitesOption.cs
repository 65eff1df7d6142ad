using System.CommandLine;
using VmMigrate.Engine.Checks;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Cli;

/// <summary>The option <c>--config</c> of every command that looks at sites, and what becomes of it.</summary>
internal static class SitesOption
{
    internal const string Variable = "VMMIGRATE_CONFIG";

    internal const string UsualFile = "vmmigrate.yaml";

    internal static Option<string?> New() => new("--config", "-c")
    {
        Description = $"File with the provider's config (`sites: …`) as YAML or JSON. ${{env:NAME}} and ${{file:PATH}} stand for values from elsewhere. Default: ${Variable}, else {UsualFile}.",
        HelpName = "file",
    };

    /// <summary>A provider that is configured, and who takes its secrets out of every text. The caller disposes it.</summary>
    /// <exception cref="CliException">The config is not there or not right.</exception>
    internal static (VmMigrateProvider Provider, Redactor Redactor) Open(string? file, TextWriter error, TimeProvider time)
    {
        var path = file ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : UsualFile);
        if (file is null && path == UsualFile && !File.Exists(path))
        {
            throw new CliException($"There is no config: name it with --config or ${Variable}, or make {UsualFile} with `sites:` as the provider's config has it.");
        }

        var given = ConfigFile.Read(path);
        var redactor = Redactor.None.With(given, SecretMarks.BySchema(Package.Model.Config, given));
        var provider = new VmMigrateProvider(time);
        var (config, findings) = provider.CheckConfig(given);
        Findings.Tell(findings, path, redactor, error);
        provider.Configure(config);
        return (provider, redactor);
    }
}

/// <summary>Findings about input, for a person at a terminal.</summary>
internal static class Findings
{
    /// <exception cref="CliException">One of them is an error.</exception>
    internal static void Tell(IReadOnlyCollection<Finding> findings, string about, Redactor redactor, TextWriter error)
    {
        foreach (var finding in findings.Where(finding => finding.Severity == Severity.Warning))
        {
            error.WriteLine($"warning: {about}: {redactor.Clean(Line(finding))}");
        }

        var errors = findings.Where(finding => finding.Severity == Severity.Error).ToList();
        if (errors.Count > 0)
        {
            throw new CliException(redactor.Clean(string.Join('\n', errors.Select(finding => $"{about}: {Line(finding)}"))));
        }
    }

    internal static string Line(Finding finding) => $"{(finding.At.IsRoot ? "" : $"{finding.At}: ")}{finding.Message} ({finding.Id})";
}
