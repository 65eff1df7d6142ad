using System.Globalization;
using System.Net;
using System.Text;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Reports;

/// <summary>
/// The report as one HTML file for people: no script, no font and no picture from elsewhere, readable on paper and by a screen reader. Colour never
/// stands alone: every verdict has its word and its sign.
/// </summary>
public static partial class ReportHtml
{
    public static void Write(PreflightReport report, TextWriter to)
    {
        var vms = report.Vms.OrderByDescending(vm => vm.Verdict).ThenBy(vm => vm.Vm, StringComparer.Ordinal).ToList();
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>Preflight of {Words.Count(vms.Count, "VM")}, {report.At:yyyy-MM-dd}</title>\n<style>\n{Style}</style>\n</head>\n<body>\n")
            .Append("<a class=\"skip\" href=\"#machines\">Skip to the machines</a>\n");
        Header(page, report);
        page.Append("<main>\n");
        Glance(page, report);
        Machines(page, vms);
        Reasons(page, vms);
        Timeline(page, vms);
        Details(page, vms);
        page.Append("</main>\n<footer><p>vmmigrate ").Append(Text(report.Version)).Append(". A preview only reads: nothing was changed anywhere.</p></footer>\n</body>\n</html>\n");
        to.Write(page);
    }

    private static void Header(StringBuilder page, PreflightReport report)
    {
        var ways = report.Vms.Select(vm => $"{vm.From} → {vm.To}").Distinct().Order(StringComparer.Ordinal).ToList();
        page.Append("<header>\n<h1>Preflight report</h1>\n<p>")
            .Append(Text(string.Join(", ", ways.Take(5)) + (ways.Count > 5 ? $" and {ways.Count - 5} more" : "")))
            .Append(CultureInfo.InvariantCulture, $" · <time datetime=\"{Driving.Run.Instant(report.At)}\">{report.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC</time></p>\n")
            .Append("<nav aria-label=\"Sections\"><ul><li><a href=\"#glance\">At a glance</a></li><li><a href=\"#machines\">Machines</a></li><li><a href=\"#reasons\">Why</a></li>")
            .Append("<li><a href=\"#timeline\">Timeline</a></li><li><a href=\"#details\">Details</a></li></ul></nav>\n</header>\n");
    }

