using System.Globalization;

namespace VmMigrate.Engine.Checks;

/// <summary>Somebody takes a risk knowingly.</summary>
/// <param name="Code">The check's id.</param>
/// <param name="Subject">Only what is about this; null: all that the check finds.</param>
/// <param name="Until">The last day (UTC) on which it holds.</param>
/// <param name="By">Who takes the risk.</param>
public sealed record Waiver(string Code, string? Subject, string Reason, DateOnly Until, string? By);

/// <summary>What a waiver did to a finding.</summary>
/// <param name="Severity">What the finding was before.</param>
/// <param name="By">Who took the risk: as declared, or the declaration itself.</param>
public sealed record Waived(Severity Severity, string Reason, DateOnly Until, string By)
{
    public override string ToString() => $"waived until {Until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}{(By.Length > 0 ? $" by {By}" : "")}: {Reason}";
}
