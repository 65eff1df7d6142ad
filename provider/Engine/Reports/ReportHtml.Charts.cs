using System.Globalization;
using System.Text;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Reports;

/// <content>Two drawings: the estate as one bar, and each move over time.</content>
public static partial class ReportHtml
{
    /// <summary>More rows than this are no picture any more; the table has them all.</summary>
    private const int MostRows = 60;

    private const int RowHeight = 22;

    private const int NameWidth = 190;

    private const int ChartWidth = 640;

    private static void Bar(StringBuilder page, PreflightReport report)
    {
        if (report.Vms.IsEmpty)
        {
            return;
        }

        var words = string.Join(", ", new[] { Verdict.Ready, Verdict.NeedsAttention, Verdict.Blocked }
            .Select(verdict => $"{report.Count(verdict)} {Words.ForPeople(verdict).ToLowerInvariant()}"));
        page.Append(CultureInfo.InvariantCulture, $"<svg class=\"bar\" role=\"img\" aria-labelledby=\"bar-t\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\"><title id=\"bar-t\">Of {Words.Count(report.Vms.Length, "VM")}: {words}</title>");
        var at = 0.0;
        foreach (var verdict in new[] { Verdict.Ready, Verdict.NeedsAttention, Verdict.Blocked })
        {
            var width = 1000.0 * report.Count(verdict) / report.Vms.Length;
            if (width > 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"<rect class=\"f-{Words.Of(verdict)}\" x=\"{at:0.#}\" y=\"0\" width=\"{width:0.#}\" height=\"24\"/>");
            }

            at += width;
        }

        page.Append("</svg>\n");
    }

    private static void Timeline(StringBuilder page, List<VmReport> vms)
    {
        page.Append("<section id=\"timeline\" aria-labelledby=\"timeline-h\">\n<h2 id=\"timeline-h\">Timeline</h2>\n");
        var moving = vms.Where(vm => vm.Estimate is { } estimate && estimate.Duration > TimeSpan.Zero).OrderByDescending(vm => vm.Estimate!.Duration).ThenBy(vm => vm.Vm, StringComparer.Ordinal).ToList();
        if (moving.Count == 0)
        {
            page.Append("<p>Nothing would run.</p>\n</section>\n");
            return;
        }

        var shown = moving.Take(MostRows).ToList();
        var end = shown.Max(vm => Math.Max(vm.Estimate!.DurationRange.High.TotalSeconds, vm.Estimate.Duration.TotalSeconds));
        page.Append("<p>Each move from its own start, longest first")
            .Append(moving.Count > shown.Count ? $"; the {shown.Count} longest of {moving.Count}" : "")
            .Append(". <span class=\"key k-up\"></span> the VM runs, <span class=\"key k-down\"></span> the VM is down, the line reaches to where nine of ten runs are over. The same figures stand in the table of machines.</p>\n");
        var height = (shown.Count * RowHeight) + 30;
        page.Append(CultureInfo.InvariantCulture, $"<svg class=\"timeline\" role=\"img\" aria-labelledby=\"tl-t tl-d\" viewBox=\"0 0 {NameWidth + ChartWidth + 90} {height}\">")
            .Append("<title id=\"tl-t\">How long each move takes and when its VM is down</title>")
            .Append(CultureInfo.InvariantCulture, $"<desc id=\"tl-d\">{Text(string.Join("; ", shown.Take(10).Select(vm => $"{vm.Vm} {Human.Duration(vm.Estimate!.Duration)}, down {Human.Duration(vm.Estimate.Downtime)}")))}{(shown.Count > 10 ? "; and more" : "")}</desc>");
        for (var tick = 0; tick <= 4; tick++)
        {
            var x = NameWidth + (ChartWidth * tick / 4.0);
            page.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x:0.#}\" y1=\"20\" x2=\"{x:0.#}\" y2=\"{height - 6}\"/><text class=\"t\" x=\"{x:0.#}\" y=\"13\" text-anchor=\"middle\">{Text(Human.Duration(TimeSpan.FromSeconds(end * tick / 4)))}</text>");
        }

        for (var row = 0; row < shown.Count; row++)
        {
            Row(page, shown[row], 24 + (row * RowHeight), end);
        }

        page.Append("</svg>\n</section>\n");
    }

    private static void Row(StringBuilder page, VmReport vm, int y, double end)
    {
        var estimate = vm.Estimate!;
        page.Append(CultureInfo.InvariantCulture, $"<text class=\"t\" x=\"{NameWidth - 8}\" y=\"{y + 14}\" text-anchor=\"end\">{Text(Short(vm.Vm))}</text>");
        var at = 0.0;
        foreach (var step in estimate.Steps)
        {
            var width = X(step.Duration.TotalSeconds, end);
            if (width > 0.05)
            {
                page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(step.Down ? "d" : "u")}\" x=\"{NameWidth + at:0.##}\" y=\"{y + 3}\" width=\"{width:0.##}\" height=\"{RowHeight - 8}\"/>");
            }

            at += width;
        }

        var reach = X(estimate.DurationRange.High.TotalSeconds, end);
        page.Append(CultureInfo.InvariantCulture, $"<line class=\"w\" x1=\"{NameWidth + at:0.##}\" y1=\"{y + 10}\" x2=\"{NameWidth + reach:0.##}\" y2=\"{y + 10}\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text class=\"t\" x=\"{NameWidth + Math.Max(at, reach) + 6:0.##}\" y=\"{y + 14}\">{Text(Human.Duration(estimate.Duration))}</text>");
    }

    private static double X(double seconds, double end) => end <= 0 ? 0 : ChartWidth * seconds / end;

    private static string Short(string name) => name.Length <= 26 ? name : name[..25] + "…";
}