    private static void Glance(StringBuilder page, PreflightReport report)
    {
        page.Append("<section id=\"glance\" aria-labelledby=\"glance-h\">\n<h2 id=\"glance-h\">At a glance</h2>\n<dl class=\"cards\">\n");
        foreach (var verdict in new[] { Verdict.Ready, Verdict.NeedsAttention, Verdict.Blocked })
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"card {Words.Of(verdict)}\"><dt>{Sign(verdict)} {Words.ForPeople(verdict)}</dt><dd>{report.Count(verdict)}</dd></div>\n");
        }

        Card(page, "To copy", Human.Bytes(report.Bytes));
        Card(page, "All in turn", "~" + Human.Duration(report.InTurn));
        Card(page, "Longest downtime", "~" + Human.Duration(report.LongestDowntime));
        page.Append("</dl>\n");
        Bar(page, report);
        page.Append("</section>\n");
    }

    private static void Card(StringBuilder page, string name, string value) => page.Append($"<div class=\"card\"><dt>{Text(name)}</dt><dd>{Text(value)}</dd></div>\n");

    private static void Machines(StringBuilder page, List<VmReport> vms)
    {
        page.Append("<section id=\"machines\" aria-labelledby=\"machines-h\">\n<h2 id=\"machines-h\">Machines</h2>\n<div class=\"scroll\" role=\"group\" aria-label=\"Table of machines\" tabindex=\"0\">\n")
            .Append("<table>\n<caption>Every VM of this preview, those that cannot move first. Times are expected ones, with the range that eight of ten runs fall into.</caption>\n")
            .Append("<thead><tr><th scope=\"col\">VM</th><th scope=\"col\">Verdict</th><th scope=\"col\">From → to</th><th scope=\"col\">Mode</th><th scope=\"col\" class=\"n\">Bytes</th>")
            .Append("<th scope=\"col\" class=\"n\">Time</th><th scope=\"col\" class=\"n\">Downtime</th><th scope=\"col\">First thing to look at</th></tr></thead>\n<tbody>\n");
        foreach (var vm in vms)
        {
            page.Append($"<tr><th scope=\"row\"><a href=\"#{Anchor(vm)}\">{Text(vm.Vm)}</a></th><td class=\"v {Words.Of(vm.Verdict)}\">{Sign(vm.Verdict)} {Words.ForPeople(vm.Verdict)}</td>")
                .Append($"<td>{Text(Place(vm.From, vm.FromHost))} → {Text(Place(vm.To, vm.ToHost))}</td><td>{Text(vm.Mode.ToString().ToLowerInvariant())}</td>");
            if (vm.Estimate is { } estimate)
            {
                page.Append($"<td class=\"n\">{Text(Human.Bytes(estimate.Bytes))}</td><td class=\"n\">{Text(estimate.DurationRange.ToString())}</td><td class=\"n\">{Text(estimate.DowntimeRange.ToString())}</td>");
            }
            else
            {
                page.Append("<td class=\"n\">not known</td><td class=\"n\">not known</td><td class=\"n\">not known</td>");
            }

            page.Append($"<td>{(vm.Findings.FirstOrDefault(finding => finding.Severity > Severity.Note) is { } first ? $"<code>{Text(first.Id)}</code>{More(vm)}" : "nothing")}</td></tr>\n");
        }

        page.Append("</tbody>\n</table>\n</div>\n</section>\n");
    }

    private static string More(VmReport vm)
    {
        var count = vm.Findings.Count(finding => finding.Severity > Severity.Note);
        return count > 1 ? $" and {count - 1} more" : "";
    }

    private static void Reasons(StringBuilder page, List<VmReport> vms)
    {
        page.Append("<section id=\"reasons\" aria-labelledby=\"reasons-h\">\n<h2 id=\"reasons-h\">Why</h2>\n");
        var groups = vms.SelectMany(vm => vm.Findings.Select(finding => (vm, finding))).GroupBy(one => (one.finding.Id, one.finding.Severity))
            .OrderByDescending(group => group.Key.Severity).ThenByDescending(group => group.Count()).ThenBy(group => group.Key.Id, StringComparer.Ordinal).ToList();
        if (groups.Count == 0)
        {
            page.Append("<p>Nothing was found that stands against any of these moves.</p>\n</section>\n");
            return;
        }

        page.Append("<div class=\"scroll\" role=\"group\" aria-label=\"Table of findings\" tabindex=\"0\">\n<table>\n<caption>What was found, by check, worst first.</caption>\n<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Severity</th>")
            .Append("<th scope=\"col\" class=\"n\">VMs</th><th scope=\"col\">Found on</th><th scope=\"col\">In words, for the first of them</th></tr></thead>\n<tbody>\n");
        foreach (var group in groups)
        {
            var names = group.Select(one => one.vm.Vm).Distinct().ToList();
            page.Append($"<tr><th scope=\"row\"><code>{Text(group.Key.Id)}</code></th><td class=\"s {Words.Of(group.Key.Severity)}\">{Words.Of(group.Key.Severity)}</td><td class=\"n\">{names.Count}</td>")
                .Append($"<td>{Text(string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : ""))}</td><td>{Text(group.First().finding.Message)}</td></tr>\n");
        }

        page.Append("</tbody>\n</table>\n</div>\n</section>\n");
    }

    private static void Details(StringBuilder page, List<VmReport> vms)
    {
        page.Append("<section id=\"details\" aria-labelledby=\"details-h\">\n<h2 id=\"details-h\">Details</h2>\n");
        foreach (var vm in vms)
        {
            page.Append($"<article id=\"{Anchor(vm)}\" aria-labelledby=\"{Anchor(vm)}-h\">\n<h3 id=\"{Anchor(vm)}-h\">{Text(vm.Vm)} <span class=\"v {Words.Of(vm.Verdict)}\">{Sign(vm.Verdict)} {Words.ForPeople(vm.Verdict)}</span></h3>\n<p>{Text(vm.Summary)}</p>\n");
            if (vm.Findings.Length > 0)
            {
                page.Append("<ul class=\"findings\">\n");
                foreach (var finding in vm.Findings)
                {
                    page.Append($"<li class=\"{Words.Of(finding.Severity)}\"><strong class=\"s {Words.Of(finding.Severity)}\">{Words.Of(finding.Severity)}</strong> <code>{Text(finding.Id)}</code>")
                        .Append(finding.At.IsRoot ? "" : $" at <code>{Text(finding.At.ToString())}</code>")
                        .Append(finding.Subject is { } subject ? $" ({Text(subject)})" : "")
                        .Append($": {Text(finding.Message)}{(finding.Origin is { } origin ? $" Says {Text(origin)}." : "")}{Text(Words.Waiver(finding))}</li>\n");
                }

                page.Append("</ul>\n");
            }

            if (vm.Estimate is { Steps.IsEmpty: false } estimate)
            {
                Steps(page, vm, estimate);
            }

            page.Append("</article>\n");
        }

        page.Append("</section>\n");
    }

    private static void Steps(StringBuilder page, VmReport vm, Estimate estimate)
    {
        page.Append($"<table class=\"steps\">\n<caption>Steps for {Text(vm.Vm)}; rate {Text(Human.Rate(estimate.BytesPerSecond))} ({Text(estimate.Basis)})</caption>\n")
            .Append("<thead><tr><th scope=\"col\" class=\"n\">No.</th><th scope=\"col\">Step</th><th scope=\"col\">What it does</th><th scope=\"col\" class=\"n\">Time</th><th scope=\"col\">VM</th></tr></thead>\n<tbody>\n");
        var number = 0;
        foreach (var step in estimate.Steps)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{++number}</td><th scope=\"row\">{Text(step.Name)}</th><td>{Text(step.Detail)}</td><td class=\"n\">{Text("~" + Human.Duration(step.Duration))}</td><td>{(step.Down ? "down" : "as it was")}</td></tr>\n");
        }

        page.Append("</tbody>\n</table>\n");
    }

    private static string Place(string site, string? host) => host is null || host == site ? site : $"{site}/{host}";

    /// <summary>Unique: a migration's id is made from site and VM.</summary>
    private static string Anchor(VmReport vm) => vm.MigrationId;

    private static string Sign(Verdict verdict) => verdict switch
    {
        Verdict.Blocked => "<span aria-hidden=\"true\">✖</span>",
        Verdict.NeedsAttention => "<span aria-hidden=\"true\">▲</span>",
        _ => "<span aria-hidden=\"true\">✔</span>",
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
