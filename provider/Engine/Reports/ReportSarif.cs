using System.Text.Json;
using VmMigrate.Engine.Checks;

namespace VmMigrate.Engine.Reports;

/// <summary>The report as SARIF 2.1.0 (OASIS), which code-scanning services read. A VM is a logical location: there is no source file to point at.</summary>
public static class ReportSarif
{
    public const string Schema = "https://json.schemastore.org/sarif-2.1.0.json";

    public static void Write(PreflightReport report, Stream to)
    {
        using var json = new Utf8JsonWriter(to, ReportJson.Options);
        json.WriteStartObject();
        json.WriteString("$schema", Schema);
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        json.WriteStartObject();
        var rules = report.Vms.SelectMany(vm => vm.Findings).GroupBy(finding => finding.Id, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        Tool(json, report, rules);
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", true);
        json.WriteString("endTimeUtc", Driving.Run.Instant(report.At));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("results");
        var index = rules.Select((rule, at) => (rule.Key, at)).ToDictionary(rule => rule.Key, rule => rule.at, StringComparer.Ordinal);
        foreach (var vm in report.Vms)
        {
            foreach (var finding in vm.Findings)
            {
                Result(json, vm, finding, index[finding.Id]);
            }
        }

        json.WriteEndArray();
        json.WriteString("columnKind", "utf16CodeUnits");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Tool(Utf8JsonWriter json, PreflightReport report, List<IGrouping<string, Finding>> rules)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "vmmigrate");
        json.WriteString("version", report.Version);
        json.WriteString("semanticVersion", report.Version);
        json.WriteStartArray("rules");
        foreach (var rule in rules)
        {
            json.WriteStartObject();
            json.WriteString("id", rule.Key);
            json.WriteStartObject("defaultConfiguration");
            json.WriteString("level", Words.Of(rule.Max(finding => finding.Severity)));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter json, VmReport vm, Finding finding, int rule)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", finding.Id);
        json.WriteNumber("ruleIndex", rule);
        json.WriteString("level", Words.Of(finding.Severity));
        json.WriteStartObject("message");
        json.WriteString("text", finding.Message);
        json.WriteEndObject();
        json.WriteStartArray("locations");
        json.WriteStartObject();
        json.WriteStartArray("logicalLocations");
        json.WriteStartObject();
        json.WriteString("name", vm.Vm);
        json.WriteString("fullyQualifiedName", $"{vm.From}/{vm.Vm}{(finding.At.IsRoot ? "" : $"#{finding.At}")}");
        json.WriteString("kind", "resource");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();

        // The same finding on the same VM is the same one at the next preview, whatever its numbers are by then.
        json.WriteStartObject("partialFingerprints");
        json.WriteString("vmmigrate/v1", $"{vm.MigrationId}:{finding.Id}:{finding.Subject ?? finding.At.ToString()}");
        json.WriteEndObject();
        if (finding.Waived is { } waived)
        {
            json.WriteStartArray("suppressions");
            json.WriteStartObject();
            json.WriteString("kind", "external");
            json.WriteString("status", "accepted");
            json.WriteString("justification", waived.ToString());
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteStartObject("properties");
        if (finding.Fix is { } fix)
        {
            json.WriteString("fix", fix);
        }

        json.WriteBoolean("waivable", finding.Waivable);
        if (finding.Subject is { } subject)
        {
            json.WriteString("subject", subject);
        }

        if (finding.Origin is { } origin)
        {
            json.WriteString("origin", origin);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
