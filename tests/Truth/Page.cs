using System.Globalization;
using System.Text;
using VmMigrate.Engine.Text;
using VmMigrate.Tests;

namespace VmMigrate.Truth;

/// <summary>The figures: one line of JSON each on standard output, and a page of the docs.</summary>
internal sealed class Page
{
    /// <summary>While nothing is recorded between two sites a preview says that it assumes; from then on it must be right.</summary>
    private const int FirstRuns = 2;

    private readonly StringBuilder _page = new(
        """
        # How true a preview is

        Written by `make truth`; do not edit. Each move is previewed, made and compared. The bounds hold from the third move between two sites on: before it, nothing or next to nothing
        is recorded, and the preview says so (`assumed`). P90: nine of ten moves are off by no more. *In range*: how many ended inside the range that the preview gave (it is meant to hold eight of ten).

        What is foretold: the steps; the bytes that go from one side to the other; the time from the first step's begin to the last one's end; the downtime of the guest.

        """);

    /// <summary>Waiting for a processor is most of what is off on a busy machine.</summary>
    private static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[1] : "unknown";

    /// <returns>Whether all bounds hold.</returns>
    internal bool Add(string name, string about, List<Measured> all)
    {
        var later = all.Skip(FirstRuns).ToList();
        var rows = new (string What, double Was, double Must, bool AtLeast)[]
        {
            ("steps equal", 100.0 * all.Count(move => move.StepsEqual) / all.Count, 100, true),
            ("bytes off, worst", 100 * later.Max(move => move.BytesOff), 5, false),
            ("time off, P90", 100 * P90(later.Select(move => move.TimeOff)), 20, false),
            ("downtime off, P90", 100 * P90(later.Select(move => move.DownOff)), 20, false),
        };
        var (first, second) = (all.Take(FirstRuns).Max(move => move.TimeOff), later.Count(move => move.TimeInRange));
        _page.Append(CultureInfo.InvariantCulture, $"\n## {char.ToUpperInvariant(name[0])}{name[1..]}\n\n{char.ToUpperInvariant(about[0])}{about[1..]}. {all.Count} moves, {later.Count} of them judged. {Environment.ProcessorCount} processors, mean load of five minutes at the end {Load}.\n\n| Figure | Measured | Bound |\n| --- | --- | --- |\n");
        var ok = true;
        foreach (var (what, was, must, atLeast) in rows)
        {
            var holds = atLeast ? was >= must : was <= must;
            ok &= holds;
            _page.Append(CultureInfo.InvariantCulture, $"| {what} | {was:0.0} % | {(atLeast ? "" : "≤ ")}{must:0} %{(holds ? "" : ": **missed**")} |\n");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{{\"name\":\"truth-{name}-{what.Replace(",", "", StringComparison.Ordinal).Replace(' ', '-')}\",\"unit\":\"%\",\"ours\":{was:0.##},\"must\":{must},\"ok\":{(holds ? "true" : "false")}}}"));
        }

        _page.Append(CultureInfo.InvariantCulture, $"| time in range | {100.0 * second / later.Count:0} % | about 80 % |\n| time off at the first two moves, worst | {100 * first:0} % | none: it says that it assumes |\n\n");
        _page.Append("| Move | Bytes said | Bytes | Time said | Time | Off | Downtime said | Downtime | Off |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var move in all)
        {
            _page.Append(
                CultureInfo.InvariantCulture,
                $"| {move.Vm} | {Human.Bytes(move.BytesSaid)} | {Human.Bytes(move.Bytes)} | {move.TimeSaid.TotalSeconds:0.0} s | {move.Time.TotalSeconds:0.0} s | {100 * move.TimeOff:0} % | {move.DownSaid.TotalSeconds:0.0} s | {move.Down.TotalSeconds:0.0} s | {100 * move.DownOff:0} % |\n");
        }

        return ok;
    }

    internal void Write() => File.WriteAllText(Repository.At("docs/preview-truth.md"), _page.ToString());

    private static double P90(IEnumerable<double> off)
    {
        var sorted = off.Order().ToArray();
        return sorted[(int)Math.Ceiling(0.9 * sorted.Length) - 1];
    }
}
