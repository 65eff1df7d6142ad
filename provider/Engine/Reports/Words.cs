using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Reports;

/// <summary>Names of things in reports: for machines as they stand for ever, for people as they read them.</summary>
public static class Words
{
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Blocked => "blocked",
        Verdict.NeedsAttention => "needs-attention",
        _ => "ready",
    };

    public static string ForPeople(Verdict verdict) => verdict switch
    {
        Verdict.Blocked => "Blocked",
        Verdict.NeedsAttention => "Needs attention",
        _ => "Ready",
    };

    public static string Of(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };

    public static string Of(PlanKind kind) => kind switch
    {
        PlanKind.CleanUp => "clean-up",
        PlanKind.RollBack => "roll-back",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>Behind a message: who takes the risk; empty where nobody does.</summary>
    public static string Waiver(Finding finding) => finding.Waived is { } waived ? $" ({Of(waived.Severity)}, {waived})" : "";

    public static string Of(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>1 warning</c>, <c>2 warnings</c>.</summary>
    public static string Count(int count, string one) => $"{count} {one}{(count == 1 ? "" : "s")}";
}
