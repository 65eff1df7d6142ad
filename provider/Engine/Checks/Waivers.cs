using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks;

/// <summary>Lowers what somebody has taken the risk of, and says what is wrong with the waivers themselves.</summary>
public static class Waivers
{
    /// <summary>How long a waiver may run before it is told to be renewed. Longer ones are forgotten.</summary>
    private const int MostDays = 90;

    /// <summary>Waived findings stay, as notes with who, why and until when; what is impossible stays an error.</summary>
    /// <param name="owner">Who stands for a waiver that names nobody: the declaration.</param>
    public static ImmutableArray<Finding> Apply(IReadOnlyList<Finding> findings, ImmutableArray<Waiver> waivers, DateOnly today, string owner)
    {
        if (waivers.IsDefaultOrEmpty)
        {
            return [.. findings];
        }

        var result = findings.ToArray();
        var about = new List<Finding>();
        for (var i = 0; i < waivers.Length; i++)
        {
            var waiver = waivers[i];
            var at = PropertyPath.Of("waive").Item(i);
            var code = CheckList.Find(waiver.Code)?.Id ?? waiver.Code;
            var matches = Enumerable.Range(0, findings.Count).Where(at => Matches(findings[at], code, waiver.Subject)).ToList();
            if (matches.Count == 0)
            {
                about.Add(CheckList.Find(waiver.Code) is null
                    ? Finding.Warning("waiver.unknown-code", at.Child("code"), $"There is no check \"{waiver.Code}\".{NearestName.Question(waiver.Code, CheckList.All.Select(check => check.Id))} docs/checks lists them all.")
                    : Finding.Warning(
                        "waiver.unused", at,
                        $"Nothing is found by {waiver.Code}{(waiver.Subject is null ? "" : $" about \"{waiver.Subject}\"")}, so this waiver does nothing. Take it away, so that it does not hide the next one."));
                continue;
            }

            if (today > waiver.Until)
            {
                about.Add(Finding.Warning(
                    "waiver.expired", at.Child("until"),
                    $"The waiver of {waiver.Code} ended on {Day(waiver.Until)} ({waiver.Reason}), so what it finds counts again. Mend it, or renew the waiver."));
                continue;
            }

            if (waiver.Until.DayNumber - today.DayNumber > MostDays)
            {
                about.Add(Finding.Warning("waiver.long", at.Child("until"), $"The waiver of {waiver.Code} runs until {Day(waiver.Until)}, more than {MostDays} days. Shorter ones are looked at again in time."));
            }

            foreach (var index in matches)
            {
                var finding = findings[index];
                if (finding.Severity == Severity.Error && !finding.Waivable)
                {
                    about.Add(Finding.Warning(
                        "waiver.refused", at,
                        $"{finding.Id}{(finding.Subject is null ? "" : $" ({finding.Subject})")} cannot be waived: it is physically or legally impossible. {finding.Fix ?? "Mend it."}"));
                }
                else if (finding.Severity != Severity.Note)
                {
                    var waived = new Waived(finding.Severity, waiver.Reason, waiver.Until, waiver.By ?? owner);
                    result[index] = finding with { Severity = Severity.Note, Waived = waived, Message = $"({waived}) {finding.Message}" };
                }
            }
        }

        return [.. result.Concat(about).OrderByDescending(finding => finding.Severity)];
    }

    private static bool Matches(Finding finding, string code, string? subject) =>
        finding.Id == code && (subject is null || (finding.Subject is { } own && (own == subject || own.EndsWith(' ' + subject, StringComparison.Ordinal))));

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
