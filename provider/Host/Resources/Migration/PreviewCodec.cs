using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Reports;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>What a preview found, as outputs of a migration and as functions return it.</summary>
internal static class PreviewCodec
{
    internal static Value Write(IEnumerable<Finding> findings) => Value.List(findings.OrderByDescending(finding => finding.Severity).Select(finding => Value.Map(
        ("id", Value.Text(finding.Id)),
        ("severity", Value.Text(Words.Of(finding.Severity))),
        ("path", finding.At.IsRoot ? Value.Null : Value.Text(finding.At.ToString())),
        ("subject", Value.Text(finding.Subject)),
        ("message", Value.Text(finding.Message)),
        ("waivable", Value.Bool(finding.Waivable)),
        ("origin", Value.Text(finding.Origin)),
        ("fix", Value.Text(finding.Fix)),
        ("waived", finding.Waived is { } waived
            ? Value.Map(("severity", Value.Text(Words.Of(waived.Severity))), ("reason", Value.Text(waived.Reason)), ("until", Value.Text(Words.Of(waived.Until))), ("by", Value.Text(waived.By)))
            : Value.Null))));

    internal static MapValue Write(Estimate estimate) => Value.Map(
        ("bytes", Value.Number(estimate.Bytes)),
        ("seconds", Seconds(estimate.Duration)),
        ("secondsRange", Range(estimate.DurationRange)),
        ("downtimeSeconds", Seconds(estimate.Downtime)),
        ("downtimeSecondsRange", Range(estimate.DowntimeRange)),
        ("disks", Value.List(estimate.Disks.Select(disk => Value.Map(
            ("disk", Value.Text(disk.Disk)), ("bytes", Value.Number(disk.Bytes)), ("lengthBytes", Value.Number(disk.LengthBytes)))))),
        ("bytesPerSecond", Value.Number(Math.Round(estimate.BytesPerSecond))),
        ("basis", Value.Text(estimate.Basis)),
        ("steps", Value.List(estimate.Steps.Select(step => Value.Text($"{step.Name}: {step.Detail}")))));

    /// <summary>In the shape of steps that were done, but for the time at which they began.</summary>
    internal static Value WriteSteps(Estimate estimate) => Value.List(estimate.Steps.Select(step => Value.Map(
        ("name", Value.Text(step.Name)),
        ("detail", Value.Text(step.Detail)),
        ("startedAt", Value.Null),
        ("seconds", Seconds(step.Duration)))));

    /// <summary>With all that is known of each step.</summary>
    internal static Value WriteForecast(Estimate estimate) => Value.List(estimate.Steps.Select(step => Value.Map(
        ("name", Value.Text(step.Name)),
        ("detail", Value.Text(step.Detail)),
        ("bytes", Value.Number(step.Bytes)),
        ("seconds", Seconds(step.Duration)),
        ("secondsRange", Range(new TimeRange(step.Low, step.High))),
        ("down", Value.Bool(step.Down)),
        ("basis", Value.Text(step.Basis.ToString().ToLowerInvariant())))));

    private static MapValue Range(TimeRange range) => Value.Map(("low", Seconds(range.Low)), ("high", Seconds(range.High)));

    private static Value Seconds(TimeSpan time) => Value.Number(Math.Round(time.TotalSeconds, 1));
}
