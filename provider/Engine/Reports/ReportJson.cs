using System.Text.Json;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Estimates;

namespace VmMigrate.Engine.Reports;

/// <summary>The report for machines: <c>docs/preflight-report.schema.json</c> says what stands where.</summary>
public static class ReportJson
{
    public const string Format = "vmmigrate.preflight/1";

    internal static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(PreflightReport report, Stream to)
    {
        using var json = new Utf8JsonWriter(to, Options);
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("version", report.Version);
        json.WriteString("at", Driving.Run.Instant(report.At));
        json.WriteStartObject("summary");
        json.WriteNumber("vms", report.Vms.Length);
        json.WriteNumber("ready", report.Count(Verdict.Ready));
        json.WriteNumber("needsAttention", report.Count(Verdict.NeedsAttention));
        json.WriteNumber("blocked", report.Count(Verdict.Blocked));
        json.WriteNumber("errors", report.Count(Severity.Error));
        json.WriteNumber("warnings", report.Count(Severity.Warning));
        json.WriteNumber("notes", report.Count(Severity.Note));
        json.WriteNumber("bytes", report.Bytes);
        json.WriteNumber("seconds", Seconds(report.InTurn));
        json.WriteNumber("longestDowntimeSeconds", Seconds(report.LongestDowntime));
        json.WriteEndObject();
        json.WriteStartArray("vms");
        foreach (var vm in report.Vms)
        {
            Write(json, vm);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, VmReport vm)
    {
        json.WriteStartObject();
        json.WriteString("vm", vm.Vm);
        Text(json, "vmId", vm.VmId);
        json.WriteString("from", vm.From);
        Text(json, "fromHost", vm.FromHost);
        json.WriteString("to", vm.To);
        Text(json, "toHost", vm.ToHost);
        Text(json, "storagePool", vm.Pool);
        json.WriteString("mode", vm.Mode.ToString());
        json.WriteString("goal", vm.Goal.ToString());
        json.WriteString("migrationId", vm.MigrationId);
        json.WriteString("verdict", Words.Of(vm.Verdict));
        json.WriteString("summary", vm.Summary);
        Text(json, "plan", vm.Kind is { } kind ? Words.Of(kind) : null);
        json.WriteStartArray("findings");
        foreach (var finding in vm.Findings)
        {
            Write(json, finding);
        }

        json.WriteEndArray();
        if (vm.Estimate is { } estimate)
        {
            Write(json, estimate);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("id", finding.Id);
        json.WriteString("severity", Words.Of(finding.Severity));
        Text(json, "path", finding.At.IsRoot ? null : finding.At.ToString());
        Text(json, "subject", finding.Subject);
        json.WriteString("message", finding.Message);
        json.WriteBoolean("waivable", finding.Waivable);
        Text(json, "origin", finding.Origin);
        Text(json, "fix", finding.Fix);
        if (finding.Waived is { } waived)
        {
            json.WriteStartObject("waived");
            json.WriteString("severity", Words.Of(waived.Severity));
            json.WriteString("reason", waived.Reason);
            json.WriteString("until", Words.Of(waived.Until));
            Text(json, "by", waived.By.Length > 0 ? waived.By : null);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Estimate estimate)
    {
        json.WriteStartObject("estimate");
        json.WriteNumber("bytes", estimate.Bytes);
        json.WriteNumber("seconds", Seconds(estimate.Duration));
        Range(json, "secondsRange", estimate.DurationRange);
        json.WriteNumber("downtimeSeconds", Seconds(estimate.Downtime));
        Range(json, "downtimeSecondsRange", estimate.DowntimeRange);
        json.WriteNumber("bytesPerSecond", Math.Round(estimate.BytesPerSecond));
        json.WriteString("basis", estimate.Basis);
        json.WriteStartArray("disks");
        foreach (var disk in estimate.Disks)
        {
            json.WriteStartObject();
            json.WriteString("disk", disk.Disk);
            json.WriteNumber("bytes", disk.Bytes);
            json.WriteNumber("lengthBytes", disk.LengthBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach (var step in estimate.Steps)
        {
            json.WriteStartObject();
            json.WriteString("name", step.Name);
            json.WriteString("detail", step.Detail);
            json.WriteNumber("bytes", step.Bytes);
            json.WriteNumber("seconds", Seconds(step.Duration));
            Range(json, "secondsRange", new TimeRange(step.Low, step.High));
            json.WriteBoolean("down", step.Down);
            json.WriteString("basis", step.Basis.ToString().ToLowerInvariant());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Range(Utf8JsonWriter json, string name, TimeRange range)
    {
        json.WriteStartObject(name);
        json.WriteNumber("low", Seconds(range.Low));
        json.WriteNumber("high", Seconds(range.High));
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 2);
}
