using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.CommandLine;
using System.IO.Enumeration;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Reports;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Resources.Migration;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Cli;

/// <summary><c>vmmigrate preflight</c>: the preview of one VM or a thousand, with nothing declared anywhere yet.</summary>
internal static class PreflightCommand
{
    /// <summary>Previews at once. More would only wait for the same connections.</summary>
    private const int AtOnce = 8;

    internal static Command New(TimeProvider time)
    {
        var site = new Option<string>("--site") { Description = "Site where the VMs are, as the config names it.", Required = true, HelpName = "site" };
        var vms = new Option<string[]>("--vm") { Description = "Name of a VM, with * and ? as wildcards; may be given several times. Default: all.", HelpName = "name", AllowMultipleArgumentsPerToken = true };
        var to = new Option<string>("--to") { Description = "Site where they are to go.", Required = true, HelpName = "site" };
        var config = SitesOption.New();
        var mode = Word("--mode", MigrationType.Mode, "How they are to move.");
        var goal = Word("--goal", MigrationType.Goal, "How far.");
        var host = new Option<string?>("--host") { Description = "Host at the target. Default: chosen.", HelpName = "host" };
        var pool = new Option<string?>("--pool") { Description = "Storage pool at the target. Default: chosen.", HelpName = "pool" };
        var network = new Option<string[]>("--network") { Description = "From a network at the source to one at the target; may be given several times.", HelpName = "from=to" };
        var with = new Option<string?>("--with") { Description = "File with more inputs of a Migration (shutdown, verify, waive, policy, …) as YAML or JSON, for all VMs.", HelpName = "file" };
        var format = new Option<string>("--format", "-f") { Description = "How to write the report.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong([.. ReportFormats.Names]);
        var output = new Option<string?>("--out", "-o") { Description = "File to write the report to. Default: standard output.", HelpName = "file" };
        var command = new Command(
            "preflight",
            "Preview moves without declaring them: what would happen, how long it takes, what stands against it. Only reads. Ends with 0 when every VM can move, 2 when one is blocked, 1 when it could not look.");
        foreach (var option in (Option[])[site, vms, to, config, mode, goal, host, pool, network, with, format, output])
        {
            command.Options.Add(option);
        }

        command.SetAction((result, cancellation) => CliRun.GuardAsync(result, async () =>
        {
            var (provider, redactor) = SitesOption.Open(result.GetValue(config), result.InvocationConfiguration.Error, time);
            await using (provider)
            {
                var target = Value.Map(
                    ("site", Value.Text(result.GetValue(to))), ("host", Value.Text(result.GetValue(host))), ("storagePool", Value.Text(result.GetValue(pool))),
                    ("networks", Networks(result.GetValue(network) ?? [])));
                var wish = (result.GetValue(with) is { } file ? ConfigFile.Read(file) : Value.EmptyMap)
                    .With("mode", Value.Text(result.GetValue(mode))).With("goal", Value.Text(result.GetValue(goal)));
                wish = Value.Map(wish.Entries.Where(entry => !entry.Value.IsNull))
                    .With("target", Value.Map(target.Entries.Where(entry => !entry.Value.IsNull).Concat((wish["target"].AsMap ?? Value.EmptyMap).Entries.Where(entry => target[entry.Key].IsNull))));
                var report = await RunAsync(provider, result.GetValue(site)!, result.GetValue(vms) ?? [], wish, redactor, result.InvocationConfiguration.Error, time, cancellation);
                await ReportFormats.WriteAsync(report, result.GetValue(format)!, result.GetValue(output), result.InvocationConfiguration);
                return report.IsBlocked ? CliRun.Blocked : CliRun.Fine;
            }
        }));
        return command;
    }

    internal static async Task<PreflightReport> RunAsync(
        VmMigrateProvider provider, string siteName, string[] patterns, MapValue wish, Redactor redactor, TextWriter error, TimeProvider time, CancellationToken cancellation)
    {
        var book = provider.Previews;
        var site = book.Find(siteName) ?? throw new CliException($"The config has no site \"{siteName}\".{NearestName.Question(siteName, book.Names)} It has: {Placement.Names(book.Names)}.");
        List<Vm> all;
        try
        {
            all = await site.ListAsync(cancellation).ToListAsync(cancellation);
        }
        catch (PlatformException e)
        {
            throw new CliException($"Site \"{site.Name}\" ({site.Where}) cannot be read: {e.Message}", e);
        }

        var chosen = Choose(all, patterns, site.Name);
        var names = all.CountBy(vm => vm.Name, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var specs = chosen.ConvertAll(vm => Read(provider, wish.With("vm", Value.Map(
            ("site", Value.Text(site.Name)), names[vm.Name] > 1 ? ("id", Value.Text(vm.Id)) : ("name", Value.Text(vm.Name))))));
        Findings.Tell([.. specs.SelectMany(spec => spec.Findings).DistinctBy(finding => (finding.Id, finding.At.ToString()))], "preflight", redactor, error);

        // One guest that may be booting is worth waiting for; among many, it is told that it does not answer.
        var patience = chosen.Count == 1 ? PreflightRunner.PreviewPatience : TimeSpan.Zero;
        var reports = new ConcurrentDictionary<int, VmReport>();
        await Parallel.ForAsync(0, specs.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (i, cancel) =>
        {
            var spec = specs[i].Spec!;
            var preflight = await PreflightRunner.RunPatientlyAsync(spec, null, book, false, patience, time, RunEvents.None, cancel);
            reports[i] = VmReport.Of(spec, preflight, Headline.Preview(preflight)).Clean(redactor.Clean);
        });
        return new PreflightReport(Package.Version, time.GetUtcNow(), [.. Enumerable.Range(0, specs.Count).Select(i => reports[i])]);
    }

    private static (MigrationSpec? Spec, ImmutableArray<Finding> Findings) Read(VmMigrateProvider provider, MapValue given)
    {
        var resource = provider.Resources[MigrationType.Type.Name];
        var (inputs, findings) = InputCheck.Run(MigrationType.Type.InputObject, given, MigrationType.Type.Name);
        findings = InputCheck.With(findings, resource.Check(inputs));
        return findings.Any(finding => finding.Severity == Severity.Error) ? (null, findings) : (MigrationCodec.Read(inputs, ""), findings);
    }

    /// <summary>In order of names, each once. A pattern that fits nothing is a mistake of the user's, not an empty report.</summary>
    private static List<Vm> Choose(List<Vm> all, string[] patterns, string site)
    {
        foreach (var pattern in patterns)
        {
            if (!all.Exists(vm => FileSystemName.MatchesSimpleExpression(pattern, vm.Name, ignoreCase: false)))
            {
                throw new CliException(
                    $"No VM at site \"{site}\" fits \"{pattern}\".{NearestName.Question(pattern, all.Select(vm => vm.Name))} It has {all.Count}: {Placement.Names(all.Select(vm => vm.Name))}.");
            }
        }

        return [.. all.Where(vm => patterns.Length == 0 || patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, vm.Name, ignoreCase: false)))];
    }

    private static Value Networks(string[] pairs) => pairs.Length == 0 ? Value.Null : Value.Map(pairs.Select(pair =>
        pair.Split('=') is [{ Length: > 0 } from, { Length: > 0 } to]
            ? KeyValuePair.Create(from, Value.Text(to))
            : throw new CliException($"--network wants from=to, such as vlan100=br100; \"{pair}\" is not that.")));

    private static Option<string?> Word(string name, EnumType type, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', type.Words.Select(word => word.Name)) };
        option.AcceptOnlyFromAmong([.. type.Words.Select(word => word.Name)]);
        return option;
    }
}
