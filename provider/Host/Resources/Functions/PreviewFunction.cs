using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Reports;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources.Migration;

namespace VmMigrate.Host.Resources.Functions;

/// <summary><c>getPreflight</c> and <c>getEstimate</c>: one preview, told in full or in part.</summary>
internal sealed class PreviewFunction(FunctionType type, MigrationResource resource, Func<InventoryBook> previews, TimeProvider time) : Function
{
    internal override FunctionType Type => type;

    internal override async Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation)
    {
        var findings = resource.Check(arguments);
        if (findings.Any(finding => finding.Severity == Severity.Error))
        {
            return new FunctionOutcome(Value.EmptyMap, findings);
        }

        var spec = MigrationCodec.Read(arguments, "");
        var preflight = await PreflightRunner.RunPatientlyAsync(
            spec, null, previews(), false, PreflightRunner.PreviewPatience, time, RunEvents.None, cancellation);
        var report = VmReport.Of(spec, preflight, Headline.Preview(preflight));
        return new FunctionOutcome(
            Value.Map(new Dictionary<string, Value>
            {
                ["verdict"] = Value.Text(Words.Of(report.Verdict)),
                ["summary"] = Value.Text(report.Summary),
                ["migrationId"] = Value.Text(report.MigrationId),
                ["findings"] = PreviewCodec.Write(report.Findings),
                ["estimate"] = report.Estimate is { } estimate ? PreviewCodec.Write(estimate) : Value.Null,
                ["steps"] = report.Estimate is { } steps ? PreviewCodec.WriteForecast(steps) : Value.List([]),
            }.Where(entry => type.Outputs.Find(entry.Key) is not null)),
            findings);
    }
}
