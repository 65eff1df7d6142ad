using System.Globalization;
using System.Text.Json.Nodes;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Torture;

/// <summary>Puts the figures that `make torture` has measured into docs/reliability.md; a row that this run did not measure keeps what an earlier one has.</summary>
public sealed class ReliabilityPage
{
    private const string Begin = "<!-- figures: written by make torture -->";
    private const string End = "<!-- end of figures -->";

    private static readonly (string Row, string Title, string Must, Func<IReadOnlyList<JsonNode>, string> Say)[] Table =
    [
        ("crash matrix", "Crash matrix on the simulator: every writing call of a move, a rollback, a second move and a commit, cold, warm and live, at each site; the runner dies before, inside and after it, its reply is lost, it is refused",
            "the next run ends like one without a fault; never two running; the VM runs after each failure that was no death",
            lines => $"{lines.Count} cases, {Sum(lines, "calls")} faults, 0 differences"),
        ("lies", "Lies on the simulator: each of those calls reports success once and has done nothing", "no run reports a success that is none; never two running; the next run ends like one without a lie",
            lines => $"{lines.Count} cases, {Sum(lines, "calls")} lies, {Sum(lines, "foundOut")} stopped the run, the others were mended or did no harm"),
        ("histories", "Random histories: runs with up to two faults, kills, cancels, edits of goal, target, mode, rollback and onDrift, two runners at once, a lost state, a VM stopped, deleted, undefined, reshaped or started behind the fence by hand, hosts that die under a VM while it is copied, then peace",
            "rules of `tests/Platforms.Tests/Torture/Rules.cs` hold after every event, and the last declaration comes true with nothing left over",
            lines => $"{Sum(lines, "histories")}, {Sum(lines, "violations")} violations, {Sum(lines, "hostsDied")} hosts died, {Sum(lines, "seconds")} s"),
        ("200 at once", "200 migrations at once on the simulator, one process", "all done, at most 1 s of our own time each",
            lines => $"all done, {Text(lines[^1], "processorSecondsEach")} s of processor time each, {Text(lines[^1], "mostManagedMiB")} MiB managed at most, {Text(lines[^1], "keptManagedMiB")} MiB of them the simulated disks that stay"),
        ("process kill", "A real process kills itself (`kill -9`) in calls of a move on the simulator", "the next one finishes, no acknowledged write lost",
            lines => $"{lines.Count} of {lines.Count} calls, {Sum(lines, "lost")} writes lost"),
        ("two processes", "Two real processes, one declaration, one simulated world", "one moves, the other names it and changes nothing", lines => $"{Sum(lines, "moved")} moved, {Sum(lines, "refused")} refused"),
        ("eight takers", "Eight takers of one lease at once, ten rounds, take-overs among them, on each platform's contract: the simulator, a real libvirt host, the EC2 stand-in, the vCenter simulator", "one gets it",
            lines => string.Join(", ", lines.Select(line => $"{Text(line, "platform")} {Text(line, "oneGotIt")} of {Text(line, "rounds")}").Distinct().Order(StringComparer.Ordinal))),
        ("host kill", "Real hosts: the provider killed (`kill -9`) at the begin of each step of a cold, warm and live move, and amid the long ones", "the next run finishes, guest's files whole at the target and at home again after destroy, no lease left",
            lines => $"{string.Join(", ", lines.GroupBy(line => Text(line, "mode")).OrderBy(mode => mode.Key, StringComparer.Ordinal).Select(mode => $"{mode.Key.ToLowerInvariant()} {mode.Count(Continued)} of {mode.Count()}"))}, {Sum(lines, "seconds")} s"),
        ("host fault", "Real hosts: libvirtd of the source or the target killed, the guest's QEMU killed on either, the target's disk filled, the link to the target (ssh) cut, amid phases of a cold, warm and live move", "the source runs, the error names the cause, the next run finishes, files whole, no lease left",
            lines => $"{string.Join(", ", lines.GroupBy(line => Text(line, "fault")).OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => $"{fault.Key} {fault.Count(Continued)} of {fault.Count()} ({fault.Count(line => (bool)line["stopped"]!)} stopped the run)"))}, {Sum(lines, "seconds")} s"),
        ("host rollback", "Real hosts: a guest that writes and syncs each second for 60 s at the target, then a rollback, by the guest's own log", "0 acknowledged writes lost",
            lines => string.Join(", ", lines.Select(line => $"{Text(line, "mode").ToLowerInvariant()} {Text(line, "lost")} of {Text(line, "acknowledged")} lost").Order(StringComparer.Ordinal))),
        ("host two runs", "Real hosts: two states of one declaration applied at once", "one moves, the other says who holds the migration since when", lines => $"{Sum(lines, "worked")} moved, {Sum(lines, "refused")} refused"),
        ("host late holder", "Real hosts: a provider that is stopped (`SIGSTOP`) amid its copy until its lease has run out", "the other run ends it, takes over and finishes; the late one changes nothing any more", lines => $"{Sum(lines, "takenOver")} taken over, {Sum(lines, "ended")} ended"),
    ];

    [Fact(Explicit = true)]
    public void The_figures_are_written()
    {
        var lines = File.ReadAllLines(Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_REPORT")!).Select(line => JsonNode.Parse(line)!).ToList();
        var page = Repository.At("docs/reliability.md");
        var text = File.ReadAllText(page);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var before = text[begin..end].Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).ToList();
        var rows = Table.Select(row => lines.Where(line => Text(line, "row") == row.Row).ToList() is { Count: > 0 } mine
            ? $"| {row.Title} | {row.Must} | {row.Say(mine)} | {string.Join(" and ", mine.Select(line => $"{Text(line, "on")}, {Text(line, "commit")}").Distinct())} |"
            : before.FirstOrDefault(line => line.StartsWith($"| {row.Title} |", StringComparison.Ordinal)) ?? $"| {row.Title} | {row.Must} | not measured | |");
        File.WriteAllText(page, $"{text[..begin]}\n| Test | Must show | Measured | On |\n|---|---|---|---|\n{string.Join('\n', rows)}\n{text[end..]}");
    }

    private static string Text(JsonNode line, string name) => line[name]?.ToString() ?? "";

    private static bool Continued(JsonNode line) => (bool)line["continued"]!;

    private static double Sum(IEnumerable<JsonNode> lines, string name) => Math.Round(lines.Sum(line => double.Parse(Text(line, name), CultureInfo.InvariantCulture)));
}
