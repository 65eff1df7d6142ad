using Spectre.Console;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Reports;
using VmMigrate.Engine.Text;

namespace VmMigrate.Host.Cli;

/// <summary>The report for a terminal: first the answer, then the steps, then what to do about the findings.</summary>
internal static class ReportTable
{
    /// <summary>With more VMs than this, findings are told by check instead of by VM; the machine-readable formats have each.</summary>
    private const int FewVms = 12;

    private const int MostNames = 6;

    internal static void Write(PreflightReport report, IAnsiConsole console)
    {
        if (report.Vms is [var one])
        {
            Line(console, $"{Sign(one.Verdict)} {one.Vm}: {one.Summary}", Style(one.Verdict));
            Steps(console, one);
        }
        else
        {
            Table(console, report);
        }

        if (report.Vms.Length <= FewVms)
        {
            ByVm(console, report);
        }
        else
        {
            ByCheck(console, report);
        }

        Line(console, Sum(report), report.IsBlocked ? Style(Verdict.Blocked) : Spectre.Console.Style.Plain);
    }

    /// <summary>Such as <c>12 VMs: 9 ready, 2 need attention, 1 blocked · 382 GiB · ~2 h 10 min in turn</c>.</summary>
    internal static string Sum(PreflightReport report)
    {
        var (attention, blocked) = (report.Count(Verdict.NeedsAttention), report.Count(Verdict.Blocked));
        return $"{Words.Count(report.Vms.Length, "VM")}: {report.Count(Verdict.Ready)} ready, {attention} need{(attention == 1 ? "s" : "")} attention, {blocked} blocked"
            + $" · {Human.Bytes(report.Bytes)} · ~{Human.Duration(report.InTurn)}{(report.Vms.Length > 1 ? " in turn" : "")}";
    }

    private static void Table(IAnsiConsole console, PreflightReport report)
    {
        var narrow = console.Profile.Width < Terminal.Narrow;
        var table = new Table { Border = narrow ? TableBorder.None : TableBorder.Simple };
        table.AddColumn("VM");
        table.AddColumn("Verdict");
        if (!narrow)
        {
            table.AddColumn("From → to");
            table.AddColumn(new TableColumn("Bytes").RightAligned());
        }

        table.AddColumn(new TableColumn("Time").RightAligned());
        table.AddColumn(new TableColumn("Downtime").RightAligned());
        if (!narrow)
        {
            table.AddColumn(new TableColumn("Findings"));
        }

        foreach (var vm in report.Vms.OrderByDescending(vm => vm.Verdict))
        {
            var estimate = vm.Estimate;
            var cells = new List<Text> { new(vm.Vm), new($"{Sign(vm.Verdict)} {Words.ForPeople(vm.Verdict).ToLowerInvariant()}", Style(vm.Verdict)) };
            if (!narrow)
            {
                cells.Add(new Text($"{vm.From} → {vm.To}{(vm.ToHost is { } host && host != vm.To ? $"/{host}" : "")}"));
                cells.Add(new Text(estimate is null ? "?" : Human.Bytes(estimate.Bytes)));
            }

            cells.Add(new Text(estimate is null ? "?" : "~" + Human.Duration(estimate.Duration)));
            cells.Add(new Text(estimate is null ? "?" : estimate.DowntimeRange.ToString()));
            if (!narrow)
            {
                cells.Add(new Text(Counts(vm)));
            }

            table.AddRow(cells);
        }

        console.Write(table);
    }

    private static void Steps(IAnsiConsole console, VmReport vm)
    {
        if (vm.Estimate is not { Steps.IsEmpty: false } estimate)
        {
            return;
        }

        for (var i = 0; i < estimate.Steps.Length; i++)
        {
            var step = estimate.Steps[i];
            Line(console, $"  {i + 1}. {step.Name}: {step.Detail} · ~{Human.Duration(step.Duration)}{(step.Down ? " down" : "")}", Spectre.Console.Style.Plain);
        }

        Line(console, $"  Rate {Human.Rate(estimate.BytesPerSecond)} ({estimate.Basis}); time {estimate.DurationRange}, downtime {estimate.DowntimeRange}", Spectre.Console.Style.Plain);
    }

    private static void ByVm(IAnsiConsole console, PreflightReport report)
    {
        foreach (var vm in report.Vms.Where(vm => !vm.Findings.IsEmpty).OrderByDescending(vm => vm.Verdict))
        {
            if (report.Vms.Length > 1)
            {
                Line(console, vm.Vm, new Style(decoration: Decoration.Bold));
            }

            foreach (var finding in vm.Findings)
            {
                Line(console, $"  {Words.Of(finding.Severity)}: {finding.Id}{(finding.At.IsRoot ? "" : $" at {finding.At}")}: {finding.Message}{Words.Waiver(finding)}", Style(finding.Severity));
            }
        }
    }

    private static void ByCheck(IAnsiConsole console, PreflightReport report)
    {
        var groups = report.Vms.SelectMany(vm => vm.Findings.Select(finding => (vm.Vm, finding)))
            .GroupBy(one => (one.finding.Severity, one.finding.Id)).OrderByDescending(group => group.Key.Severity).ThenByDescending(group => group.Count());
        foreach (var group in groups)
        {
            var names = group.Select(one => one.Vm).Distinct().ToList();
            Line(
                console,
                $"  {Words.Of(group.Key.Severity)}: {group.Key.Id} on {Words.Count(names.Count, "VM")} ({string.Join(", ", names.Take(MostNames))}{(names.Count > MostNames ? ", …" : "")}), such as: {group.First().finding.Message}",
                Style(group.Key.Severity));
        }
    }

    private static string Counts(VmReport vm) => string.Join(
        ", ",
        new[] { (Severity.Error, "error"), (Severity.Warning, "warning"), (Severity.Note, "note") }
            .Select(kind => (Count: vm.Findings.Count(finding => finding.Severity == kind.Item1), Name: kind.Item2))
            .Where(kind => kind.Count > 0)
            .Select(kind => Words.Count(kind.Count, kind.Name)));

    private static void Line(IAnsiConsole console, string text, Style style)
    {
        console.Write(new Text(text, style));
        console.WriteLine();
    }

    private static string Sign(Verdict verdict) => verdict switch
    {
        Verdict.Blocked => "✖",
        Verdict.NeedsAttention => "▲",
        _ => "✔",
    };

    private static Style Style(Verdict verdict) => new(verdict switch
    {
        Verdict.Blocked => Color.Red,
        Verdict.NeedsAttention => Color.Yellow,
        _ => Color.Green,
    });

    private static Style Style(Severity severity) => severity switch
    {
        Severity.Error => Style(Verdict.Blocked),
        Severity.Warning => Style(Verdict.NeedsAttention),
        _ => new Style(decoration: Decoration.Dim),
    };
}
